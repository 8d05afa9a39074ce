//! Protocols that a connection may switch to (RFC 9110 section 7.8), and those it may begin with.

use super::{ConfigPath, Constant, Cx, Kind, Like, OneOrList, Shape, Tree, Value, WordSet};
use crate::ast::{List, Strings, StringsOrOff};
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::server::HttpVersion;
use std::collections::BTreeSet;

/// Some protocols, or `off`: none.
pub(crate) struct Protocols;

/// Versions of HTTP, at least one.
pub(crate) struct Versions;

/// A protocol, by its token, perhaps with a version behind a slash.
struct Protocol;

/// Those behind which is HTTP, whatever their version.
const OF_HTTP: [&str; 4] = ["h2c", "h2", "http", "tls"];

impl Kind<Vec<String>> for Protocols {
    type Written = StringsOrOff;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &StringsOrOff) -> Option<Vec<String>> {
        let StringsOrOff::Are(written) = written else { return Some(Vec::new()) };
        if matches!(written, Strings::List(list) if list.is_empty()) {
            cx.sink
                .error_at(&codes::IMPOSSIBLE_VALUE, at, "no protocol to switch to", "this list is empty")
                .help("`off` is none; without the key WebSockets may be had");
            return None;
        }
        let mut protocols: Vec<String> = OneOrList(Protocol, "").read(cx, at, written)?;
        protocols.sort();
        // What is wrong with all of them has been reported.
        (!protocols.is_empty()).then_some(protocols)
    }
    fn tree(&self, value: &Vec<String>) -> Tree {
        match value.as_slice() {
            [] => Tree::plain("off"),
            protocols => Tree::Set(protocols.iter().map(Tree::text).collect()),
        }
    }
    fn shape(&self) -> Shape {
        let one = Kind::<String>::shape(&Protocol);
        Shape::AnyOf(vec![one.clone(), Shape::List(Box::new(one)), Shape::Off])
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::IMPOSSIBLE_VALUE, &codes::LATE_VALUE_HERE]
    }
}

impl Constant<Vec<String>> for Protocols {
    fn value(&self, value: &Vec<String>) -> Value {
        Value::Slice(value.iter().cloned().map(Value::Text).collect())
    }
}

impl Like for Versions {
    type Value = BTreeSet<HttpVersion>;
    type Other = WordSet;
    const OTHER: WordSet = WordSet;

    fn take(
        &self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        written: &List<String>,
    ) -> Option<BTreeSet<HttpVersion>> {
        if written.is_empty() {
            cx.sink.error_at(
                &codes::IMPOSSIBLE_VALUE,
                at,
                "no protocol is spoken here",
                "this list is empty",
            );
            return None;
        }
        // What is wrong with all of them has been reported.
        WordSet.read(cx, at, written).filter(|versions| !versions.is_empty())
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::IMPOSSIBLE_VALUE]
    }
}

impl Kind<String> for Protocol {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        if !cx.is_literal(at, written) {
            return None;
        }
        let token = written.to_ascii_lowercase();
        let (name, version) =
            token.split_once('/').map_or((&*token, None), |(name, version)| (name, Some(version)));
        if !is_token(name) || !version.is_none_or(is_token) {
            let title = format!("{} is no protocol", quoted(written));
            let label = "must be a token, perhaps with a version: `websocket`, `name/2`";
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, label);
            return None;
        }
        if OF_HTTP.contains(&name) {
            let title = format!("nobody may switch to {}", quoted(written));
            let label = "requests in such a tunnel would pass by everything that this file says of requests";
            cx.sink
                .error_at(&codes::IMPOSSIBLE_VALUE, at, title, label)
                .help("leave it out: who asks for it is answered in HTTP/1.1");
            return None;
        }
        Some(token)
    }
    fn tree(&self, value: &String) -> Tree {
        Tree::text(value)
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_char)
}
