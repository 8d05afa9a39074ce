//! One line on why a route did not take a request.

use super::verdict::{Verdict, values};
use crate::diagnostic::quoted;
use crate::model::{Model, Route};
use crate::show;
use crate::table::Request;

pub(super) fn reason(
    verdict: &Verdict<'_>,
    route: &Route,
    winner: Option<&Route>,
    request: &Request,
    model: &Model,
) -> String {
    match verdict {
        Verdict::Host if request.host().is_empty() => {
            format!("host: wants {}, and the request has none", route.host)
        }
        Verdict::Host => format!("host: {} is not {}", request.host(), route.host),
        Verdict::Path(why) => format!("path: {why}"),
        Verdict::Header(wanted) => {
            let have: Vec<&str> = values(request, wanted).collect();
            let have = if have.is_empty() { "missing".to_owned() } else { quoted(&have.join(", ")) };
            format!("header: {} is {have}, not {}", wanted.name, quoted(&wanted.value))
        }
        Verdict::Query(wanted) => {
            let have = request.parameter(&wanted.name).map_or("missing".to_owned(), |have| quoted(&have));
            format!("query: {} is {have}, not {}", wanted.name, quoted(&wanted.value))
        }
        Verdict::Method => format!("method: {} is not {}", request.method(), show::methods(route.methods)),
        Verdict::Match => match winner {
            Some(winner) => {
                let by = quoted(&winner.name);
                let line = model.whereabouts(&winner.origin.line);
                format!("outranked by {by} ({line}), {}", rank(winner, route))
            }
            None => "matches".to_owned(),
        },
    }
}

/// Where `winner` goes before `loser`.
fn rank(winner: &Route, loser: &Route) -> String {
    if winner.host.precedence(&loser.host).is_lt() {
        return format!("whose host {} is more specific than {}", winner.host, loser.host);
    }
    let pairs = winner.path.segments.iter().zip(&loser.path.segments);
    if let Some(index) = pairs.map(|(a, b)| a.precedence(b)).position(|order| order.is_lt()) {
        return format!("whose path is more specific in segment {}", index + 1);
    }
    if winner.path.segments.len() > loser.path.segments.len() {
        return "whose path is longer".to_owned();
    }
    if winner.path.precedence(&loser.path).is_lt() {
        return "whose path is exact".to_owned();
    }
    if loser.methods.is_all() && !winner.methods.is_all() {
        return "which names its methods".to_owned();
    }
    if winner.headers.len() > loser.headers.len() {
        return "which asks for more headers".to_owned();
    }
    "which asks for more query parameters".to_owned()
}
