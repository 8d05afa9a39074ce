//! `access_log`: one JSON object a line on stdout.

use super::code::{Code, Lower, Register, Site, State};
use crate::yaml::Tree;
use crate::plan::Value;
use super::{At, Settings};
use crate::resolve::cx::Cx;
use serde::Deserialize;

/// `access_log: {query: false}`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct AccessLogSection {
    /// Whether the query is logged, which may hold secrets. Default: false.
    /// Example: `true`.
    pub query: Option<bool>,
}

/// Writes a line for each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLog {
    /// Whether the query is logged.
    pub query: bool,
}

impl Settings for AccessLog {
    type Section = AccessLogSection;

    fn lay_over(own: AccessLogSection, base: AccessLogSection) -> AccessLogSection {
        AccessLogSection { query: own.query.or(base.query) }
    }

    fn resolve(_: &mut Cx<'_>, _: &At, section: &AccessLogSection) -> Option<Self> {
        Some(Self { query: section.query.unwrap_or(false) })
    }
}

impl Lower for AccessLog {
    fn code(&self) -> Code {
        Code {
            layer: "AccessLog",
            policy: "AccessLogPolicy",
            stem: "ACCESS_LOG_",
            state: State::None,
            register: Register::Nowhere,
        }
    }

    fn policy(&self, _: &Site<'_>) -> Value {
        let Self { query } = self;
        Value::Struct("AccessLogPolicy", vec![("query", Value::Flag(*query))])
    }

    fn written(&self) -> Tree {
        Tree::map([("query", Tree::plain(self.query))])
    }
}
