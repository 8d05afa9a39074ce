//! A gateway written down, in one of the many ways that mean the same.

use super::gateway::{Change, Condition, Gateway, LABEL, LISTENERS, Route, Segment, Target, Template};
use crate::random::Choices;
use crate::random::yaml::{self, Node, Section};

/// How much of the spelling is left to chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// Order, units, quotes, defaults.
    Usual,
    /// Upstreams that are written in place, or with an entry of their own, too.
    Any,
}

/// The config's text.
pub(crate) fn yaml(choices: &mut Choices<'_>, gateway: &Gateway, spelling: Spelling) -> String {
    let mut root = Section::default();
    let mut server = Section::default();
    let size = gateway.most_body;
    let body = if choices.chance(50) && size.is_multiple_of(1024) {
        format!("{}KiB", size / 1024)
    } else {
        format!("{size}B")
    };
    let mut limits = Section::default();
    limits.put("body", Node::plain(body));
    limits.may(choices, 30, "headers", |_| Node::plain("100"));
    server.put("limits", limits.done());
    if gateway.has_listeners {
        let mut listeners = LISTENERS.map(|(name, address)| {
            let address = Node::text(address);
            let address = if choices.chance(50) { address } else { Node::List(vec![address]) };
            (name.to_owned(), Node::Map(vec![("address".to_owned(), address)]))
        });
        choices.shuffle(&mut listeners);
        server.put("listeners", Node::Map(listeners.into()));
    } else {
        let mut listen = LISTENERS.map(|(_, address)| Node::text(address));
        choices.shuffle(&mut listen);
        server.put("listen", Node::List(listen.into()));
    }
    let forwards = gateway.routes.iter().filter(|route| is_forward(route));
    let is_needed = forwards.into_iter().any(|route| route.timeout.is_none());
    server.may(choices, 30, "timeouts", |choices| {
        let mut timeouts = Section::default();
        let same = ["60s", "1m", "60000ms", "7s"];
        timeouts.put("request", Node::plain(choices.pick(&same[..if is_needed { 3 } else { 4 }])));
        timeouts.done()
    });
    let mut networks = vec![Node::text("10.0.0.0/8"), Node::text("fd00::/8")];
    networks.extend(choices.chance(30).then(|| Node::text("10.1.0.0/16")));
    choices.shuffle(&mut networks);
    server.put("trusted_proxies", Node::List(networks));
    root.put("server", server.done());
    if gateway.has_admin {
        root.put("admin", Node::Map(vec![("listen".to_owned(), Node::text("127.0.0.1:9090"))]));
    }
    let mut upstreams: Vec<(String, Node)> =
        gateway.upstreams.iter().map(|(name, ports)| (name.clone(), upstream(choices, ports))).collect();
    if spelling == Spelling::Any {
        for (_, node) in &mut upstreams {
            let Node::Map(keys) = node else { continue };
            let mut retries = Section::default();
            retries.put("attempts", Node::plain(0));
            retries.may(choices, 50, "budget", |choices| Node::plain(choices.pick(&["10%", "20%", "0%"])));
            keys.push(("retries".to_owned(), retries.done()));
        }
    }
    let mut routes: Vec<Node> = Vec::new();
    for route in &gateway.routes {
        let node = self::route(choices, route, spelling, &mut upstreams);
        routes.push(node);
    }
    choices.shuffle(&mut routes);
    choices.shuffle(&mut upstreams);
    if !upstreams.is_empty() {
        root.put("upstreams", Node::Map(upstreams));
    }
    let top =
        gateway.middleware.iter().map(|(kind, sort)| ((*kind).to_owned(), settings(choices, kind, *sort)));
    let mut top: Vec<(String, Node)> = top.collect();
    if !gateway.middleware.contains_key("request_headers") && choices.chance(30) {
        top.push(("request_headers".to_owned(), Node::Map(Vec::new())));
    }
    if !top.is_empty() {
        root.put("middleware", Node::Map(top));
    }
    root.put("routes", Node::List(routes));
    yaml::file(choices, &root.done())
}

fn is_forward(route: &Route) -> bool {
    matches!(route.target, Target::Upstream(..) | Target::Backends(..))
}

fn upstream(choices: &mut Choices<'_>, ports: &[u32]) -> Node {
    let mut section = Section::default();
    section.put("backends", backends(choices, ports));
    let strategies = ["round-robin", "random", "least-connections"];
    let same = &strategies[..if ports.len() == 1 { 3 } else { 1 }];
    section.may(choices, 30, "strategy", |choices| Node::text(choices.pick(same)));
    section.done()
}

