//! `request_id`: an id for each request.

use super::{Claim, Code, Facts, Held, Lower, Registered, Said, Site, State};
use crate::field::Nature::{Connection, Credentials, Framing, Host, Message, Way};
use crate::field::Use;
use crate::language::kind::{FieldName, Flag};
use crate::language::{Without, section};
use crate::model::HeaderName;
use crate::plan::Value;

/// What carries an id says nothing else.
const ID: Use = Use {
    other: Some("X-Request-ID"),
    ..Use::of("cannot carry the id", &[Connection, Framing, Host, Way, Message, Credentials])
};

section! {
    /// `request_id: {header: X-Request-ID, trust_incoming: false}`
    RequestId / RequestIdSection {
        /// The header field which carries the id, to the backend and to the client.
        header: HeaderName = FieldName(ID), default HeaderName("x-request-id".to_owned()), said Without::value("X-Request-ID", ""),
        example "X-Correlation-ID";
        /// Whether a client's own id is kept, if it is at most 128 of `A-Z a-z 0-9 . _ -`; else a UUID (version 7) is made.
        trust_incoming: bool = Flag, default false, example "true";
    }
}

impl Registered for RequestId {
    const FACTS: Facts = Facts {
        sees_unmatched: true,
        gives_id: true,
        ..Facts::of(
            "Gives each request an id, sends it to the backend and back to the client.",
            "{header: X-Correlation-ID}",
            Code { layer: "RequestIds", policy: "RequestIdPolicy", stem: "REQUEST_ID_", state: State::None },
        )
    };
}

impl Lower for RequestId {
    fn policy(&self, _: &Site<'_>) -> Value {
        let Self { header, trust_incoming } = self;
        Value::Call("RequestIdPolicy::new", vec![header.into(), Value::Flag(*trust_incoming)])
    }

    fn changes(&self, field: &HeaderName) -> bool {
        self.header == *field
    }

    fn claims(&self) -> Vec<Claim<'_>> {
        let said = Said {
            title: "carries the request's id",
            label: "the id's header",
            clash: None,
            help: "give one of them another name",
        };
        let field = self.header.as_str();
        vec![Claim { key: Some(RequestIdSection::header), field, carries: "id", held: Held::Whole, said }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_for_something_carries_no_id() {
        let is_refused = |name: &str| ID.refusal(&HeaderName(name.to_owned())).is_some();
        for name in ["host", "content-length", "authorization", "cookie", "accept", "x-forwarded-for", "via"]
        {
            assert!(is_refused(name), "{name}");
        }
        assert!(!is_refused("x-request-id") && !is_refused("traceparent") && !is_refused("accepted"));
    }
}
