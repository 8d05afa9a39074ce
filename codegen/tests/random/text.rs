//! Texts that somebody may write, and that some program has fallen over.

use super::Choices;
use super::yaml::Node;

/// Names of routes and upstreams: printable, without quotes and backslashes.
const NAMES: [&str; 38] = [
    "users",
    "orders",
    "users/v1",
    "/api",
    "\u{fc}n\u{ef}c\u{f6}de",
    "\u{540d}\u{524d}",
    "\u{1f980}",
    "a b",
    "*/",
    "//",
    "{}",
    "r#type",
    "fn",
    "static",
    "ROUTES",
    "GATEWAY",
    "None",
    "Self",
    "self",
    "crate",
    "9lives",
    "--",
    "#",
    "# not this",
    "a: b",
    "true",
    "null",
    "~",
    "1e3",
    "STACK0",
    "Stack0",
    "a\u{e9}b",
    "$$",
    "%s",
    "<script>",
    "&a",
    "!tag",
    "\u{e9}txt",
];

/// Bodies, names of query parameters, reasons: anything at all, but for late values.
const ANYTHING: [&str; 30] = [
    "",
    "hello",
    "hello\n",
    "two\nlines",
    "two\n\nlines\n\n",
    "\"",
    "'",
    "\"#",
    "\"##",
    "r#\"raw\"#",
    "\\",
    "\\n",
    "\\u{41}",
    "\\\"",
    "*/",
    "/* */ // x",
    "{}",
    "{0} {{name}}",
    "\u{0}",
    "\u{0}0",
    "\u{7f}\u{85}\u{2028}\u{feff}",
    "\u{202e}\u{2066}",
    "\u{1b}[31m",
    "\r\n",
    "\t",
    " space ",
    "\"; fn main() {} static X: &str = \"",
    "\u{1f980}\u{301}",
    "#![deny(warnings)]",
    "&amp;\u{e000}",
];

/// Values of header fields: printable ASCII.
const VALUES: [&str; 16] = [
    "v",
    "",
    "a b",
    "\"",
    "'",
    "\\",
    "\\0",
    "\\u{41}",
    "\"# -",
    "*/",
    "{}",
    "a\tb",
    "max-age=3600, public",
    "#",
    "r#\"x\"#",
    "null",
];

/// Text with something in it that is read at start.
const LATE: [&str; 10] = [
    "${env:HOST}",
    "${env:_x9:-local}",
    "${env:ZONE:-}",
    "${env:ZONE:-a\"b\\c}",
    "${file:/run/secrets/x}",
    "${file:/run/a b/\"c\"}",
    "in ${env:A}${env:B} between",
    "$${env:NOT} ${env:A}",
    "$$${env:A}$",
    "${env:A:-$$}",
];

pub(super) const HEADERS: [&str; 14] = [
    "X-A",
    "x-b",
    "X_Under",
    "!#$%&'*+-.^_`|~",
    "Server",
    "Cache-Control",
    "x-authorization",
    "X-Forwarded-For",
    "Via",
    "9",
    "Set-Cookie",
    "Fn",
    "User-Agent",
    "Accept",
];

/// Header fields for the id of a request; nothing else may use them.
const ID_HEADERS: [&str; 4] = ["X-Correlation-ID", "traceparent", "id", "X.Id~!"];

/// Header fields for an API key.
const KEY_HEADERS: [&str; 5] = ["X-Key", "Authorization", "x-b", "key", "!#$%&'*+-.^_`|~"];

/// A name which nothing else in this file has.
pub(super) fn name(choices: &mut Choices<'_>, taken: &mut Vec<String>) -> String {
    let mut name = if choices.chance(2) { "n".repeat(196) } else { choices.pick(&NAMES).to_owned() };
    while taken.contains(&name) {
        name = format!("{name}{}", taken.len());
    }
    taken.push(name.clone());
    name
}

/// Anything, or a mixture of two; a late value's mark is written so that it is none.
pub(super) fn anything(choices: &mut Choices<'_>) -> String {
    let mut text = choices.pick(&ANYTHING).to_owned();
    if choices.chance(30) {
        text.push_str(choices.pick(&ANYTHING));
    }
    if choices.chance(1) {
        text = text.repeat(100);
    }
    text
}

/// A body: the one text that may show a late value's mark.
pub(super) fn body(choices: &mut Choices<'_>) -> String {
    let mut text = anything(choices);
    if choices.chance(15) {
        text.push_str(choices.pick(&["$${env:X}", "$${", "$", "}"]));
    }
    text
}

/// The value of a header field.
pub(super) fn value(choices: &mut Choices<'_>) -> String {
    choices.pick(&VALUES).to_owned()
}

/// Values of the request, which any place has.
const OF_REQUEST: [&str; 6] = [
    "{client.ip}",
    "{request.method} {request.path}",
    "{header.X-Tenant}/{query.a[b]}",
    "${env:X}{cookie.c}",
    "{{{request.host}:{request.port}}}",
    "$${env:X} {request.scheme}",
];

/// The value of a header field, which may come at start, or with each request.
pub(super) fn late_value(choices: &mut Choices<'_>) -> String {
    if choices.chance(40) {
        late(choices)
    } else if choices.chance(20) {
        choices.pick(&OF_REQUEST).to_owned()
    } else {
        value(choices).replace('{', "{{").replace('}', "}}")
    }
}

pub(super) fn late(choices: &mut Choices<'_>) -> String {
    choices.pick(&LATE).to_owned()
}

/// A header field, in any case.
pub(super) fn header(choices: &mut Choices<'_>) -> String {
    let name = choices.pick(&HEADERS);
    if choices.chance(1) { "h".repeat(256) } else { in_any_case(choices, name) }
}

/// The field that carries the id.
pub(super) fn id_header(choices: &mut Choices<'_>) -> String {
    let name = choices.pick(&ID_HEADERS);
    in_any_case(choices, name)
}

/// The field that carries an API key.
pub(super) fn key_header(choices: &mut Choices<'_>) -> String {
    let name = choices.pick(&KEY_HEADERS);
    in_any_case(choices, name)
}

fn in_any_case(choices: &mut Choices<'_>, name: &str) -> String {
    match choices.below(4) {
        1 => name.to_ascii_uppercase(),
        2 => name.to_ascii_lowercase(),
        _ => name.to_owned(),
    }
}

/// Header fields with values, no field twice.
pub(super) fn fields(choices: &mut Choices<'_>, most: usize, value: fn(&mut Choices<'_>) -> String) -> Node {
    let mut map: Vec<(String, Node)> = Vec::new();
    for _ in 0..choices.below(most + 1) {
        let name = header(choices);
        if !map.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            map.push((name, Node::Text(value(choices))));
        }
    }
    Node::Map(map)
}

/// Header fields without values.
pub(super) fn field_names(choices: &mut Choices<'_>) -> Node {
    let names = choices.some(&HEADERS, 3);
    Node::List(names.into_iter().map(Node::text).collect())
}
