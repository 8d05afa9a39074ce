//! `response_headers`: changes to what the client gets, whoever has answered.

use super::edits::{self, EDIT};
use super::{Code, Does, Entry, Facts, Lower, Prose, Registered, Site, State, Touch, written_after};
use crate::codes;
use crate::language::kind::{FieldName, FieldOfRequest, FieldOfResponse, Fields, ListOf, OfResponse};
use crate::language::section;
use crate::model::{HeaderName, RequestText};
use crate::plan::Value;
#[cfg(feature = "cli")]
use crate::yaml::Tree;

section! {
    /// `response_headers: {set: {X-A: v}, add: {X-B: v}, remove: [X-C]}`: `remove`, then `set`, then `add`. A route's list or
    /// map takes the place of the top-level one.
    ResponseHeaders / ResponseHeadersSection {
        /// Taken out.
        remove: Vec<HeaderName> = ListOf<FieldName>(FieldName(EDIT)), default Vec::new(), said "", example "[Server]";
        /// In place of whatever values the field had. May be late values, and values of the request: where one is absent, the field is
        /// removed.
        set: Vec<(HeaderName, RequestText)> = Fields<FieldOfResponse>(EDIT, OfResponse(FieldOfRequest)), default Vec::new(), said "", example "{Strict-Transport-Security: max-age=63072000}";
        /// Besides whatever values the field had. May be late values, and values of the request: where one is absent, nothing is
        /// added.
        add: Vec<(HeaderName, RequestText)> = Fields<FieldOfResponse>(EDIT, OfResponse(FieldOfRequest)), default Vec::new(), said "", example "{X-Frame-Options: DENY}";
    }
}

/// The layer that gives a fixed response its fields.
pub(crate) fn of_response(fields: &[(HeaderName, RequestText)]) -> (Entry, ResponseHeaders) {
    let headers = ResponseHeaders { remove: Vec::new(), set: fields.to_vec(), add: Vec::new() };
    (Entry::of::<ResponseHeaders>("response_headers"), headers)
}

impl Registered for ResponseHeaders {
    const FACTS: Facts = Facts {
        formerly: Some(("headers", "response")),
        called: &["add_header", "header_down"],
        sees_unmatched: true,
        reports: &[(&codes::FOREIGN_WILDCARD, &["set", "add"])],
        prose: Prose { before: include_str!("response_headers.md"), after: "" },
        ..Facts::of(
            "Changes header fields of every response, the gateway's own included.",
            "{remove: [Server]}",
            Code {
                layer: "ResponseHeaders",
                policy: "HeaderEdits",
                stem: "RESPONSE_HEADERS_",
                // The line of the entry is part of the value, so only one written entry is ever shared.
                state: State::None,
            },
        )
    };
}

impl Lower for ResponseHeaders {
    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { remove, set, add } = self;
        edits::policy(site, remove, set, add)
    }

    fn touches(&self) -> Vec<Touch<'_>> {
        let Self { remove, set, add } = self;
        let touch = |path, field, does| Touch { path, field, does, clash: written_after };
        let removed = remove.iter().map(|field| touch(&["remove"], field, Does::Replace));
        let set = set.iter().map(|(field, _)| touch(&["set"], field, Does::Replace));
        let added = add.iter().map(|(field, _)| touch(&["add"], field, Does::Add));
        set.chain(added).chain(removed).collect()
    }

    fn values(&self) -> Vec<(Vec<&str>, &RequestText)> {
        edits::values(&self.set, &self.add)
    }

    #[cfg(feature = "cli")]
    fn meaning(&self) -> Tree {
        let Self { remove, set, add } = self;
        edits::meaning(remove, set, add)
    }
}
