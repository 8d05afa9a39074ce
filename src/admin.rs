//! `/health`, `/livez`, `/readyz` and `/metrics`: outside every middleware, cold, and as plain as they can be.

mod collector;
mod process;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use castgate_contract::built_in::{self, BuiltIn};
use http::{HeaderValue, Method, StatusCode, header};
use matchit::Router;
use serde::{Serialize, Serializer};

use crate::error::Reason;
use crate::exchange::{Response, problem};
use crate::settings::VERSION;
use crate::upstream::{Backend, Cluster, Status};
use crate::worker::{Process, Stage};

/// The admin's own routes; they are few and never hot, so an ordinary router serves them.
static ROUTER: LazyLock<Router<BuiltIn>> = LazyLock::new(|| {
    let mut router = Router::new();
    for (path, what) in built_in::PATHS.into_iter().filter_map(|path| Some((path, built_in::at(path)?))) {
        if let Err(error) = router.insert(path, what) {
            tracing::error!(path, %error, "a built-in path is not served");
        }
    }
    router
});

/// Answers a request for one of the built-in paths; anything else is a 404.
pub(crate) async fn answer(process: &Arc<Process>, method: &Method, path: &str) -> Response {
    let Ok(found) = ROUTER.at(path) else { return refusal(Reason::NoRoute) };
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = refusal(Reason::MethodNotAllowed);
        response.fields.insert(&header::ALLOW, &HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match *found.value {
        BuiltIn::Health => health(process),
        BuiltIn::Livez => plain(StatusCode::OK, "text/plain; charset=utf-8", "ok\n"),
        BuiltIn::Readyz => readiness(process),
        BuiltIn::Metrics => exposition(process).await,
    }
}

fn readiness(process: &Process) -> Response {
    let (status, text) = match unready(process) {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    };
    plain(status, "text/plain; charset=utf-8", text)
}

async fn exposition(process: &Arc<Process>) -> Response {
    let source = process.clone();
    match process.exposition().ask(move || collector::render(&source)).await {
        Some((text, content_type)) => plain(StatusCode::OK, &content_type, text),
        None => refusal(Reason::Internal),
    }
}

/// An error's document.
pub(crate) fn refusal(reason: Reason) -> Response {
    plain(reason.status(), "application/problem+json", problem(reason, None))
}

fn plain(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(status, body.into());
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        response.fields.append(&header::CONTENT_TYPE, &content_type);
    }
    response.fields.append(&header::CACHE_CONTROL, &HeaderValue::from_static("no-store"));
    response
}

/// The seed's document: its three members, in its order; then what the seed does not have.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    uptime: String,
    backends: Backends,
    build: Build,
}

/// The same as in `gateway_build_info`.
#[derive(Serialize)]
struct Build {
    version: &'static str,
    config_sha256: &'static str,
}

/// What backends are called and their statuses, in the order of the config.
struct Backends(Vec<(Cow<'static, str>, &'static str)>);

impl Serialize for Backends {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, status)| (name, status)))
    }
}

/// Its URL; of one address of a name that, too.
fn called(backend: &'static Backend) -> Cow<'static, str> {
    match backend.address() {
        Some(address) => format!("{} {address}", backend.url()).into(),
        None => backend.url().into(),
    }
}

fn health(process: &Process) -> Response {
    let mut worst: BTreeMap<Cow<'static, str>, Status> = BTreeMap::new();
    let backends = process.settings().upstreams.iter().flat_map(|cluster| cluster.backends);
    // Addresses come and go meanwhile: all are looked at once.
    let backends: Vec<_> = backends.map(|backend| (called(backend), backend.health().status())).collect();
    let backends = || backends.iter().filter(|(_, status)| *status != Status::Vacant);
    for (name, status) in backends() {
        // Two upstreams may share a backend's URL; the worse news counts.
        worst.entry(name.clone()).and_modify(|known| *known = (*status).max(*known)).or_insert(*status);
    }
    let healthy = worst.values().filter(|status| **status == Status::Healthy).count();
    let status = match healthy {
        _ if process.stage() != Stage::Running => "draining",
        count if count == worst.len() => "healthy",
        0 => "unhealthy",
        _ => "degraded",
    };
    let code = if status == "healthy" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let listed = backends().filter_map(|(name, _)| worst.remove_entry(name));
    let backends = Backends(listed.map(|(name, status)| (name, status.as_str())).collect());
    let build = Build { version: VERSION, config_sha256: process.settings().identity.config_sha256 };
    let document = Health { status, uptime: go_duration(process.started().elapsed()), backends, build };
    match serde_json::to_vec(&document) {
        Ok(document) => plain(code, "application/json", document),
        Err(_) => refusal(Reason::Internal),
    }
}

/// Why the gateway should not get traffic, if it should not.
fn unready(process: &Process) -> Option<String> {
    if process.stage() != Stage::Running {
        return Some("draining".to_owned());
    }
    for cluster in process.settings().upstreams {
        let takers = || cluster.written().filter(|slots| slots.iter().any(|slot| slot.weight() != 0));
        // An address that has just come is no reason: what is known of the others is enough.
        let statuses = || takers().map(Cluster::best);
        if statuses().any(|status| status == Status::Unknown) {
            return Some(format!("the first health checks of {} are not in", cluster.name));
        }
        if statuses().all(|status| status == Status::Unhealthy) {
            return Some(format!("no backend of {} is healthy", cluster.name));
        }
    }
    None
}

/// A duration in whole seconds as Go prints it: `2h15m30s`, `1m0s`, `0s`.
fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_path_is_routed() {
        for path in built_in::PATHS {
            assert_eq!(ROUTER.at(path).ok().map(|found| *found.value), built_in::at(path));
        }
    }

    #[test]
    fn durations_are_printed_as_go_does() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m0s"),
            (3600, "1h0m0s"),
            (8130, "2h15m30s"),
            (360_000, "100h0m0s"),
        ] {
            assert_eq!(go_duration(Duration::from_secs(seconds)), text);
        }
    }
}
