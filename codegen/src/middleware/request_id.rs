//! `request_id`: an id for each request.

use super::code::{Code, Lower, Register, Site, State};
use crate::yaml::Tree;
use crate::plan::Value;
use super::{At, Settings};
use crate::field::Use;
use crate::model::HeaderName;
use crate::resolve::cx::Cx;
use serde::Deserialize;

/// `request_id: {header: X-Request-ID, trust_incoming: false}`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RequestIdSection {
    /// The header field which carries the id, to the backend and to the client. Default: `X-Request-ID`.
    /// Example: `X-Correlation-ID`.
    pub header: Option<String>,
    /// Whether a client's own id is kept, if it is at most 128 of `A-Z a-z 0-9 . _ -`; else a UUID (version 7) is made.
    /// Default: false.
    /// Example: `true`.
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

impl Settings for RequestId {
    type Section = RequestIdSection;

    fn lay_over(own: RequestIdSection, base: RequestIdSection) -> RequestIdSection {
        RequestIdSection {
            header: own.header.or(base.header),
            trust_incoming: own.trust_incoming.or(base.trust_incoming),
        }
    }

    fn resolve(cx: &mut Cx<'_>, at: &At, section: &RequestIdSection) -> Option<Self> {
        let header_at = at.key(cx, "header");
        let header = section.header.as_deref().unwrap_or("x-request-id");
        let header = cx.field_name(&header_at, header, Use::RequestId)?;
        Some(Self { header, trust_incoming: section.trust_incoming.unwrap_or(false) })
    }
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

    fn written(&self) -> Tree {
        let Self { header, trust_incoming } = self;
        Tree::map([("header", Tree::text(header.as_str())), ("trust_incoming", Tree::plain(trust_incoming))])
    }
}
