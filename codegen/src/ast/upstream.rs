//! `upstreams:`, groups of backends and how to treat them.

use super::{Allow, Duration, List, Switch, WrittenKeepalive, WrittenRetries, WrittenUpstreamTimeouts};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

/// One upstream: interchangeable backends and a way to choose among them.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Upstream {
    /// How a backend is chosen among the healthy ones; all three respect weights. Default: `round-robin`.
    /// Example: `least-connections`.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::OneOf<crate::model::Strategy>"))]
    pub strategy: Option<String>,
    /// At least one: a URL, or a map with `url`, `weight` and `backup`.
    /// Example: `[http://10.0.0.1:9001, {url: "http://10.0.0.2:9001", weight: 2}]`.
    pub backends: Option<List<Backend>>,
    /// How backends are checked: a GET, with the defaults below; with `off` they always count as healthy. Default: a connection is
    /// made every `5s` and closed again; with `health_check_interval`, a GET.
    /// Example: `{path: /ready, interval: 2s}`.
    pub health_check: Option<Switch<HealthCheck>>,
    /// How long a backend may take.
    /// Example: `{connect: 500ms, response: 10s}`.
    pub timeouts: Option<WrittenUpstreamTimeouts>,
    /// Idle connections kept to the backends.
    /// Example: `{idle: 4s}`.
    pub keepalive: Option<WrittenKeepalive>,
    /// What is tried again, and how often.
    /// Example: `{attempts: 1, budget: 10%}`.
    pub retries: Option<WrittenRetries>,
    /// The `Host` that backends see: the client's (`preserve`), or their own (`backend`). Default: `preserve`.
    /// Example: `backend`.
    #[cfg_attr(feature = "cli", schemars(with = "super::schema::OneOf<crate::model::HostHeader>"))]
    pub host_header: Option<String>,
    /// Lints which this upstream is let off, each with a reason.
    /// Example: `[{lint: single-backend, reason: the ledger has one writer}]`.
    pub allow: Option<List<Allow>>,
}

/// A backend: `http://host:port`, or a map.
#[derive(Debug, Clone)]
pub enum Backend {
    /// Only the URL.
    Url(String),
    /// The URL and more.
    Section(BackendSection),
}

/// `{url: "http://localhost:9002", weight: 2, backup: false}`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct BackendSection {
    /// `http://host[:port]`, without a path; required. Host names are looked up every 10 seconds. May be a late value.
    /// Example: `http://10.0.0.2:9001`.
    pub url: Option<String>,
    /// Share of the traffic, 0 to 1000; 0 takes none. After division by their common divisor the weights of a group sum to at
    /// most 4096. Default: 1.
    /// Example: `2`.
    #[cfg_attr(feature = "cli", schemars(range(max = 1000)))]
    pub weight: Option<u64>,
    /// Takes traffic only while no other backend is healthy. Default: false.
    /// Example: `true`.
    pub backup: Option<bool>,
}

/// `health_check:`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct HealthCheck {
    /// The path of the probe, query allowed; a GET with the backend's own `Host`. Default: `/`.
    /// Example: `/ready`.
    pub path: Option<String>,
    /// Statuses which mean healthy. Default: `[200]`.
    /// Example: `[200, 204]`.
    #[cfg_attr(feature = "cli", schemars(with = "super::List<super::schema::Status>"))]
    pub expect: Option<List<u64>>,
    /// Time from one probe to the next, give or take a tenth; of a backend that has just turned unhealthy the first ones come
    /// sooner. Default: `health_check_interval`, else `5s`.
    /// Example: `2s`.
    pub interval: Option<Duration>,
    /// How long a probe may take; less than the interval. Default: `2s`, or nine tenths of the interval if that is less.
    /// Example: `500ms`.
    pub timeout: Option<Duration>,
    /// Good probes in a row that make an unhealthy backend healthy, 1 to 100. Default: 1.
    /// Example: `2`.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 100)))]
    pub healthy_after: Option<u64>,
    /// Bad probes, or connections that cannot be made, in a row that make a healthy backend unhealthy, 1 to 100. Default: 1.
    /// Example: `3`.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 100)))]
    pub unhealthy_after: Option<u64>,
}

impl<'de> Deserialize<'de> for Backend {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BackendVisitor;
        impl<'de> Visitor<'de> for BackendVisitor {
            type Value = Backend;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a URL, or a map with `url`")
            }
            fn visit_str<E>(self, text: &str) -> Result<Backend, E> {
                Ok(Backend::Url(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Backend, A::Error> {
                BackendSection::deserialize(MapAccessDeserializer::new(map)).map(Backend::Section)
            }
        }
        deserializer.deserialize_any(BackendVisitor)
    }
}
