//! Sums the shards into the families of `/metrics`, as a `prometheus` collector. Cold path: strings are made here.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use castgate_contract::methods;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Histogram, Metric, MetricFamily, MetricType};
use prometheus::{Encoder, Registry, TextEncoder};

use super::process;
use crate::door::Refused;
use crate::error::Series;
use crate::observe::{
    BUCKETS, ByStatus, Families, Histogram as Observed, Rendered, RouteCounters, Shard, counter, family,
    gauge, labels,
};
use crate::retries::RetryCause;
use crate::settings::{Settings, VERSION};
use crate::upstream::{Backend, Cluster, Status};
use crate::worker::Process;

/// The label of requests that matched no route.
const UNMATCHED_ROUTE: &str = "_unmatched";

/// What the collector reads.
struct Sources(Arc<Process>);

/// The whole of `/metrics`, in the text format 0.0.4, with its content type.
pub(super) fn render(process: &Arc<Process>) -> Rendered {
    match encode(process) {
        Ok((text, content_type)) => Some((Bytes::from(text), content_type)),
        Err(error) => {
            tracing::error!(%error, "cannot encode the metrics");
            None
        }
    }
}

fn encode(process: &Arc<Process>) -> Result<(Vec<u8>, String), prometheus::Error> {
    // A registry for each scrape: the families are made from the shards anyway, and nothing global is needed.
    let registry = Registry::new();
    registry.register(Box::new(Sources(process.clone())))?;
    let encoder = TextEncoder::new();
    let mut text = Vec::with_capacity(16 * 1024);
    encoder.encode(&registry.gather(), &mut text)?;
    Ok((text, encoder.format_type().to_owned()))
}

impl Collector for Sources {
    /// Series are fixed by the config, so there is nothing to announce that could collide.
    fn desc(&self) -> Vec<&Desc> {
        Vec::new()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let process = &self.0;
        let shards = process.shards();
        let mut families = requests(process, &shards);
        families.extend(upstreams(process, &shards));
        let in_flight = shards.iter().map(|shard| shard.in_flight()).sum::<u64>();
        let connections = shards.iter().map(|shard| shard.connections()).sum::<u64>();
        let tunnels = shards.iter().map(|shard| shard.tunnels()).sum::<u64>();
        families.extend([
            family(
                "gateway_http_requests_in_flight",
                "Requests being served.",
                MetricType::GAUGE,
                vec![gauge(&[], in_flight as f64)],
            ),
            family(
                "gateway_connections",
                "Client connections.",
                MetricType::GAUGE,
                vec![gauge(&[], connections as f64)],
            ),
            family(
                "gateway_tunnels",
                "Client connections that have switched to another protocol.",
                MetricType::GAUGE,
                vec![gauge(&[], tunnels as f64)],
            ),
            family(
                "gateway_tunnel_bytes_total",
                "Bytes in tunnels, from clients (in) and to them (out).",
                MetricType::COUNTER,
                tunnelled(&shards),
            ),
            family(
                "gateway_connections_refused_total",
                "Client connections that were closed before anything was read from them as HTTP.",
                MetricType::COUNTER,
                refused(process),
            ),
            family(
                "gateway_access_log_dropped_total",
                "Access log lines that could not be written in time.",
                MetricType::COUNTER,
                vec![counter(&[], process.lost_lines().count() as f64)],
            ),
            family(
                "gateway_log_dropped_total",
                "Lines of the operational log that could not be written in time.",
                MetricType::COUNTER,
                vec![counter(&[], process.log().dropped() as f64)],
            ),
            family(
                "gateway_build_info",
                "The version of castgate and the SHA-256 of the config that this binary was cast from.",
                MetricType::GAUGE,
                vec![gauge(
                    &[("version", VERSION), ("config_sha256", process.settings().identity.config_sha256)],
                    1.0,
                )],
            ),
        ]);
        families.extend(process::families());
        let mut of_policies = Families::default();
        process.settings().policies.iter().for_each(|policy| policy.collect(&mut of_policies));
        add(&mut families, of_policies.into_families());
        // A family without a sample would be an error to the encoder.
        families.retain(|family| !family.get_metric().is_empty());
        families
    }
}