fn backends(choices: &mut Choices<'_>, ports: &[u32]) -> Node {
    let weight = choices.chance(40).then(|| choices.between(1, 3));
    let mut backends: Vec<Node> = Vec::new();
    for port in ports {
        let url = match choices.below(3) {
            0 => format!("http://Localhost:{port}/"),
            _ => format!("http://localhost:{port}"),
        };
        let mut section = Section::default();
        section.put("url", Node::Text(url.clone()));
        backends.push(match weight {
            Some(weight) => {
                section.put("weight", Node::plain(weight));
                section.done()
            }
            None => Node::Text(url),
        });
    }
    choices.shuffle(&mut backends);
    Node::List(backends)
}

fn route(
    choices: &mut Choices<'_>,
    route: &Route,
    spelling: Spelling,
    upstreams: &mut Vec<(String, Node)>,
) -> Node {
    let letter = choices.pick(&["p", "id", "x_"]);
    let mut section = Section::default();
    let Condition { listeners, hosts, path, is_exact, methods, fields } = &route.condition;
    match listeners.as_slice() {
        [] => {}
        [one] if choices.chance(50) => section.put("listener", Node::text(*one)),
        several => {
            let mut several: Vec<Node> = several.iter().map(|name| Node::text(*name)).collect();
            choices.shuffle(&mut several);
            section.put("listener", Node::List(several));
        }
    }
    section.put("name", Node::text(&route.name));
    section.put("path", Node::Text(pattern(choices, path, *is_exact, letter)));
    if *is_exact || choices.chance(30) {
        section.put("match", Node::text(if *is_exact { "exact" } else { "prefix" }));
    }
    let name = choices.pick(&["t", "T", "tenant"]);
    let mut hosts: Vec<Node> = hosts
        .iter()
        .map(|host| match host.strip_prefix("{t}") {
            Some(suffix) => Node::Text(format!("{{{name}}}{suffix}")),
            None if choices.chance(30) => Node::Text(host.to_ascii_uppercase()),
            None => Node::text(*host),
        })
        .collect();
    choices.shuffle(&mut hosts);
    match hosts.as_slice() {
        [] => {}
        [one] if choices.chance(70) => section.put("host", one.clone()),
        _ => section.put("host", Node::List(hosts)),
    }
    if !methods.is_empty() {
        let mut methods: Vec<Node> = methods.iter().map(|method| Node::text(*method)).collect();
        choices.shuffle(&mut methods);
        section.put("methods", Node::List(methods));
    }
    let map = |is_header: bool| {
        let fields = fields.iter().filter(|(name, _)| name.starts_with("x-") == is_header);
        fields.map(|(name, value)| ((*name).to_owned(), Node::text(*value))).collect::<Vec<_>>()
    };
    for (key, map) in [("headers", map(true)), ("query", map(false))] {
        if !map.is_empty() {
            section.put(key, Node::Map(map));
        }
    }
    let mut changed = |change: &Change| match change {
        Change::Keep => {}
        Change::Strip(count) => {
            let literals = path[..*count].iter().map(|segment| match segment {
                Segment::Literal(text) => format!("/{text}"),
                _ => String::new(),
            });
            section.put("strip_prefix", Node::Text(literals.collect()));
        }
        Change::Rewrite(template) => section.put("rewrite", Node::Text(text(template, path, letter, name))),
    };
    match &route.target {
        Target::Upstream(name, change) => {
            changed(change);
            section.put("upstream", Node::text(name));
        }
        Target::Backends(ports, change) => {
            changed(change);
            if spelling == Spelling::Any && choices.chance(50) {
                let name = format!("of {}", route.name);
                upstreams.push((name.clone(), upstream(choices, ports)));
                section.put("upstream", Node::Text(name));
            } else {
                section.put("backends", backends(choices, ports));
            }
        }
        Target::Redirect(to, status) => {
            let mut redirect = Section::default();
            redirect.put("to", Node::Text(text(to, path, letter, name)));
            if *status != 308 || choices.chance(50) {
                redirect.put("status", Node::plain(status));
            }
            section.put("redirect", redirect.done());
        }
        Target::Respond(status) => {
            section.put("respond", Node::Map(vec![("status".to_owned(), Node::plain(status))]));
        }
    }
    if route.keeps_parameters || choices.chance(20) {
        section.put("path_parameters", Node::text(if route.keeps_parameters { "keep" } else { "refuse" }));
    }
    if let Some(most) = route.most_body {
        let most = most.map_or_else(|| Node::plain("off"), |most| Node::plain(format!("{most}B")));
        section.put("limits", Node::Map(vec![("body".to_owned(), most)]));
    }
    if route.keeps_slashes || choices.chance(20) {
        section.put("encoded_slashes", Node::text(if route.keeps_slashes { "keep" } else { "refuse" }));
    }
    let timeout = match route.timeout {
        None if is_forward(route) && choices.chance(20) => Some(60_000),
        timeout => timeout,
    };
    if let Some(timeout) = timeout {
        let half_minutes = timeout / 30_000;
        section.put(
            "timeout",
            match choices.below(3) {
                0 if timeout.is_multiple_of(30_000) => Node::plain(format!("{}m", half_minutes as f64 / 2.0)),
                1 => Node::plain(format!("{timeout}ms")),
                _ => Node::plain(format!("{}s", timeout / 1000)),
            },
        );
    }
    let own: Vec<(String, Node)> = route
        .middleware
        .iter()
        .map(|(kind, sort)| {
            let node = match sort {
                Some(sort) => settings(choices, kind, *sort),
                None => Node::plain("off"),
            };
            ((*kind).to_owned(), node)
        })
        .collect();
    if !own.is_empty() {
        section.put("middleware", Node::Map(own));
    }
    section.done()
}

