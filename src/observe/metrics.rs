//! Metrics: one shard for each worker, written without contention by plain loads and stores, summed when read.
//! The `prometheus` crate registers and encodes them; nothing is looked up by name on a request.

mod exposition;
mod families;
mod shard;

pub(crate) use exposition::{Exposition, Rendered};
pub use families::Families;
pub(crate) use families::{counter, family, gauge, labels};
pub(crate) use shard::{ByStatus, Histogram, RouteCounters, Shard, UNMATCHED};

/// The upper bounds of the latency buckets, in seconds: OpenTelemetry's, with three for a proxy's own scale before them.
pub(crate) const BUCKETS: [f64; 17] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
