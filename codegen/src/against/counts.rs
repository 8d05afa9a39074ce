//! What `/metrics` says at one moment, as far as tests look at it.

use super::client::Client;
use super::exposition::samples;
use super::{Address, Unreachable};
use std::collections::BTreeMap;

/// The `route` of requests that no route took.
pub(super) const UNMATCHED: &str = "_unmatched";

/// Requests by route, attempts by upstream, and which gateway it is.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) config_sha256: String,
    routes: BTreeMap<String, f64>,
    upstreams: BTreeMap<String, f64>,
}

impl Counts {
    /// Asks a gateway.
    pub(super) fn read(client: &Client, admin: &Address) -> Result<Self, Unreachable> {
        let text = client.metrics(admin).map_err(|why| Unreachable(format!("cannot ask {admin}: {why}")))?;
        Self::parse(&text).ok_or_else(|| {
            Unreachable(format!("{admin} is no gateway: its /metrics has no gateway_build_info"))
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let build = samples(text, "gateway_build_info").next()?;
        Some(Self {
            config_sha256: build.label("config_sha256")?.to_owned(),
            routes: sums(text, "gateway_http_requests_total", "route"),
            upstreams: sums(text, "gateway_upstream_requests_total", "upstream"),
        })
    }

    /// Whether the route has taken a request since.
    pub(super) fn route_rose(&self, before: &Self, name: &str) -> bool {
        rose(&before.routes, &self.routes, name)
    }

    /// Whether the upstream was tried since.
    pub(super) fn upstream_rose(&self, before: &Self, name: &str) -> bool {
        rose(&before.upstreams, &self.upstreams, name)
    }

    /// The routes that have taken a request since.
    pub(super) fn routes_since(&self, before: &Self) -> Vec<&str> {
        since(&before.routes, &self.routes)
    }

    /// The upstreams that were tried since.
    pub(super) fn upstreams_since(&self, before: &Self) -> Vec<&str> {
        since(&before.upstreams, &self.upstreams)
    }
}

/// The family's samples, added up by this label.
fn sums(text: &str, family: &str, label: &str) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for sample in samples(text, family) {
        if let Some(name) = sample.label(label) {
            *sums.entry(name.to_owned()).or_default() += sample.value;
        }
    }
    sums
}

/// A series appears with its first request.
fn rose(before: &BTreeMap<String, f64>, after: &BTreeMap<String, f64>, name: &str) -> bool {
    after.get(name).copied().unwrap_or_default() > before.get(name).copied().unwrap_or_default()
}

fn since<'a>(before: &BTreeMap<String, f64>, after: &'a BTreeMap<String, f64>) -> Vec<&'a str> {
    after.keys().map(String::as_str).filter(|name| rose(before, after, name)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Counters of routes and upstreams.
    pub(in crate::against) fn counts(routes: &[(&str, f64)], upstreams: &[(&str, f64)]) -> Counts {
        let owned = |pairs: &[(&str, f64)]| {
            pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<BTreeMap<_, _>>()
        };
        Counts { config_sha256: String::new(), routes: owned(routes), upstreams: owned(upstreams) }
    }

    #[test]
    fn series_are_added_up_and_compared() {
        let text = |more: &str| {
            format!(
                "gateway_build_info{{version=\"0.1.0\",config_sha256=\"ab\"}} 1\n\
                 gateway_http_requests_total{{route=\"a\",method=\"GET\",status=\"200\"}} 2\n\
                 gateway_http_requests_total{{route=\"a\",method=\"GET\",status=\"404\"}} 3\n{more}"
            )
        };
        let before = Counts::parse(&text("")).unwrap();
        assert_eq!((before.config_sha256.as_str(), before.routes["a"]), ("ab", 5.0));
        let more = "gateway_http_requests_total{route=\"b\",method=\"GET\",status=\"200\"} 1\n\
                    gateway_upstream_requests_total{upstream=\"u\",backend=\"http://c\",status=\"200\"} 1\n";
        let after = Counts::parse(&text(more)).unwrap();
        assert_eq!((after.routes_since(&before), after.upstreams_since(&before)), (vec!["b"], vec!["u"]));
        assert!(after.route_rose(&before, "b") && !after.route_rose(&before, "a"));
        assert!(after.upstream_rose(&before, "u") && !before.upstream_rose(&after, "u"));
        assert_eq!(Counts::parse("up 1\n"), None);
    }
}
