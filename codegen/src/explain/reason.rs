//! One line on why a route did not take a request.

use crate::diagnostic::quoted;
use crate::model::{Model, Route};
use crate::pattern::{Hosts, PathPattern, Segment};
use crate::show;
use crate::table::{Miss, Request};

pub(super) fn reason(
    miss: Option<Miss<'_>>,
    route: &Route,
    winner: Option<&Route>,
    request: &Request,
    model: &Model,
) -> String {
    match miss {
        Some(Miss::Host) if request.host().is_empty() => {
            format!("host: wants {}, and the request has none", any_of(&route.hosts))
        }
        Some(Miss::Host) => format!("host: {} is not {}", request.host(), any_of(&route.hosts)),
        Some(Miss::Path) => format!("path: {}", difference(&route.path, request.matched_path())),
        Some(Miss::Header(wanted)) => {
            let fields =
                request.headers().iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted.name.as_str()));
            let have: Vec<&str> = fields.map(|(_, value)| value.as_str()).collect();
            let have = if have.is_empty() { "missing".to_owned() } else { quoted(&have.join(", ")) };
            format!("header: {} is {have}, not {}", wanted.name, quoted(&wanted.value))
        }
        Some(Miss::Query(wanted)) => {
            let have = request.parameter(&wanted.name).map_or("missing".to_owned(), |have| quoted(&have));
            format!("query: {} is {have}, not {}", wanted.name, quoted(&wanted.value))
        }
        Some(Miss::Method) => format!("method: {} is not {}", request.method(), show::methods(route.methods)),
        None => match winner {
            Some(winner) => {
                let by = quoted(&winner.name);
                let line = model.whereabouts(&winner.origin.line);
                format!("outranked by {by} ({line}), {}", rank(winner, route, request.host()))
            }
            None => "matches".to_owned(),
        },
    }
}

/// `a.com or *.b.com`
fn any_of(hosts: &Hosts) -> String {
    hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// Why a path is none of a pattern's.
fn difference(pattern: &PathPattern, path: &str) -> String {
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    for (index, wanted) in pattern.segments.iter().enumerate() {
        let segment = segments.get(index).copied().unwrap_or_default();
        let is_match = match wanted {
            Segment::Literal(text) => segments.get(index) == Some(&text.as_str()),
            Segment::Param { kind, .. } => kind.accepts(segment),
            Segment::Rest { .. } => index < segments.len(),
        };
        if is_match {
            continue;
        }
        let wanted = match wanted.to_string() {
            slash if slash.is_empty() => quoted("/"),
            wanted => quoted(&wanted),
        };
        if segment.is_empty() {
            return format!("the path ends before {wanted}");
        }
        return format!("segment {} is {}, not {wanted}", index + 1, quoted(segment));
    }
    let more = segments.get(pattern.segments.len()..).unwrap_or_default().join("/");
    format!("the path goes on with {}, and `match` is `exact`", quoted(&format!("/{more}")))
}

/// Where `winner` goes before `loser`.
fn rank(winner: &Route, loser: &Route, host: &str) -> String {
    if let (Some(one), Some(other)) = (winner.hosts.matching(host), loser.hosts.matching(host))
        && one.precedence(other).is_lt()
    {
        return format!("whose host {one} is more specific than {other}");
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
    if winner.query.len() > loser.query.len() {
        return "which asks for more query parameters".to_owned();
    }
    "which names the listener".to_owned()
}
