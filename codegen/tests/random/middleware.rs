//! `middleware:`, at the top level and of routes.

use super::Choices;
use super::quantity::rate;
use super::text;
use super::yaml::{Node, Section};

/// The top-level section, and what a route may lean on.
pub(super) struct Top {
    pub(super) section: Option<Node>,
    has_rate: bool,
    has_keys: bool,
}

pub(super) fn top(choices: &mut Choices<'_>) -> Top {
    let mut top = Top { section: None, has_rate: false, has_keys: false };
    if choices.chance(50) {
        let section = section(choices, &top, true, 30);
        let is_on =
            |key: &str| section.0.iter().any(|(name, value)| name == key && matches!(value, Node::Map(_)));
        (top.has_rate, top.has_keys) = (is_on("rate_limit"), is_on("auth"));
        top.section = Some(section.done());
    }
    top
}

/// A route's own.
pub(super) fn of_route(choices: &mut Choices<'_>, top: &Top, forwards: bool) -> Node {
    section(choices, top, forwards, 25).done()
}

fn section(choices: &mut Choices<'_>, top: &Top, forwards: bool, percent: usize) -> Section {
    let mut middleware = Section::default();
    switched(choices, &mut middleware, percent, "request_id", |choices| {
        let mut section = Section::default();
        section.may(choices, 50, "header", |choices| Node::Text(text::id_header(choices)));
        section
    });
    switched(choices, &mut middleware, percent, "access_log", |_| Section::default());
    switched(choices, &mut middleware, percent, "cors", cors);
    switched(choices, &mut middleware, percent, "rate_limit", |choices| rate_limit(choices, top.has_rate));
    switched(choices, &mut middleware, percent, "auth", |choices| auth(choices, top.has_keys));
    if forwards {
        switched(choices, &mut middleware, percent, "circuit_breaker", |_| Section::default());
    } else if choices.chance(5) {
        middleware.put("circuit_breaker", Node::plain("off"));
    }
    switched(choices, &mut middleware, percent, "request_headers", edits);
    switched(choices, &mut middleware, percent, "response_headers", edits);
    switched(choices, &mut middleware, percent, "error_pages", error_pages);
    middleware
}

fn switched<S: Into<Node>>(
    choices: &mut Choices<'_>,
    middleware: &mut Section,
    percent: usize,
    name: &str,
    section: impl FnOnce(&mut Choices<'_>) -> S,
) {
    if !choices.chance(percent) {
        return;
    }
    let value = if choices.chance(15) {
        choices.pick(&[&Node::plain("off"), &Node::text("off"), &Node::plain("false")]).clone()
    } else {
        section(choices).into()
    };
    middleware.put(name, value);
}

fn rate_limit(choices: &mut Choices<'_>, is_inherited: bool) -> Node {
    // No two of one rate and key.
    let rates = choices.some(&["7/s", "100/m", "5/15m", "30/h"], 4);
    if !rates.is_empty() && choices.chance(40) {
        let limit = |rate: &str| limit(choices, Some(Node::text(rate)));
        return Node::List(rates.into_iter().map(limit).collect());
    }
    let rate = (!is_inherited || choices.chance(50)).then(|| rate(choices));
    limit(choices, rate)
}

fn limit(choices: &mut Choices<'_>, rate: Option<Node>) -> Node {
    let mut section = Section::default();
    if let Some(rate) = rate {
        section.put("rate", rate);
    }
    section.may(choices, 50, "key", |choices| {
        let field = text::header(choices);
        Node::Text(if choices.chance(50) { format!("header:{field}") } else { "client_ip".to_owned() })
    });
    section.done()
}

fn auth(choices: &mut Choices<'_>, is_inherited: bool) -> Section {
    const KEYS: [&str; 4] =
        ["${env:API_KEYS}", "${file:/run/secrets/keys}", "${env:A}${env:MORE:-}", "${env:_}, ${env:B}"];
    let mut section = Section::default();
    if is_inherited && choices.chance(30) {
        return section;
    }
    let mut keys = Section::default();
    keys.may(choices, 50, "header", |choices| Node::Text(text::key_header(choices)));
    if !is_inherited || choices.chance(50) {
        let some = choices.some(&KEYS, 3);
        let one = Node::text(choices.pick(&KEYS));
        keys.put(
            "keys",
            if some.is_empty() { one } else { Node::List(some.into_iter().map(Node::text).collect()) },
        );
    }
    section.put("api_keys", keys.done());
    section
}

/// What else a section has, depends on none of these.
fn cors(choices: &mut Choices<'_>) -> Section {
    const ORIGINS: [&str; 6] = [
        "https://app.example.com",
        "http://localhost:3000",
        "https://*.example.com",
        "https://*.xn--bcher-kva.example:8443",
        "https://[::1]:8443",
        "capacitor://localhost",
    ];
    let mut section = Section::default();
    let some = choices.some(&ORIGINS, 4);
    let one = Node::text(choices.pick(&ORIGINS));
    section.put(
        "origins",
        if some.is_empty() { one } else { Node::List(some.into_iter().map(Node::text).collect()) },
    );
    section.may(choices, 30, "max_age", |choices| Node::plain(format!("{}s", choices.between(0, 86_400))));
    section
}

fn error_pages(choices: &mut Choices<'_>) -> Section {
    const STATUSES: [&str; 6] = ["400", "404", "429", "503", "4xx", "5xx"];
    const BODIES: [&str; 4] = [
        "",
        "not here",
        "<style>p {color: red}</style> {client.ip} {{client.ip}}",
        "{\"of\": \"{request.path}\"}",
    ];
    let mut section = Section::default();
    let some = choices.some(&STATUSES, 3);
    for status in if some.is_empty() { vec!["404"] } else { some } {
        let mut page = Section::default();
        page.put("body", Node::text(choices.pick(&BODIES)));
        section.put(status, page.done());
    }
    section
}

fn edits(choices: &mut Choices<'_>) -> Section {
    let mut section = Section::default();
    section.may(choices, 50, "set", |choices| text::fields(choices, 3, text::late_value));
    section.may(choices, 50, "add", |choices| text::fields(choices, 3, text::late_value));
    section.may(choices, 50, "remove", text::field_names);
    section
}
