//! `headers`: changes to header fields on their way.

use crate::lower::{Code, Lower, Register, Site, State, late};
use crate::plan::Value;
use crate::ast::{List, Map};
use crate::model::{HeaderName, Late};
use serde::Deserialize;

/// `headers: {request: {set: {X-A: v}, add: {X-B: v}, remove: [X-C]}, response: {set: .., add: .., remove: ..}}`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeadersSection {
    /// Changes to what the backend gets.
    pub request: Option<HeaderEditsSection>,
    /// Changes to what the client gets.
    pub response: Option<HeaderEditsSection>,
}

/// `remove`, then `set`, then `add`. A route's list or map takes the place of the top-level one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeaderEditsSection {
    /// In place of whatever values the field had. May be late values.
    pub set: Option<Map<String>>,
    /// Besides whatever values the field had. May be late values.
    pub add: Option<Map<String>>,
    /// Taken out.
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

impl Lower for Headers {
    fn code(&self) -> Code {
        Code {
            layer: "Headers",
            policy: "HeaderEdits",
            stem: "HEADERS_",
            // The line of the entry is part of the value, so only one written entry is ever shared.
            state: State::None,
            register: Register::Bindings,
        }
    }

    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { request, response } = self;
        Value::Struct(
            "HeaderEdits",
            vec![
                ("origin", Value::Origin(site.line)),
                ("request", edits(request)),
                ("response", edits(response)),
            ],
        )
    }
}

/// In the order in which they are applied.
fn edits(edits: &HeaderEdits) -> Value {
    let HeaderEdits { remove, set, add } = edits;
    let with_value = |edit: &'static str, (name, value): &(HeaderName, Late)| {
        Value::Call(edit, vec![name.into(), Value::Late(late(value))])
    };
    let remove = remove.iter().map(|name| Value::Call("HeaderEdit::remove", vec![name.into()]));
    let set = set.iter().map(|edit| with_value("HeaderEdit::set", edit));
    let add = add.iter().map(|edit| with_value("HeaderEdit::add", edit));
    Value::Slice(remove.chain(set).chain(add).collect())
}
