//! `auth`: who may come in.

use super::{Code, Column, Does, Facts, Lower, Missed, Prose, Refusal, Registered, Site, State, Touch};
use crate::ast::Strings;
use crate::codes;
use crate::field::Nature::{Connection, Framing, Host, Message, Way};
use crate::field::Use;
use crate::language::kind::{FieldName, LateText, ListOf, Nested, OneOrList};
use crate::language::{Kind, Like, Shape, Without, section};
use crate::lint::Lint;
use crate::model::{HeaderName, Late, Piece};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use crate::yaml::Tree;

section! {
    /// `auth: {api_keys: {header: X-API-Key, keys: "${env:API_KEYS}"}}`
    Auth / AuthSection {
        /// A key in a header field. The only scheme of this version, so it has to be there.
        api_keys: ApiKeys = Nested, required "for example `api_keys: {keys: \"${env:API_KEYS}\"}`",
        example "{keys: \"${env:API_KEYS}\"}";
    }
}

section! {
    /// `api_keys:`
    ApiKeys / ApiKeysSection {
        /// The header field with the key, which is not forwarded.
        header: HeaderName = FieldName(API_KEY), default HeaderName("x-api-key".to_owned()), said Without::value("X-API-Key", ""), example "X-Key";
        /// Required: one or a list, each a late value (`${env:API_KEYS}`, `${file:/run/secrets/keys}`) that is a list of keys at start: one
        /// a line, or separated by commas. A literal key, or a default that is not empty, is an error: the binary is no place for secrets.
        /// No key at all stops the start.
        keys: Vec<Late> = Secrets, required "for example `keys: \"${env:API_KEYS}\"`",
        example "[\"${env:API_KEYS}\", \"${file:/run/secrets/keys}\"]";
    }
}

/// A key may be somebody's only credentials, and it is taken out as soon as it is known.
const API_KEY: Use = Use {
    other: Some("X-API-Key"),
    ..Use::of("cannot carry an API key", &[Connection, Framing, Host, Way, Message])
};

/// One or several, each a list at start; at least one of them may have a key.
pub(crate) struct Secrets;

impl Kind<Vec<Late>> for Secrets {
    type Written = Strings;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Strings) -> Option<Vec<Late>> {
        let keys = OneOrList(Secret, "no key would be accepted").read(cx, at, written)?;
        let count = match written {
            Strings::One(_) => 1,
            Strings::List(list) => list.len(),
        };
        // Each is nothing but separators where every part of it is known.
        if keys.len() == count && keys.iter().all(|key| key.by_default().is_some()) {
            let title = "no key would be accepted";
            cx.sink
                .error_at(&codes::IMPOSSIBLE_VALUE, at, title, "a gateway that was not told has no key")
                .help("leave the empty default out: `${env:API_KEYS}`");
        }
        Some(keys).filter(|keys| !keys.is_empty())
    }
    fn tree(&self, value: &Vec<Late>) -> Tree {
        ListOf(Secret).tree(value)
    }
    fn shape(&self) -> Shape {
        OneOrList(Secret, "").shape()
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::IMPOSSIBLE_VALUE, &codes::BAD_LATE_VALUE, &codes::LITERAL_SECRET]
    }
}

/// A value of which at least a part comes at start.
struct Secret;

impl Like for Secret {
    type Value = Late;
    type Other = LateText;
    const OTHER: LateText = LateText;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Late> {
        secret(cx, at, written)
    }
}

/// Whether no key can be written so.
fn is_separator(text: &str) -> bool {
    text.chars().all(|char| char == ',' || char.is_whitespace())
}

/// The same list, in which what follows a comma begins a line: the last line of a file may be a remark.
fn on_lines(keys: &[Late]) -> Late {
    let mut late = Late::lines(keys);
    for piece in &mut late.pieces {
        if let Piece::Literal(text) = piece
            && text.contains([',', '\r'])
        {
            *text = "\n".to_owned();
        }
    }
    late
}

fn secret(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<Late> {
    let late = cx.late(at, text)?;
    let default = late.has_default();
    // Keys are separated by commas and line ends; whatever else is written out is a key, or a part of one.
    let written =
        late.pieces.iter().any(|piece| matches!(piece, Piece::Literal(text) if !is_separator(text)));
    if late.literal().is_none() && !default && !written {
        return Some(late);
    }
    let title = if default { "a key with a default in the config" } else { "a key written in the config" };
    cx.sink
        .error_at(&codes::LITERAL_SECRET, at, title, "this secret would be compiled into the binary")
        .help("write `${env:API_KEYS}` or `${file:/run/secrets/api_keys}`");
    None
}

impl Registered for Auth {
    const FACTS: Facts = Facts {
        called: &["key_auth", "keyauth", "api_key", "apikey"],
        refusals: &[
            Refusal { reason: "auth_missing", status: 401 },
            Refusal { reason: "auth_invalid", status: 401 },
        ],
        missed: Some(Missed {
            lint: Lint::ROUTE_WITHOUT_AUTH,
            label: "anybody may come in",
            help: "add `auth`, or say why not: `allow: [{lint: route-without-auth, reason: \"..\"}]`",
        }),
        column: Some(Column { heading: "auth", without: "NONE" }),
        proves_who: true,
        guards: true,
        prose: Prose { before: include_str!("auth.md"), after: include_str!("auth_after.md") },
        ..Facts::of(
            "Answers 401 to whoever does not show a key.",
            "{api_keys: {keys: \"${env:API_KEYS}\"}}",
            Code {
                layer: "Auth",
                policy: "ApiKeys",
                stem: "API_KEYS_",
                // The keys are read at start; a route with keys of its own must not see another's.
                state: State::Constant,
            },
        )
    };
}

impl Lower for Auth {
    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { api_keys: ApiKeys { header, keys } } = self;
        let keys = Value::Late(on_lines(keys));
        Value::Call("ApiKeys::new", vec![Value::Origin(site.line.clone()), header.into(), keys])
    }

    fn feature(&self) -> Option<&'static str> {
        Some("api-keys")
    }

    fn changes(&self, field: &HeaderName) -> bool {
        // What was a key is nobody's business behind it.
        self.api_keys.header == *field
    }

    fn asks_for(&self) -> Option<(&HeaderName, &'static [&'static str])> {
        Some((&self.api_keys.header, &[AuthSection::api_keys, ApiKeysSection::header]))
    }

    fn touches(&self) -> Vec<Touch<'_>> {
        let clash = |carried: &str| format!("the {carried} takes the place of every key");
        vec![Touch { path: &["api_keys", "header"], field: &self.api_keys.header, does: Does::Read, clash }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_comma_begins_a_line() {
        let keys = ["${file:/a} , ${file:/b}", "${env:C}"].map(|text| crate::late::parse(text).unwrap());
        let line = || Piece::Literal("\n".to_owned());
        let env = Piece::Env { name: "C".to_owned(), default: None };
        let file = |path: &str| Piece::File(path.to_owned());
        assert_eq!(on_lines(&keys).pieces, [file("/a"), line(), file("/b"), line(), env]);
    }

    #[test]
    fn a_key_may_be_credentials_but_nothing_that_a_message_needs() {
        let is_refused = |name: &str| API_KEY.refusal(&HeaderName(name.to_owned())).is_some();
        for name in ["host", "te", "content-encoding", "cookie", "if-none-match", "x-forwarded-for", "via"] {
            assert!(is_refused(name), "{name}");
        }
        assert!(!is_refused("authorization") && !is_refused("x-api-key") && !is_refused("x-forwarded"));
    }
}