/// Adds what policies say. A name that is taken goes on to mean what it means: of two families under one, a reader drops one.
fn add(families: &mut Vec<MetricFamily>, of_policies: impl Iterator<Item = MetricFamily>) {
    for family in of_policies {
        if families.iter().any(|known| known.name() == family.name()) {
            tracing::error!(
                name = family.name(),
                "a policy has a metric under a name of the gateway's own: a defect of the gateway"
            );
        } else {
            families.push(family);
        }
    }
}

fn tunnelled(shards: &[Arc<Shard>]) -> Vec<Metric> {
    let sample = |(place, direction): (usize, &str)| {
        let bytes = shards.iter().map(|shard| shard.tunnelled[place].get()).sum::<u64>();
        counter(&[("direction", direction)], bytes as f64)
    };
    ["in", "out"].into_iter().enumerate().map(sample).collect()
}

/// Whether a gateway of these settings may refuse a connection for it.
fn may_be(why: Refused, settings: &Settings) -> bool {
    match why {
        Refused::TooMany => settings.limits.connections_per_client.is_some(),
        _ => settings.listeners.iter().filter_map(|listener| listener.door).any(|door| door.refuses(why)),
    }
}

/// By reason, as far as the config knows it.
fn refused(process: &Process) -> Vec<Metric> {
    let known = Refused::ALL.into_iter().filter(|why| may_be(*why, process.settings()));
    let sample = |why: Refused| counter(&[("reason", why.as_str())], process.refused().count(why) as f64);
    known.map(sample).collect()
}

fn requests(process: &Process, shards: &[Arc<Shard>]) -> Vec<MetricFamily> {
    let (mut totals, mut durations, mut retries) = (vec![], vec![], vec![]);
    let mut refused: BTreeMap<(&str, &str), Vec<Metric>> = BTreeMap::new();
    let names = process.route_names().iter().copied().chain([UNMATCHED_ROUTE]);
    for (place, route) in names.enumerate() {
        let counters: Vec<&RouteCounters> =
            shards.iter().filter_map(|shard| shard.routes[place].get()).map(|counters| &**counters).collect();
        if counters.is_empty() {
            continue;
        }
        for (index, method) in methods::NAMES.iter().enumerate() {
            let all =
                counters.iter().filter_map(|counters| counters.methods[index].get()).map(|counts| &**counts);
            for (status, count) in by_status(all) {
                totals.push(counter(
                    &[("route", route), ("method", method), ("status", &status)],
                    count as f64,
                ));
            }
        }
        durations.push(histogram(&[("route", route)], counters.iter().map(|counters| &counters.duration)));
        for (place, refusal) in process.counted().iter().enumerate() {
            let Some(Series { name, help, label }) = refusal.series() else { continue };
            let count: u64 = counters.iter().map(|counters| counters.refused[place].get()).sum();
            // Which routes have what the label tells apart is not known here: those that have counted something.
            if label.is_none() || count > 0 {
                let labels: Vec<_> = [("route", route)].into_iter().chain(label).collect();
                refused.entry((name, help)).or_default().push(counter(&labels, count as f64));
            }
        }
        for cause in RetryCause::ALL {
            let count: u64 = counters.iter().map(|counters| counters.retries[cause as usize].get()).sum();
            retries.push(counter(&[("route", route), ("reason", cause.as_str())], count as f64));
        }
    }
    let mut families = vec![
        family(
            "gateway_http_requests_total",
            "Requests, by how they were answered.",
            MetricType::COUNTER,
            totals,
        ),
        family(
            "gateway_http_request_duration_seconds",
            "From the request head to the end of the response.",
            MetricType::HISTOGRAM,
            durations,
        ),
        family("gateway_retries_total", "Attempts after the first.", MetricType::COUNTER, retries),
    ];
    let refused = refused.into_iter();
    families.extend(refused.map(|((name, help), samples)| family(name, help, MetricType::COUNTER, samples)));
    families
}

