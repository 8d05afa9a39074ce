//! `headers`: changes to header fields on their way.

use super::{At, Code, Entry, Facts, Lower, Prose, Registered, Settings, Site, State, Touch, written_after};
use crate::ast::{List, Map};
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::{Nature, Use};
use crate::lower::late::late;
use crate::model::{HeaderName, Late, Piece};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `headers: {request: {set: {X-A: v}, add: {X-B: v}, remove: [X-C]}, response: {set: .., add: .., remove: ..}}`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HeadersSection {
    /// Changes to what the backend gets.
    /// Example: `{set: {X-Zone: "${env:ZONE}"}}`.
    pub request: Option<HeaderEditsSection>,
    /// Changes to what the client gets.
    /// Example: `{remove: [Server]}`.
    pub response: Option<HeaderEditsSection>,
}

/// `remove`, then `set`, then `add`. A route's list or map takes the place of the top-level one.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HeaderEditsSection {
    /// In place of whatever values the field had. May be late values.
    /// Example: `{X-Zone: "${env:ZONE}"}`.
    pub set: Option<Map<String>>,
    /// Besides whatever values the field had. May be late values.
    /// Example: `{X-Frame-Options: DENY}`.
    pub add: Option<Map<String>>,
    /// Taken out.
    /// Example: `[X-Internal]`.
    pub remove: Option<List<String>>,
}

/// Changes header fields of requests and responses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// Of what the backend gets.
    pub request: HeaderEdits,
    /// Of what the client gets.
    pub response: HeaderEdits,
}

/// Applied in the order of the fields. Never names a field which the gateway itself manages (`Connection`,
/// `Content-Length`, `Host`, ..).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderEdits {
    /// Taken out.
    pub remove: Vec<HeaderName>,
    /// In place of whatever was there; names are unique.
    pub set: Vec<(HeaderName, Late)>,
    /// Besides what was there; names are unique.
    pub add: Vec<(HeaderName, Late)>,
}

/// It is set, added or removed.
pub(crate) const EDIT: Use = Use {
    help: &[(Nature::Host, "see the upstream's `host_header`")],
    is_key: true,
    ..Use::of("cannot be changed", Nature::OF_THE_HOP)
};

/// The layer that gives a fixed response its fields.
pub(crate) fn of_response(fields: &[(HeaderName, Late)]) -> (Entry, Headers) {
    let response = HeaderEdits { set: fields.to_vec(), ..HeaderEdits::default() };
    (Entry { name: "headers", facts: &Headers::FACTS }, Headers { response, ..Headers::default() })
}

impl Settings for Headers {
    type Section = HeadersSection;

    fn lay_over(own: HeadersSection, base: HeadersSection) -> HeadersSection {
        HeadersSection {
            request: lay_over(own.request, base.request),
            response: lay_over(own.response, base.response),
        }
    }

    fn resolve(cx: &mut Cx<'_>, at: &At, section: &HeadersSection) -> Option<Self> {
        Some(Self {
            request: edits(cx, &at.section("request"), section.request.as_ref()),
            response: edits(cx, &at.section("response"), section.response.as_ref()),
        })
    }
}

fn lay_over(own: Option<HeaderEditsSection>, base: Option<HeaderEditsSection>) -> Option<HeaderEditsSection> {
    match (own, base) {
        (Some(own), Some(base)) => Some(HeaderEditsSection {
            set: own.set.or(base.set),
            add: own.add.or(base.add),
            remove: own.remove.or(base.remove),
        }),
        (own, base) => own.or(base),
    }
}

fn edits(cx: &mut Cx<'_>, at: &At, section: Option<&HeaderEditsSection>) -> HeaderEdits {
    let Some(section) = section else { return HeaderEdits::default() };
    let (set, add, remove) = (at.key(cx, "set"), at.key(cx, "add"), at.key(cx, "remove"));
    let names = section.remove.iter().flat_map(|list| list.iter());
    let removed: Vec<(ConfigPath, HeaderName)> = names
        .filter_map(|(index, text)| {
            let at = remove.index(index);
            cx.field_name(&at, text, EDIT).map(|name| (at, name))
        })
        .collect();
    cx.each_once(&removed);
    HeaderEdits {
        remove: removed.into_iter().map(|(_, name)| name).collect(),
        set: fields(cx, &set, section.set.as_ref()),
        add: fields(cx, &add, section.add.as_ref()),
    }
}

