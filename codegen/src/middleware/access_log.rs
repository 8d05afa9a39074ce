//! `access_log`: one JSON object a line on stdout.

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