fn upstreams(process: &Process, shards: &[Arc<Shard>]) -> Vec<MetricFamily> {
    let (mut totals, mut durations, mut up, mut addresses) = (vec![], vec![], vec![], vec![]);
    for (id, cluster) in process.settings().upstreams.iter().enumerate() {
        for slots in cluster.written() {
            // Addresses are no label: they come and go, and a reader keeps each for ever.
            let Some(first) = slots.first() else { continue };
            let labels = [("upstream", cluster.name), ("backend", first.url())];
            let healthy = Cluster::best(slots) == Status::Healthy;
            up.push(gauge(&labels, f64::from(u8::from(healthy))));
            let counts =
                shards.iter().flat_map(|shard| slots.iter().map(|slot| &shard.backends[slot.slot()]));
            for (status, count) in by_status(counts) {
                totals.push(counter(&[labels[0], labels[1], ("status", &status)], count as f64));
            }
            if cluster.resolve.is_some() {
                addresses.extend(addresses_of(slots, labels));
            }
        }
        let observed = shards.iter().map(|shard| &shard.upstreams[id]);
        durations.push(histogram(&[("upstream", cluster.name)], observed));
    }
    vec![
        family(
            "gateway_upstream_requests_total",
            "Attempts at backends, by the status they came to.",
            MetricType::COUNTER,
            totals,
        ),
        family(
            "gateway_upstream_request_duration_seconds",
            "From choosing a backend to its response head.",
            MetricType::HISTOGRAM,
            durations,
        ),
        family("gateway_upstream_up", "Whether the backend is healthy.", MetricType::GAUGE, up),
        family(
            "gateway_upstream_addresses",
            "Addresses of the backend's name, by what is known of them.",
            MetricType::GAUGE,
            addresses,
        ),
    ]
}

/// How many addresses there are in each state, those without a slot included.
fn addresses_of(slots: &[Backend], labels: [(&str, &str); 2]) -> impl Iterator<Item = Metric> {
    let count = |status| slots.iter().filter(|slot| slot.health().status() == status).count();
    let states =
        [Status::Healthy, Status::Unhealthy, Status::Unknown].map(|status| (status.as_str(), count(status)));
    let left_out = ("left_out", slots.first().map_or(0, Backend::left_out));
    let states = states.into_iter().chain([left_out]);
    let sample =
        |(state, count): (&str, usize)| gauge(&[labels[0], labels[1], ("state", state)], count as f64);
    states.map(sample).collect::<Vec<_>>().into_iter()
}

/// Sums over shards, with the status as a label value.
fn by_status<'a>(shards: impl Iterator<Item = &'a ByStatus>) -> Vec<(String, u64)> {
    let mut sums: BTreeMap<Option<u16>, u64> = BTreeMap::new();
    for (status, count) in shards.flat_map(ByStatus::nonzero) {
        *sums.entry(status).or_default() += count;
    }
    let label = |status: Option<u16>| status.map_or_else(|| "_OTHER".to_owned(), |status| status.to_string());
    sums.into_iter().map(|(status, count)| (label(status), count)).collect()
}

fn histogram<'a>(pairs: &[(&str, &str)], shards: impl Iterator<Item = &'a Observed>) -> Metric {
    let (mut buckets, mut nanos) = ([0; BUCKETS.len() + 1], 0);
    shards.for_each(|shard| shard.add_to(&mut buckets, &mut nanos));
    let mut histogram = Histogram::default();
    let mut sum = 0;
    let bounds = BUCKETS.iter().zip(buckets).map(|(bound, count)| {
        sum += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(sum);
        bucket
    });
    histogram.set_bucket(bounds.collect());
    histogram.set_sample_count(buckets.iter().sum());
    histogram.set_sample_sum(nanos as f64 / 1e9);
    let mut metric = Metric::from_label(labels(pairs));
    metric.set_histogram(histogram);
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_adds_no_second_meaning_to_a_name() {
        let one = |name, value| family(name, "Something.", MetricType::GAUGE, vec![gauge(&[], value)]);
        let mut families = vec![one("gateway_connections", 1.0)];
        let mut of_policies = Families::default();
        of_policies.counter("gateway_connections", "Something else.", &[], 2);
        of_policies.gauge("cached", "Something.", &[], 3);
        add(&mut families, of_policies.into_families());
        assert_eq!(families, [one("gateway_connections", 1.0), one("cached", 3.0)]);
    }
}
