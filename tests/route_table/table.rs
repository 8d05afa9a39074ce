//! The compiler's plan as the table that the generated file would hold, leaked instead of written down.

use std::collections::HashSet;

use castgate::codegen::{
    Duration, Edge, HeaderMatch, Methods, NONE, Node, QueryMatch, Route, RouteIndex, RouteTimeouts, Span,
    Table,
};
use castgate_codegen::plan::{self, Plan, Value};

/// The table; a route's target is its number.
pub(crate) fn load(plan: &Plan) -> &'static RouteIndex<usize> {
    let plan::Index { nodes, edges, candidates, hosts, wildcards, any_host } = &plan.index;
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
    Box::leak(Box::new(RouteIndex {
        routes: leak(routes),
        nodes: leak(nodes.iter().map(|of| node(of, text(&of.stem)))),
        edges: leak(edges.iter().map(|edge| match edge {
            Some(plan::Edge { text: of, node }) => Edge::new(text(of), *node),
            None => Edge::VACANT,
        })),
        candidates: leak(candidates.iter().copied()),
        hosts: table(*hosts),
        wildcards: table(*wildcards),
        any_host: child(*any_host),
    }))
}

fn leak<T>(items: impl Iterator<Item = T>) -> &'static [T] {
    items.collect::<Vec<T>>().leak()
}

fn route(plan: &Plan, number: usize, of: &plan::Route) -> Route<usize> {
    let timeouts = RouteTimeouts::new(Duration::from_secs(1), Duration::from_secs(1));
    let route = Route::new(of.label.clone().leak(), timeouts, number);
    let headers = pairs(plan, of.headers.as_ref()).map(|(name, value)| HeaderMatch::new(name, value));
    let query = pairs(plan, of.query.as_ref()).map(|(name, value)| QueryMatch::new(name, value));
    route.with_methods(methods(&of.methods)).with_headers(leak(headers)).with_query(leak(query))
}

fn methods(names: &[&str]) -> Methods {
    names.iter().map(|name| method(name)).reduce(Methods::union).unwrap_or(Methods::ALL)
}

/// The constant of the facade that has this name.
fn method(name: &str) -> Methods {
    match name {
        "Methods::GET" => Methods::GET,
        "Methods::HEAD" => Methods::HEAD,
        "Methods::POST" => Methods::POST,
        "Methods::PUT" => Methods::PUT,
        "Methods::DELETE" => Methods::DELETE,
        "Methods::OPTIONS" => Methods::OPTIONS,
        "Methods::PATCH" => Methods::PATCH,
        _ => panic!("the facade has no {name}"),
    }
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
    Node {
        stem,
        literals: table(of.literals),
        uint: child(of.uint),
        uuid: child(of.uuid),
        param: child(of.param),
        rest: span(&of.rest),
        exact: span(&of.exact),
        prefix: span(&of.prefix),
    }
}

fn child(of: Option<u32>) -> u32 {
    of.unwrap_or(NONE)
}

fn table(of: Option<plan::Table>) -> Table {
    of.map_or(Table::EMPTY, |plan::Table { start, slots }| Table::new(start, slots))
}

fn span(of: &Option<plan::Span>) -> Span {
    match of {
        None => Span::EMPTY,
        Some(plan::Span::One { number, methods }) => Span::one(*number, self::methods(methods)),
        Some(plan::Span::Run { start, len }) => Span::new(*start, *len),
    }
}
