//! `request_id`: an id for each request.

use crate::lower::{Code, Lower, Register, Site, State};
use crate::plan::Value;
use crate::model::HeaderName;
use serde::Deserialize;

/// `request_id: {header: X-Request-ID, trust_incoming: false}`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestIdSection {
    /// The header field which carries the id, to the backend and to the client. Default: `X-Request-ID`.
    pub header: Option<String>,
    /// Whether a client's own id is kept, if it is well formed. Default: false.
    pub trust_incoming: Option<bool>,
}

/// Gives each request an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId {
    /// The field.
    pub header: HeaderName,
    /// Whether a client's own id is kept.
    pub trust_incoming: bool,
}

impl Lower for RequestId {
    fn code(&self) -> Code {
        Code {
            layer: "RequestIds",
            policy: "RequestIdPolicy",
            stem: "REQUEST_ID_",
            state: State::None,
            register: Register::Nowhere,
        }
    }

    fn policy(&self, _: &Site<'_>) -> Value {
        let Self { header, trust_incoming } = self;
        Value::Call("RequestIdPolicy::new", vec![header.into(), Value::Flag(*trust_incoming)])
    }
}
