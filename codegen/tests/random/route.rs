//! `routes:`, and the `tests:` of some of them.
//!
//! Routes share hosts and paths as much as they can without a tie: routes of one shape differ in methods, or in the
//! number of fields they ask for.

use super::Choices;
use super::gateway::{allow, body_limit};
use super::middleware::Top;
use super::quantity::word;
use super::target::target;
use super::text;
use super::upstream::backends;
use super::yaml::{Node, Section};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
const HOSTS: [&str; 11] = [
    "api.example.com",
    "*.example.com",
    "*.com",
    "API.Example.com",
    "a_b.example.com",
    "localhost",
    "10.0.0.1",
    "*.a.b.c.d",
    "xn--bcher-kva.example",
    "{tenant}.example.com",
    "{tenant}.c.d",
];
const LITERALS: [&str; 17] = [
    "a",
    "b",
    "api",
    "v1",
    "users",
    "caf%C3%A9",
    "%20",
    "~x",
    "a.b",
    "A",
    "!$&'()+,=@",
    "...",
    "%22%7B%7D",
    "-",
    "_",
    "health",
    "metrics",
];
const PARAMETERS: [&str; 8] = ["id", "x1", "_", "type", "fn", "self", "REST", "a_b"];

/// What the routes of a file have in common.
pub(super) struct Plan {
    has_admin: bool,
    /// Names of listeners, if they have any.
    pub(super) listeners: Vec<String>,
    names: Vec<String>,
    pub(super) known: Vec<String>,
    /// Those which a route refers to.
    pub(super) upstreams: Vec<String>,
    /// Host, path and kind of those there are, without what does not count.
    shapes: Vec<String>,
    pub(super) tests: Vec<Node>,
}

impl Plan {
    pub(super) fn new(choices: &mut Choices<'_>, has_admin: bool) -> Self {
        let mut names = Vec::new();
        let known = (0..choices.below(4)).map(|_| text::name(choices, &mut names)).collect();
        let listeners = if choices.chance(30) { choices.between(1, 3) } else { 0 };
        let listeners = (0..listeners).map(|_| text::name(choices, &mut names)).collect();
        Self {
            listeners,
            has_admin,
            names,
            known,
            upstreams: Vec::new(),
            shapes: Vec::new(),
            tests: Vec::new(),
        }
    }
}

/// A path pattern.
pub(super) struct Path {
    text: String,
    /// The literal segments in front.
    pub(super) literals: Vec<&'static str>,
    /// As a template has them: `{id}`, `{*rest}`.
    pub(super) parameters: Vec<String>,
    is_exact: bool,
}

pub(super) fn routes(choices: &mut Choices<'_>, plan: &mut Plan, top: &Top) -> Vec<Node> {
    let mut routes = Vec::new();
    let count = if choices.chance(5) { 40 } else { choices.between(1, 8) };
    while routes.len() < count {
        let hosts = hosts(choices);
        let Some(path) = path(choices, plan, &hosts) else { break };
        for condition in conditions(choices) {
            let mut route = Section::default();
            route.may(choices, 40, "name", |choices| Node::Text(text::name(choices, &mut plan.names)));
            if !plan.listeners.is_empty() {
                route.may(choices, 30, "listener", |choices| listener(choices, &plan.listeners));
            }
            match hosts.as_slice() {
                [] => {}
                [host] => route.put("host", Node::text(*host)),
                _ => route.put("host", Node::List(hosts.iter().copied().map(Node::text).collect())),
            }
            route.put("path", Node::text(&path.text));
            if path.is_exact {
                route.put("match", Node::text("exact"));
            } else {
                route.may(choices, 30, "match", |_| Node::text("prefix"));
            }
            route.0.extend(condition.0);
            for disputed in ["path_parameters", "encoded_slashes"] {
                route.may(choices, 10, disputed, |choices| word(choices, &["keep", "refuse"]));
            }
            route.may(choices, 10, "limits", |choices| {
                let mut limits = Section::default();
                limits.may(choices, 80, "body", body_limit);
                limits.done()
            });
            target(choices, plan, top, &path, &mut route);
            route.may(choices, 10, "allow", allow);
            routes.push(route.done());
        }
    }
    for number in 0..if choices.chance(30) { choices.between(1, 2) } else { 0 } {
        routes.push(tested(choices, plan, number));
    }
    if choices.chance(20) {
        choices.shuffle(&mut routes);
    }
    routes
}

