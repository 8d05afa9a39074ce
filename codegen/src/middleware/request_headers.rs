//! `request_headers`: changes to what the backend gets.

use super::edits::{self, EDIT};
use super::{Code, Facts, Lower, Prose, Registered, Site, State};
use crate::codes;
use crate::language::kind::{FieldName, FieldOfRequest, Fields, ListOf};
use crate::language::section;
use crate::model::{HeaderName, RequestText};
use crate::plan::Value;
#[cfg(feature = "cli")]
use crate::yaml::Tree;

section! {
    /// `request_headers: {set: {X-A: v}, add: {X-B: v}, remove: [X-C]}`: `remove`, then `set`, then `add`. A route's list or
    /// map takes the place of the top-level one.
    RequestHeaders / RequestHeadersSection {
        /// Taken out.
        remove: Vec<HeaderName> = ListOf<FieldName>(FieldName(EDIT)), default Vec::new(), said "", example "[X-Internal]";
        /// In place of whatever values the field had. May be late values, and values of the request: where one is absent, the field is
        /// removed.
        set: Vec<(HeaderName, RequestText)> = Fields<FieldOfRequest>(EDIT, FieldOfRequest), default Vec::new(), said "", example "{X-Zone: \"${env:ZONE}\", X-Real-IP: \"{client.ip}\"}";
        /// Besides whatever values the field had. May be late values, and values of the request: where one is absent, nothing is
        /// added.
        add: Vec<(HeaderName, RequestText)> = Fields<FieldOfRequest>(EDIT, FieldOfRequest), default Vec::new(), said "", example "{X-Gateway: castgate}";
    }
}

impl Registered for RequestHeaders {
    const FACTS: Facts = Facts {
        formerly: Some(("headers", "request")),
        called: &["proxy_set_header", "header_up"],
        reports: &[(&codes::FOREIGN_WILDCARD, &["set", "add"])],
        prose: Prose {
            before: include_str!("request_headers.md"),
            after: include_str!("request_headers_after.md"),
        },
        ..Facts::of(
            "Changes header fields of requests on their way to the backend.",
            "{remove: [X-Internal]}",
            Code {
                layer: "RequestHeaders",
                policy: "HeaderEdits",
                stem: "REQUEST_HEADERS_",
                // The line of the entry is part of the value, so only one written entry is ever shared.
                state: State::None,
            },
        )
    };
}

impl Lower for RequestHeaders {
    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { remove, set, add } = self;
        edits::policy(site, remove, set, add)
    }

    fn changes(&self, field: &HeaderName) -> bool {
        let gets = self.set.iter().chain(&self.add).map(|(name, _)| name);
        self.remove.iter().chain(gets).any(|name| name == field)
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
