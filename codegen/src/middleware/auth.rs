//! `auth`: who may come in.

use super::{
    At, Code, Column, Facts, Lower, Missed, Prose, Refusal, Registered, Settings, Site, State, Touch,
};
use crate::ast::Strings;
use crate::codes;
use crate::field::Nature::{Connection, Framing, Host, Message, Way};
use crate::field::Use;
use crate::lint::Lint;
use crate::lower::late::comma_separated;
use crate::model::{HeaderName, Late, Piece};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use serde::Deserialize;

/// `auth: {api_keys: {header: X-API-Key, keys: "${env:API_KEYS}"}}`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AuthSection {
    /// A key in a header field. The only scheme of this version, so it has to be there.
    /// Example: `{keys: "${env:API_KEYS}"}`.
    pub api_keys: Option<ApiKeysSection>,
}

/// `api_keys:`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ApiKeysSection {
    /// The header field with the key, which is not forwarded. Default: `X-API-Key`.
    /// Example: `X-Key`.
    pub header: Option<String>,
    /// Required: one or a list, each a late value (`${env:API_KEYS}`, `${file:/run/secrets/keys}`) that is a comma-separated list of keys at
    /// start. A literal key, or a default that is not empty, is an error: the binary is no place for secrets. No key at all stops
    /// the start.
    /// Example: `["${env:API_KEYS}", "${file:/run/secrets/keys}"]`.
    pub keys: Option<Strings>,
}

/// Answers 401 to whoever does not show a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The scheme.
    pub api_keys: ApiKeys,
}

/// A key in a header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeys {
    /// The field.
    pub header: HeaderName,
    /// At least one; each has an `${env:..}` or `${file:..}` piece and is a comma separated list at start.
    pub keys: Vec<Late>,
}

/// A key may be somebody's only credentials, and it is taken out as soon as it is known.
pub(crate) const API_KEY: Use = Use {
    other: Some("X-API-Key"),
    ..Use::of("cannot carry an API key", &[Connection, Framing, Host, Way, Message])
};

impl Settings for Auth {
    type Section = AuthSection;

    fn lay_over(own: AuthSection, base: AuthSection) -> AuthSection {
        let api_keys = match (own.api_keys, base.api_keys) {
            (Some(own), Some(base)) => {
                Some(ApiKeysSection { header: own.header.or(base.header), keys: own.keys.or(base.keys) })
            }
            (own, base) => own.or(base),
        };
        AuthSection { api_keys }
    }

    fn resolve(cx: &mut Cx<'_>, at: &At, section: &AuthSection) -> Option<Self> {
        let Some(api_keys) = &section.api_keys else {
            at.missing(cx, "api_keys", "for example `api_keys: {keys: \"${env:API_KEYS}\"}`");
            return None;
        };
        let at = at.section("api_keys");
        let header_at = at.key(cx, "header");
        let header = cx.field_name(&header_at, api_keys.header.as_deref().unwrap_or("x-api-key"), API_KEY);
        let keys_at = at.key(cx, "keys");
        let written: Vec<(ConfigPath, &String)> = match &api_keys.keys {
            None => {
                at.missing(cx, "keys", "for example `keys: \"${env:API_KEYS}\"`");
                return None;
            }
            Some(Strings::One(text)) => vec![(keys_at, text)],
            Some(Strings::List(list)) => {
                if list.is_empty() {
                    let title = "no key would be accepted";
                    cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &keys_at, title, "this list is empty");
                }
                list.iter().map(|(index, text)| (keys_at.index(index), text)).collect()
            }
        };
        cx.each_once(&written);
        let count = written.len();
        let keys: Vec<Late> = written.into_iter().filter_map(|(at, text)| secret(cx, &at, text)).collect();
        // Each is nothing but separators where every part of it is known.
        if count > 0 && keys.len() == count && keys.iter().all(|key| key.by_default().is_some()) {
            let keys_at = at.key(cx, "keys");
            let title = "no key would be accepted";
            cx.sink
                .error_at(&codes::IMPOSSIBLE_VALUE, &keys_at, title, "a gateway that was not told has no key")
                .help("leave the empty default out: `${env:API_KEYS}`");
        }
        header.filter(|_| !keys.is_empty()).map(|header| Self { api_keys: ApiKeys { header, keys } })
    }
}

/// A value of which at least a part comes at start.
fn secret(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<Late> {
    let late = cx.late(at, text)?;
    let default = late
        .pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Env { default: Some(text), .. } if !text.is_empty()));
    // Keys are separated by commas; whatever else is written out is a key, or a part of one.
    let is_separator = |text: &str| text.chars().all(|char| char == ',' || char.is_whitespace());
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
        refusals: &[
            Refusal { reason: "auth_missing", status: 401 },
            Refusal { reason: "auth_invalid", status: 401 },
        ],
        missed: Some(Missed {
            lint: Lint::RouteWithoutAuth,
            label: "anybody may come in",
            help: "add `auth`, or say why not: `allow: [{lint: route-without-auth, reason: \"..\"}]`",
        }),
        column: Some(Column { heading: "auth", without: "NONE" }),
        reports: &[
            (&codes::IMPOSSIBLE_VALUE, &["api_keys.keys"]),
            (&codes::BAD_LATE_VALUE, &["api_keys.keys"]),
            (&codes::LITERAL_SECRET, &["api_keys.keys"]),
            (&codes::HEADER_NAME, &["api_keys.header"]),
            (&codes::MANAGED_HEADER, &["api_keys.header"]),
        ],
        prose: Prose { before: include_str!("auth.md"), after: "" },
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
        let keys = Value::Late(comma_separated(keys));
        Value::Call("ApiKeys::new", vec![Value::Origin(site.line.clone()), header.into(), keys])
    }

    fn feature(&self) -> Option<&'static str> {
        Some("api-keys")
    }

    fn written(&self) -> Tree {
        let Self { api_keys: ApiKeys { header, keys } } = self;
        let keys = Tree::Set(keys.iter().map(|key| Tree::Text(show::late(key))).collect());
        Tree::map([("api_keys", Tree::map([("header", Tree::text(header.as_str())), ("keys", keys)]))])
    }

    fn touches(&self) -> Vec<Touch<'_>> {
        let clash = |carried: &str| format!("the {carried} takes the place of every key");
        vec![Touch { path: &["api_keys", "header"], field: &self.api_keys.header, clash }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_credentials_but_nothing_that_a_message_needs() {
        let is_refused = |name: &str| API_KEY.refusal(&HeaderName(name.to_owned())).is_some();
        for name in ["host", "te", "content-encoding", "cookie", "if-none-match", "x-forwarded-for", "via"] {
            assert!(is_refused(name), "{name}");
        }
        assert!(!is_refused("authorization") && !is_refused("x-api-key") && !is_refused("x-forwarded"));
    }
}
