//! Where what happens is kept for those who look at it: logs and counters. Whoever serves a request writes here, and waits for nobody.

mod access_log;
mod metrics;
mod operational_log;

pub(crate) use access_log::{AccessLogBuffer, Queue, Writer};
pub use metrics::Families;
pub(crate) use metrics::{
    BUCKETS, ByStatus, Exposition, Histogram, RouteCounters, Shard, counter, family, gauge, labels, render,
};
pub(crate) use operational_log::OperationalLog;
