//! `headers`: changes to header fields on their way.

use super::{Code, Entry, Facts, Lower, Prose, Registered, Site, State, Touch, written_after};
use crate::ast::Map;
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::{Nature, Use};
use crate::language::kind::{FieldName, Fields, LateValue, ListOf, Nested};
use crate::language::{Kind, Shape, section};
use crate::model::{HeaderName, Late};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use crate::yaml::Tree;

section! {
    /// `headers: {request: {set: {X-A: v}, add: {X-B: v}, remove: [X-C]}, response: {set: .., add: .., remove: ..}}`
    Headers / HeadersSection {
        /// Changes to what the backend gets.
        request: HeaderEdits = Nested, defaults, example "{set: {X-Zone: \"${env:ZONE}\"}}";
        /// Changes to what the client gets.
        response: HeaderEdits = Nested, defaults, example "{remove: [Server]}";
    }
}

section! {
    /// `remove`, then `set`, then `add`. A route's list or map takes the place of the top-level one.
    HeaderEdits / HeaderEditsSection {
        /// Taken out.
        remove: Vec<HeaderName> = ListOf<FieldName>(FieldName(EDIT)), default Vec::new(), said "", example "[X-Internal]";
        /// In place of whatever values the field had. May be late values.
        set: Vec<(HeaderName, Late)> = Edits, default Vec::new(), said "", example "{X-Zone: \"${env:ZONE}\"}";
        /// Besides whatever values the field had. May be late values.
        add: Vec<(HeaderName, Late)> = Edits, default Vec::new(), said "", example "{X-Frame-Options: DENY}";
    }
}

/// It is set, added or removed.
const EDIT: Use = Use {
    help: &[(Nature::Host, "see the upstream's `host_header`")],
    is_key: true,
    ..Use::of("cannot be changed", Nature::OF_THE_HOP)
};

/// The layer that gives a fixed response its fields.
pub(crate) fn of_response(fields: &[(HeaderName, Late)]) -> (Entry, Headers) {
    let edits = |set| HeaderEdits { remove: Vec::new(), set, add: Vec::new() };
    let headers = Headers { request: edits(Vec::new()), response: edits(fields.to_vec()) };
    (Entry::of::<Headers>("headers"), headers)
}

/// Fields with values that may come at start; credentials have to.
pub(crate) struct Edits;

const EDITS: Fields<LateValue> = Fields(EDIT, LateValue);

impl Kind<Vec<(HeaderName, Late)>> for Edits {
    type Written = Map<String>;

    fn read(
        &self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        written: &Self::Written,
    ) -> Option<Vec<(HeaderName, Late)>> {
        let mut fields = EDITS.read(cx, at, written)?;
        for (key, _) in written.iter() {
            let is_this = |name: &HeaderName| is_secret(name) && name.as_str().eq_ignore_ascii_case(key);
            fields.retain(|(name, value)| !is_this(name) || is_fit(cx, &at.key(key), key, value));
        }
        Some(fields)
    }
    fn tree(&self, value: &Vec<(HeaderName, Late)>) -> Tree {
        EDITS.tree(value)
    }
    fn shape(&self) -> Shape {
        EDITS.shape()
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        EDITS.codes().into_iter().chain([&codes::LITERAL_SECRET]).collect()
    }
}

/// Whether these credentials are nowhere in the binary; if they are, that is reported.
fn is_fit(cx: &mut Cx<'_>, at: &ConfigPath, key: &str, late: &Late) -> bool {
    let has_default = late.has_default();
    if !has_default && late.literal().is_none_or(|text| text.is_empty()) {
        return true;
    }
    let what = if has_default { "credentials have a default in" } else { "credentials are written in" };
    let title = format!("{what} {}", quoted(key));
    cx.sink
        .error_at(&codes::LITERAL_SECRET, at, title, "this secret would be compiled into the binary")
        .help(
            "write `${env:NAME}` or `${file:/run/secrets/name}`; the scheme may stay: `Bearer ${env:TOKEN}`",
        );
    false
}

/// Fields that are there for credentials, and nothing else (RFC 9110, section 11).
fn is_secret(name: &HeaderName) -> bool {
    matches!(name.as_str(), "authorization" | "proxy-authorization")
}

impl Registered for Headers {
    const FACTS: Facts = Facts {
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
    let mut fields: std::collections::BTreeMap<&str, (bool, Vec<Tree>)> = Default::default();
    for name in remove.iter().chain(set.iter().map(|(name, _)| name)) {
        fields.entry(name.as_str()).or_default().0 = true;
    }
    for (name, value) in set.iter().chain(add) {
        fields.entry(name.as_str()).or_default().1.push(LateValue.tree(value));
    }
    let becomes = |(loses, gets)| Tree::map([("loses", Tree::plain(loses)), ("gets", Tree::List(gets))]);
    Tree::Map(fields.into_iter().map(|(name, fate)| (name.to_owned(), becomes(fate))).collect())
}

/// In the order in which they are applied.
fn lower_edits(edits: &HeaderEdits) -> Value {
    let HeaderEdits { remove, set, add } = edits;
    let with_value = |edit: &'static str, (name, value): &(HeaderName, Late)| {
        Value::Call(edit, vec![name.into(), Value::Late(value.clone())])
    };
    let remove = remove.iter().map(|name| Value::Call("HeaderEdit::remove", vec![name.into()]));
    let set = set.iter().map(|edit| with_value("HeaderEdit::set", edit));
    let add = add.iter().map(|edit| with_value("HeaderEdit::add", edit));
    Value::Cells("HeaderEdit", remove.chain(set).chain(add).collect())
}
