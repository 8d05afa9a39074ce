//! A route that no request gets to is an error; the proof is [`crate::table`]'s.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::model::Route;
use crate::table::Table;
use std::collections::{BTreeMap, BTreeSet};

/// More takers than this are counted, not shown.
const MOST_SHOWN: usize = 8;

pub(super) fn check(tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    let mut found: BTreeMap<&str, (&Route, Vec<&Route>)> = BTreeMap::new();
    let mut live: BTreeSet<&str> = BTreeSet::new();
    for table in tables {
        let dead = table.dead();
        let names: BTreeSet<&str> = dead.iter().map(|(route, _)| route.name.as_str()).collect();
        let all = table.model().routes.iter().map(|route| route.name.as_str());
        live.extend(all.filter(|name| !names.contains(name)));
        for (route, takers) in dead {
            let (_, by) = found.entry(&route.name).or_insert((route, Vec::new()));
            let new = takers.into_iter().filter(|taker| by.iter().all(|known| known.name != taker.name));
            by.extend(new.collect::<Vec<_>>());
        }
    }
    // A route on a built-in path has a report of its own.
    let dead =
        found.into_values().filter(|(route, by)| !live.contains(route.name.as_str()) && !by.is_empty());
    for (route, takers) in dead {
        report(route, &takers, sink);
    }
}

fn report(route: &Route, takers: &[&Route], sink: &mut Reporter<'_>) {
    let title = format!("no request gets to route {}", quoted(&route.name));
    let label = match takers {
        [one] => format!("{} takes every one it could match", quoted(&one.name)),
        _ => "these routes together take every one it could match".to_owned(),
    };
    let label =
        label.replacen("these", &format!("{} other", takers.len()), usize::from(takers.len() > MOST_SHOWN));
    let source = sink.source;
    let problem = sink.error_at(&codes::UNREACHABLE_ROUTE, &route.origin.path.key("path"), title, label);
    for taker in takers.iter().take(MOST_SHOWN) {
        problem.label(source.value_span(&taker.origin.path.key("path")), takes(taker, route));
    }
    problem.help("remove it, or make it more specific than they are: path, methods, headers or query");
}

/// `takes GET and POST first`
fn takes(taker: &Route, route: &Route) -> String {
    let common = taker.methods.intersection(route.methods);
    let names: Vec<&str> = common.named().filter(|_| common != route.methods).collect();
    if names.is_empty() { "goes first".to_owned() } else { format!("goes first with {}", names.join(", ")) }
}
