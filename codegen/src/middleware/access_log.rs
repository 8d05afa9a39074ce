//! `access_log`: one JSON object a line on stdout.

use crate::lower::{Code, Lower, Register, Site, State};
use crate::plan::Value;
use serde::Deserialize;

/// `access_log: {query: false}`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessLogSection {
    /// Whether the query is logged, which may hold secrets. Default: false.
    pub query: Option<bool>,
}

/// Writes a line for each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLog {
    /// Whether the query is logged.
    pub query: bool,
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
}
