//! The fields behind a response's body, and what of them goes on: what may stand there, for a client that takes it.

use crate::exchange::Exchange;
use crate::fields::{Field, Fields, Nominated};

/// What has come of them, and what was said of them ahead.
#[derive(Debug, Default)]
pub(super) struct Trailers {
    /// What the head's `Connection` names ends here too (RFC 9110 section 7.6.1).
    nominated: Option<Box<Nominated>>,
    kept: Option<Box<Fields>>,
}

impl Trailers {
    pub(super) fn without(nominated: Option<Box<Nominated>>) -> Self {
        Self { nominated, kept: None }
    }

    /// They have come.
    #[cold]
    pub(super) fn come(&mut self, mut fields: Fields, exchange: &Exchange) {
        let is_nominated =
            |field: &Field<'_>| self.nominated.as_ref().is_some_and(|nominated| nominated.has(field));
        fields.retain(|field| field.known().may_be_trailer() && !is_nominated(field));
        if exchange.takes_trailers() && !fields.is_empty() {
            self.kept = Some(Box::new(fields));
        }
    }

    /// Whether any go on.
    pub(super) fn is_some(&self) -> bool {
        self.kept.is_some()
    }

    pub(super) fn take(&mut self) -> Option<Box<Fields>> {
        self.kept.take()
    }
}