fn pattern(choices: &mut Choices<'_>, path: &[Segment], is_exact: bool, letter: &str) -> String {
    let mut text = String::new();
    for (place, segment) in path.iter().enumerate() {
        text.push('/');
        match segment {
            Segment::Literal(literal) => text.push_str(literal),
            Segment::Uint => text.push_str(&format!("{{{letter}{place}:uint}}")),
            Segment::Uuid => text.push_str(&format!("{{{letter}{place}:uuid}}")),
            Segment::Any => text.push_str(&format!("{{{letter}{place}}}")),
            Segment::Rest => text.push_str(&format!("{{*{letter}{place}}}")),
        }
    }
    if text.is_empty() {
        return "/".to_owned();
    }
    // A prefix is the same with a slash.
    if !is_exact && !matches!(path.last(), Some(Segment::Rest)) && choices.chance(20) {
        text.push('/');
    }
    text
}

fn text(template: &Template, path: &[Segment], letter: &str, label: &str) -> String {
    let piece = |piece: &Result<&'static str, usize>| match piece {
        Ok(text) => (*text).to_owned(),
        Err(LABEL) => format!("{{{label}}}"),
        Err(place) if path[*place] == Segment::Rest => format!("{{*{letter}{place}}}"),
        Err(place) => format!("{{{letter}{place}}}"),
    };
    template.iter().map(piece).collect()
}

/// All keys that a section of the other sort has, so that nothing is inherited.
fn settings(choices: &mut Choices<'_>, kind: &str, sort: u32) -> Node {
    let mut section = Section::default();
    match kind {
        "request_id" => {
            let header = if sort == 0 { choices.pick(&["X-Request-ID", "x-request-id"]) } else { "x-other" };
            section.put("header", Node::text(header));
        }
        "access_log" => section.put("query", Node::plain(sort == 1)),
        "rate_limit" => {
            let rates: &[&str] = if sort == 0 { &["1/s", "60/m"] } else { &["2/s", "120/m"] };
            section.put("rate", Node::plain(choices.pick(rates)));
            section.put("burst", Node::plain(sort + 1));
            section.may(choices, 30, "key", |_| Node::text("client_ip"));
            // A list of one is the one.
            if choices.chance(30) {
                return Node::List(vec![section.done()]);
            }
        }
        "auth" => {
            let mut keys: Vec<&str> = if sort == 0 { vec!["${env:A}", "${env:B}"] } else { vec!["${env:C}"] };
            choices.shuffle(&mut keys);
            let keys = Node::List(keys.into_iter().map(Node::text).collect());
            section.put("api_keys", Node::Map(vec![("keys".to_owned(), keys)]));
        }
        _ => {
            let value = if sort == 0 { "1" } else { "3" };
            let mut set = vec![("x-a".to_owned(), Node::text(value)), ("X-B".to_owned(), Node::text("2"))];
            choices.shuffle(&mut set);
            let mut response = vec![("set".to_owned(), Node::Map(set))];
            if choices.chance(30) {
                response.push(("remove".to_owned(), Node::List(vec![Node::text("X-A")])));
            }
            section.put("response", Node::Map(response));
        }
    }
    section.done()
}