/// One listener, or several.
fn listener(choices: &mut Choices<'_>, known: &[String]) -> Node {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match choices.some(&known, known.len()).as_slice() {
        [] => Node::text(choices.pick(&known)),
        [one] if choices.chance(50) => Node::text(*one),
        some => Node::List(some.iter().copied().map(Node::text).collect()),
    }
}

/// One, several, or none for all.
fn hosts(choices: &mut Choices<'_>) -> Vec<&'static str> {
    let mut hosts: Vec<&str> = match choices.below(10) {
        0..=4 => Vec::new(),
        5..=7 => vec![choices.pick(&HOSTS)],
        _ => choices.some(&HOSTS, 3),
    };
    // Upper and lower case are alike.
    if hosts.contains(&HOSTS[0]) {
        hosts.retain(|host| *host != HOSTS[3]);
    }
    hosts.into_iter().filter_map(|host| HOSTS.into_iter().find(|known| *known == host)).collect()
}

/// `None` if no other shape was found.
fn path(choices: &mut Choices<'_>, plan: &mut Plan, hosts: &[&str]) -> Option<Path> {
    for _ in 0..8 {
        let depth = if choices.chance(1) { 64 } else { choices.below(5) };
        let mut path = Path {
            text: String::new(),
            literals: Vec::new(),
            parameters: Vec::new(),
            is_exact: choices.chance(30),
        };
        let mut shape = String::new();
        for index in 0..depth {
            path.text.push('/');
            shape.push('/');
            let free = PARAMETERS.get(path.parameters.len());
            match (choices.below(10), free) {
                (6 | 7, Some(name)) => {
                    path.text.push_str(&format!("{{{name}}}"));
                    shape.push('*');
                    path.parameters.push(format!("{{{name}}}"));
                }
                (8, Some(name)) => {
                    let kind = choices.pick(&["uint", "uuid"]);
                    path.text.push_str(&format!("{{{name}:{kind}}}"));
                    shape.push_str(&format!("{{{kind}}}"));
                    path.parameters.push(format!("{{{name}}}"));
                }
                // All that `{name}` as a prefix would take, so that both cannot be there.
                (9, Some(name)) if index + 1 == depth => {
                    path.text.push_str(&format!("{{*{name}}}"));
                    shape.push('*');
                    path.parameters.push(format!("{{*{name}}}"));
                    path.is_exact = false;
                }
                _ => {
                    let literals = if plan.has_admin || depth > 1 { &LITERALS[..] } else { &LITERALS[..15] };
                    let literal = choices.pick(literals);
                    path.text.push_str(literal);
                    shape.push_str(literal);
                    if path.parameters.is_empty() {
                        path.literals.push(literal);
                    }
                }
            }
        }
        if depth == 0 {
            path.text.push('/');
        } else if !path.text.ends_with("}") && choices.chance(10) {
            // Says something only if the match is exact.
            path.text.push('/');
            shape.push_str(if path.is_exact { "/" } else { "" });
        }
        shape.push_str(if path.is_exact { " exact" } else { " prefix" });
        let hosts = if hosts.is_empty() { &[""] } else { hosts };
        let shapes = hosts.iter().map(|host| format!("{} {shape}", host.to_ascii_lowercase()));
        let shapes: Vec<String> = shapes.collect();
        if !shapes.iter().any(|shape| plan.shapes.contains(shape)) {
            plan.shapes.extend(shapes);
            if hosts.iter().all(|host| host.starts_with("{tenant}")) {
                path.parameters.insert(0, "{tenant}".to_owned());
            }
            return Some(path);
        }
    }
    None
}

/// The conditions of routes which share a path: one that has none, or several of which no two tie.
fn conditions(choices: &mut Choices<'_>) -> Vec<Section> {
    let mut conditions = vec![Section::default()];
    match choices.below(8) {
        // Methods that do not overlap, and perhaps a route for the rest.
        0 | 1 => {
            let (some, others) = METHODS.split_at(choices.between(1, 6));
            for methods in [some, others] {
                let mut condition = Section::default();
                condition.put(
                    "methods",
                    match methods {
                        [one] => Node::text(*one),
                        methods => Node::List(methods.iter().copied().map(Node::text).collect()),
                    },
                );
                conditions.push(condition);
            }
            conditions.drain(..usize::from(choices.chance(50)));
        }
        2 | 3 => {
            let mut condition = Section::default();
            let fields = text::fields(choices, 3, text::value);
            if !matches!(&fields, Node::Map(map) if map.is_empty()) {
                condition.put("headers", fields);
                conditions.push(condition);
            }
        }
        4 | 5 => {
            let mut query: Vec<(String, Node)> = Vec::new();
            for _ in 0..choices.between(1, 3) {
                let name = text::anything(choices);
                if !name.is_empty() && name.len() < 200 && !query.iter().any(|(other, _)| *other == name) {
                    let value = match choices.below(20) {
                        // Words which older readers take for booleans.
                        0 => Node::plain(choices.pick(&["no", "Yes", "on", "off", "y"])),
                        _ => Node::Text(text::anything(choices)),
                    };
                    query.push((name, value));
                }
            }
            if !query.is_empty() {
                let mut condition = Section::default();
                condition.put("query", Node::Map(query));
                conditions.push(condition);
            }
        }
        _ => {}
    }
    conditions
}

/// A route at a place of its own, and a test of it.
fn tested(choices: &mut Choices<'_>, plan: &mut Plan, place: usize) -> Node {
    let name = text::name(choices, &mut plan.names);
    let (mut route, mut expect) = (Section::default(), Section::default());
    route.put("name", Node::text(&name));
    route.put("host", Node::text("tested.test"));
    route.put("path", Node::Text(format!("/tested{place}/{{id:uint}}")));
    route.put("match", Node::text("exact"));
    route.put("query", Node::Map(vec![("q".to_owned(), Node::text("a b"))]));
    route.put("headers", Node::Map(vec![("X-Test".to_owned(), Node::text("1"))]));
    expect.may(choices, 60, "route", |_| Node::text(&name));
    match choices.below(3) {
        0 => {
            route.put("backends", backends(choices));
            route.put("rewrite", Node::text("/to/{id}"));
            expect.may(choices, 60, "upstream", |_| Node::text(&name));
            expect.put("forward_path", Node::text("/to/7"));
        }
        1 => {
            route.put("redirect", Node::Map(vec![("to".to_owned(), Node::text("https://other.test/{id}"))]));
            expect.put("redirect_to", Node::text("https://other.test/7?q=a+b"));
            expect.may(choices, 60, "status", |_| Node::plain(308));
        }
        _ => {
            route.put("respond", Node::Map(vec![("status".to_owned(), Node::plain(404))]));
            expect.put("status", Node::plain(404));
        }
    }
    let mut headers = vec![("x-test".to_owned(), Node::text("1"))];
    if choices.chance(40) {
        let cors = Node::Map(vec![("origins".to_owned(), Node::text("https://*.page.test"))]);
        route.put("middleware", Node::Map(vec![("cors".to_owned(), cors)]));
        let (origin, told) =
            choices.pick(&[&("https://a.page.test", "allowed"), &("https://page.test", "refused")]);
        headers.push(("Origin".to_owned(), Node::text(*origin)));
        expect.put("cross_origin", Node::text(*told));
    }
    let mut test = Section::default();
    test.put("request", Node::Text(format!("GET http://tested.test/tested{place}/7?q=a+b")));
    if !plan.listeners.is_empty() {
        let known: Vec<&str> = plan.listeners.iter().map(String::as_str).collect();
        let listener = choices.pick(&known).to_owned();
        if choices.chance(50) {
            route.put("listener", Node::text(&listener));
            test.put("listener", Node::Text(listener));
        } else {
            test.may(choices, 50, "listener", |_| Node::Text(listener));
        }
    }
    test.put("headers", Node::Map(headers));
    // One that the filter of the other examples lets in.
    test.may(choices, 30, "client_ip", |_| Node::text("10.0.0.7"));
    test.put("expect", expect.done());
    plan.tests.push(test.done());
    route.done()
}
