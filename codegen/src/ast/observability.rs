//! `observability:`, bounds on what a gateway tells about itself.

use serde::Deserialize;

/// `observability: {max_series: 5000}`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Observability {
    /// How many series `/metrics` may have in the worst case; the build fails if there can be more. Default: any
    /// number.
    /// Example: `5000`.
    pub max_series: Option<u64>,
}
