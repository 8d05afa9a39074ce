//! The compiler's plan as the table that the generated file would hold, leaked instead of written down.

use std::collections::{BTreeMap, HashSet};

use castgate::codegen::{Duration, Edge, HeaderMatch, Node, QueryMatch, Route, RouteIndex, RouteSettings};
use castgate_codegen::plan::{self, Plan, Value};

/// The table of each listener, by its name; a route's target is its number.
pub(crate) fn load(plan: &Plan) -> Tables {
    let plan::Tries { nodes, edges, candidates } = &plan.tries;
    let routes = plan.routes.iter().enumerate().map(|(number, of)| route(plan, number, of));
    // As rustc does it: the same literal is there once.
    let mut texts = HashSet::new();
    let mut text = |of: &str| match texts.get(of) {
        Some(text) => *text,
        None => {
            let text: &'static str = of.to_owned().leak();
            texts.insert(text);
            text
        }
    };
    let routes = leak(routes);
    let nodes = leak(nodes.iter().map(|of| node(of, text(&of.stem))));
    let edges =
        edges.iter().map(|edge| edge.read().map_or(Edge::VACANT, |(of, node)| Edge::new(text(of), node)));
    let (edges, candidates) = (leak(edges), leak(candidates.iter().copied()));
    let table = |of: &plan::Roots| -> &'static RouteIndex<usize> {
        let plan::Roots { hosts, labels, wildcards, any_host } = *of;
        Box::leak(Box::new(RouteIndex {
            routes,
            nodes,
            edges,
            candidates,
            hosts,
            labels,
            wildcards,
            any_host,
        }))
    };
    let tables: Vec<&RouteIndex<usize>> = plan.tables.iter().map(table).collect();
    plan.listeners.iter().map(|listener| (listener.name.clone(), tables[listener.table])).collect()
}

/// By the names of listeners.
pub(crate) type Tables = BTreeMap<String, &'static RouteIndex<usize>>;

fn leak<T>(items: impl Iterator<Item = T>) -> &'static [T] {
    items.collect::<Vec<T>>().leak()
}

fn route(plan: &Plan, number: usize, of: &plan::Route) -> Route<usize> {
    static SETTINGS: RouteSettings = RouteSettings::waiting(Duration::from_secs(1));
    let route = Route::new(of.label.clone().leak(), &SETTINGS, number);
    let headers = pairs(plan, of.headers.as_ref()).map(|(name, value)| HeaderMatch::new(name, value));
    let query = pairs(plan, of.query.as_ref()).map(|(name, value)| QueryMatch::new(name, value));
    route.with_methods(of.methods).with_headers(leak(headers)).with_query(leak(query))
}

/// The entries of `static NAME: [_; _] = [X::new("name", "value"), ..]`.
fn pairs(plan: &Plan, name: Option<&plan::Name>) -> impl Iterator<Item = (&'static str, &'static str)> {
    let condition = plan.conditions.iter().find(|condition| Some(&condition.name) == name);
    let entries = match condition.map(|condition| &condition.value) {
        Some(Value::Array(entries)) => entries.as_slice(),
        None if name.is_none() => &[],
        _ => panic!("{name:?} is no array of conditions"),
    };
    entries.iter().map(|entry| match entry {
        Value::Call(_, arguments) => match arguments.as_slice() {
            [Value::Text(name), Value::Text(value)] => (&*name.clone().leak(), &*value.clone().leak()),
            _ => panic!("{entry:?} is no condition"),
        },
        _ => panic!("{entry:?} is no condition"),
    })
}

fn node(of: &plan::Node, stem: &'static str) -> Node {
    let plan::Node { literals, uint, uuid, param, rest, exact, prefix, .. } = *of;
    Node { stem, literals, uint, uuid, param, rest, exact, prefix }
}
