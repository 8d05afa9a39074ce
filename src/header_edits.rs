//! Sets, adds and removes header fields, for the layers that change those of requests or of responses. Values may be known only at start.

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::introduction::Introduction;
use crate::late::{Late, Origin, Problems};
use crate::policy::Policy;

/// One change of a header section.
#[derive(Debug)]
pub struct HeaderEdit {
    name: HeaderName,
    /// The gateway has something to say in this field of a request, too.
    pub(crate) is_introduction: bool,
    action: Action,
}

#[derive(Debug)]
enum Action {
    Set(Late, OnceLock<HeaderValue>),
    Add(Late, OnceLock<HeaderValue>),
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

    /// Removes all lines of the field.
    pub const fn remove(name: &'static str) -> Self {
        Self::new(name, Action::Remove)
    }

    const fn new(name: &'static str, action: Action) -> Self {
        Self { name: HeaderName::from_static(name), is_introduction: Introduction::has(name), action }
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        match &self.action {
            Action::Set(_, value) => {
                if let Some(value) = value.get() {
                    headers.insert(&self.name, value.clone());
                }
            }
            Action::Add(_, value) => {
                if let Some(value) = value.get() {
                    headers.append(&self.name, value.clone());
                }
            }
            Action::Remove => {
                headers.remove(&self.name);
            }
        }
    }

    fn bind(&self, origin: Origin, problems: &mut Problems) {
        let (Action::Set(late, cell) | Action::Add(late, cell)) = &self.action else { return };
        let Some(text) = problems.resolve(origin, late) else { return };
        match HeaderValue::from_str(&text) {
            // A second bind finds the same value.
            Ok(value) => drop(cell.set(value)),
            Err(_) => {
                problems.at(origin, format!("the value of header {} is not a valid field value", self.name))
            }
        }
    }
}

/// The changes of one entry, in the order remove, set, add.
#[derive(Debug)]
pub struct HeaderEdits {
    origin: Origin,
    pub(crate) edits: &'static [HeaderEdit],
}

impl HeaderEdits {
    /// Of the entry written at `origin`.
    pub const fn new(origin: Origin, edits: &'static [HeaderEdit]) -> Self {
        Self { origin, edits }
    }
}

impl Policy for HeaderEdits {
    fn bind(&self, problems: &mut Problems) {
        self.edits.iter().for_each(|edit| edit.bind(self.origin, problems));
    }
}
