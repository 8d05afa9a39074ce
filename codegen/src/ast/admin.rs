//! `admin:`, the listener of the built-in endpoints.

use super::Strings;
use serde::Deserialize;

/// `admin: {listen: 127.0.0.1:9090}`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// Address and port, one or a list; required, and not one of `server.listen`. May be a late value (`${env:ADMIN_LISTEN}`).
    /// Example: `127.0.0.1:9090`.
    pub listen: Option<Strings>,
}
