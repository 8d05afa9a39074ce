//! Where what happens is kept for those who look at it: logs and counters. Whoever serves a request writes here, and waits for nobody.

mod access_log;
mod metrics;
mod operational_log;

pub(crate) use access_log::{AccessLogBuffer, LostLines, Queue, Second, Writer};
pub use metrics::Families;
pub(crate) use metrics::{
    BUCKETS, ByStatus, Exposition, Histogram, Rendered, RouteCounters, Shard, UNMATCHED, counter, family,
    gauge, labels,
};
pub(crate) use operational_log::OperationalLog;
