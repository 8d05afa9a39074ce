//! Sets, adds and removes header fields, for the layers that change those of requests or of responses.

use std::sync::OnceLock;

use http::{HeaderName, HeaderValue};

use crate::exchange::{Context, Request};
use crate::fields::Fields;
use crate::introduction::Introduction;
use crate::late::{Late, Origin, Problems};
use crate::policy::Policy;
use crate::value::RequestText;

/// One change of a header section.
#[derive(Debug)]
pub struct HeaderEdit {
    name: HeaderName,
    /// The gateway has something to say in this field of a request, too.
    is_introduction: bool,
    action: Action,
}

#[derive(Debug)]
enum Action {
    Set(Late, OnceLock<HeaderValue>),
    Add(Late, OnceLock<HeaderValue>),
    /// As `Set`, of each request; the field is removed where there is no value, so that nobody else's passes for it.
    SetOf(RequestText),
    AddOf(RequestText),
    Remove,
}

impl HeaderEdit {
    /// Replaces all lines of the field by one.
    pub const fn set(name: &'static str, value: Late) -> Self {
        Self::new(name, Action::Set(value, OnceLock::new()))
    }

    /// Adds a line to the field.
    pub const fn add(name: &'static str, value: Late) -> Self {
        Self::new(name, Action::Add(value, OnceLock::new()))
    }

    /// Replaces all lines of the field by one with a value of the request; removes them where that is absent.
    pub const fn set_of(name: &'static str, value: RequestText) -> Self {
        Self::new(name, Action::SetOf(value))
    }

    /// Adds a line with a value of the request, unless that is absent.
    pub const fn add_of(name: &'static str, value: RequestText) -> Self {
        Self::new(name, Action::AddOf(value))
    }

    /// Removes all lines of the field.
    pub const fn remove(name: &'static str) -> Self {
        Self::new(name, Action::Remove)
    }

    const fn new(name: &'static str, action: Action) -> Self {
        Self { name: HeaderName::from_static(name), is_introduction: Introduction::has(name), action }
    }

    const fn is_of_request(&self) -> bool {
        matches!(self.action, Action::SetOf(_) | Action::AddOf(_))
    }

    fn apply(&self, fields: &mut Fields, of_request: &mut OfRequest) {
        match &self.action {
            Action::Set(_, value) => {
                if let Some(value) = value.get() {
                    fields.insert(&self.name, value);
                }
            }
            Action::Add(_, value) => {
                if let Some(value) = value.get() {
                    fields.append(&self.name, value);
                }
            }
            Action::SetOf(_) => {
                match of_request.next() {
                    Some(value) => fields.insert(&self.name, &value),
                    None => drop(fields.remove(&self.name)),
                };
            }
            Action::AddOf(_) => {
                if let Some(value) = of_request.next() {
                    fields.append(&self.name, &value);
                }
            }
            Action::Remove => {
                fields.remove(&self.name);
            }
        }
    }

    fn bind(&self, origin: Origin, problems: &mut Problems) {
        let is_good = match &self.action {
            Action::Remove => true,
            Action::Set(late, cell) | Action::Add(late, cell) => {
                let Some(text) = problems.resolve(origin, late) else { return };
                // A second bind finds the same value.
                HeaderValue::from_str(&text).map(|value| drop(cell.set(value))).is_ok()
            }
            Action::SetOf(value) | Action::AddOf(value) => {
                value.bind(origin, problems);
                value.fits_field()
            }
        };
        if !is_good {
            problems.at(origin, format!("the value of header {} is not a valid field value", self.name));
        }
    }
}

/// The changes of one entry, in the order remove, set, add.
#[derive(Debug)]
pub struct HeaderEdits {
    origin: Origin,
    edits: &'static [HeaderEdit],
    /// How many of them have values of the request.
    of_request: usize,
    /// One of them changes what the gateway says of a client.
    has_introduction: bool,
}

/// The values of one request, in the order of the edits; without any there is no memory.
#[derive(Debug)]
pub(crate) struct OfRequest(std::vec::IntoIter<Option<HeaderValue>>);

impl OfRequest {
    fn next(&mut self) -> Option<HeaderValue> {
        self.0.next().flatten()
    }
}

impl HeaderEdits {
    /// Of the entry written at `origin`.
    pub const fn new(origin: Origin, edits: &'static [HeaderEdit]) -> Self {
        let (mut of_request, mut has_introduction) = (0, false);
        let mut at = 0;
        while at < edits.len() {
            of_request += edits[at].is_of_request() as usize;
            has_introduction |= edits[at].is_introduction;
            at += 1;
        }
        Self { origin, edits, of_request, has_introduction }
    }

    /// Whether one of them changes what the gateway says of a client.
    pub(crate) const fn has_introduction(&self) -> bool {
        self.has_introduction
    }

    /// What the edits need to know of a request as it came, ahead of all of them: so `set` may take what `remove` takes out.
    /// One allocation, if there are any; see [`RequestText::field`] for that of each.
    pub(crate) fn of_request(&self, request: &Request, cx: &Context<'_>) -> OfRequest {
        let mut values = Vec::with_capacity(self.of_request);
        if self.of_request > 0 {
            values.extend(self.edits.iter().filter_map(|edit| match &edit.action {
                Action::SetOf(value) | Action::AddOf(value) => Some(value.field(request, cx)),
                Action::Set(..) | Action::Add(..) | Action::Remove => None,
            }));
        }
        OfRequest(values.into_iter())
    }

    /// Changes `fields`.
    pub(crate) fn apply(&self, fields: &mut Fields, mut of_request: OfRequest) {
        self.edits.iter().for_each(|edit| edit.apply(fields, &mut of_request));
    }
}

impl Policy for HeaderEdits {
    fn bind(&self, problems: &mut Problems) {
        self.edits.iter().for_each(|edit| edit.bind(self.origin, problems));
    }
}