fn fields(cx: &mut Cx<'_>, at: &ConfigPath, map: Option<&Map<String>>) -> Vec<(HeaderName, Late)> {
    let mut fields: Vec<(HeaderName, Late)> = Vec::new();
    let mut names: BTreeMap<HeaderName, ConfigPath> = BTreeMap::new();
    for (key, value) in map.iter().flat_map(|map| map.iter()) {
        let at = at.key(key);
        let Some(name) = cx.field_name(&at, key, EDIT) else { continue };
        let Some(late) = value.and_then(|value| cx.late_header_value(&at, value)) else { continue };
        if let Some(first) = names.get(&name).and_then(|first| cx.source.key_span(first)) {
            let title = format!("header {} is written twice", quoted(key));
            cx.sink
                .error_at_key(&codes::DUPLICATE_KEY, &at, title, "case does not count in header names")
                .label(first, "first written here");
            continue;
        }
        names.insert(name.clone(), at.clone());
        let has_default = late
            .pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Env { default: Some(text), .. } if !text.is_empty()));
        if is_secret(&name) && (has_default || late.literal().is_some_and(|text| !text.is_empty())) {
            let what =
                if has_default { "credentials have a default in" } else { "credentials are written in" };
            let title = format!("{what} {}", quoted(key));
            cx.sink
                .error_at(&codes::LITERAL_SECRET, &at, title, "this secret would be compiled into the binary")
                .help("write `${env:NAME}` or `${file:/run/secrets/name}`; the scheme may stay: `Bearer ${env:TOKEN}`");
            continue;
        }
        fields.push((name, late));
    }
    fields
}

/// Fields that are there for credentials, and nothing else (RFC 9110, section 11).
fn is_secret(name: &HeaderName) -> bool {
    matches!(name.as_str(), "authorization" | "proxy-authorization")
}

impl Registered for Headers {
    const FACTS: Facts = Facts {
        reports: &[
            (&codes::BAD_LATE_VALUE, &["request.set", "request.add"]),
            (&codes::LITERAL_SECRET, &["request.set"]),
            (&codes::HEADER_NAME, &["request.set", "request.add", "request.remove"]),
            (&codes::HEADER_VALUE, &["request.set", "request.add"]),
            (&codes::MANAGED_HEADER, &["request.set", "request.add", "request.remove"]),
        ],
        prose: Prose { before: include_str!("headers.md"), after: include_str!("headers_after.md") },
        ..Facts::of(
            "Changes header fields of requests and responses.",
            "{response: {remove: [Server]}}",
            Code {
                layer: "Headers",
                policy: "HeaderEdits",
                stem: "HEADERS_",
                // The line of the entry is part of the value, so only one written entry is ever shared.
                state: State::None,
            },
        )
    };
}

impl Lower for Headers {
    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { request, response } = self;
        Value::Struct(
            "HeaderEdits",
            vec![
                ("origin", Value::Origin(site.line.clone())),
                ("request", lower_edits(request)),
                ("response", lower_edits(response)),
            ],
        )
    }

    fn written(&self) -> Tree {
        let Self { request, response } = self;
        Tree::map([("request", written(request)), ("response", written(response))])
    }

    fn touches(&self) -> Vec<Touch<'_>> {
        let HeaderEdits { remove, set, add } = &self.response;
        let touch = |path, field| Touch { path, field, clash: written_after };
        let removed = remove.iter().map(|field| touch(&["response", "remove"], field));
        let set = set.iter().map(|(field, _)| touch(&["response", "set"], field));
        let added = add.iter().map(|(field, _)| touch(&["response", "add"], field));
        set.chain(added).chain(removed).collect()
    }

    #[cfg(feature = "cli")]
    fn meaning(&self) -> Tree {
        let Self { request, response } = self;
        Tree::map([("request", meaning(request)), ("response", meaning(response))]).filled().canonical()
    }
}

/// What becomes of each field: whether it loses what it had, and what it gets. So what is taken out and added is set.
#[cfg(feature = "cli")]
fn meaning(edits: &HeaderEdits) -> Tree {
    let HeaderEdits { remove, set, add } = edits;
    let mut fields: BTreeMap<&str, (bool, Vec<Tree>)> = BTreeMap::new();
    for name in remove.iter().chain(set.iter().map(|(name, _)| name)) {
        fields.entry(name.as_str()).or_default().0 = true;
    }
    for (name, value) in set.iter().chain(add) {
        fields.entry(name.as_str()).or_default().1.push(Tree::Text(show::late(value)));
    }
    let becomes = |(loses, gets)| Tree::map([("loses", Tree::plain(loses)), ("gets", Tree::List(gets))]);
    Tree::Map(fields.into_iter().map(|(name, fate)| (name.to_owned(), becomes(fate))).collect())
}

/// In the order in which they are applied.
fn lower_edits(edits: &HeaderEdits) -> Value {
    let HeaderEdits { remove, set, add } = edits;
    let with_value = |edit: &'static str, (name, value): &(HeaderName, Late)| {
        Value::Call(edit, vec![name.into(), Value::Late(late(value))])
    };
    let remove = remove.iter().map(|name| Value::Call("HeaderEdit::remove", vec![name.into()]));
    let set = set.iter().map(|edit| with_value("HeaderEdit::set", edit));
    let add = add.iter().map(|edit| with_value("HeaderEdit::add", edit));
    Value::Cells("HeaderEdit", remove.chain(set).chain(add).collect())
}

fn written(edits: &HeaderEdits) -> Tree {
    let HeaderEdits { remove, set, add } = edits;
    let fields = |fields: &[(HeaderName, Late)]| {
        Tree::Map(
            fields.iter().map(|(name, value)| (name.to_string(), Tree::Text(show::late(value)))).collect(),
        )
    };
    let remove = remove.iter().map(|name| Tree::text(name.as_str())).collect();
    Tree::map([("remove", Tree::Set(remove)), ("set", fields(set)), ("add", fields(add))])
}
