//! `request_id`: an id for each request.

use super::code::{Code, Lower, Site, State};
use crate::field::Use;
use crate::language::kind::{FieldName, Flag};
use crate::language::{Section, section};
use crate::model::HeaderName;
use crate::plan::Value;
use crate::yaml::Tree;

section! {
    /// `request_id: {header: X-Request-ID, trust_incoming: false}`
    RequestId / RequestIdSection {
        /// The header field which carries the id, to the backend and to the client.
        header: HeaderName = FieldName(Use::RequestId), default HeaderName("x-request-id".to_owned()), said "`X-Request-ID`",
        example "X-Correlation-ID";
        /// Whether a client's own id is kept, if it is at most 128 of `A-Z a-z 0-9 . _ -`; else a UUID (version 7) is made.
        trust_incoming: bool = Flag, default false, example "true";
    }
}

impl Lower for RequestId {
    fn code(&self) -> Code {
        Code { layer: "RequestIds", policy: "RequestIdPolicy", stem: "REQUEST_ID_", state: State::None }
    }

    fn policy(&self, _: &Site<'_>) -> Value {
        let Self { header, trust_incoming } = self;
        Value::Call("RequestIdPolicy::new", vec![header.into(), Value::Flag(*trust_incoming)])
    }

    fn written(&self) -> Tree {
        self.tree()
    }
}
