//! Health: a status for each backend, and the checks that keep it, on the control thread.
//! A transition is logged once; thresholds keep a flapping backend from taking the log and the traffic with it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{Backend, Members};

/// How an upstream's backends are checked.
#[derive(Clone, Copy, Debug)]
pub struct HealthCheck {
    /// The path that is asked for, with query.
    pub path: &'static str,
    /// Statuses that mean "healthy".
    pub expect: &'static [u16],
    /// From the end of one check to the start of the next, give or take a tenth.
    pub interval: Duration,
    /// For one check, from connecting to the response head.
    pub timeout: Duration,
    /// Good checks in a row that make a backend healthy.
    pub healthy_after: u32,
    /// Bad checks in a row that make it unhealthy.
    pub unhealthy_after: u32,
}

/// What is known of a backend; the worse, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Status {
    /// Requests go there.
    Healthy,
    /// No check has ended yet; requests may go there.
    Unknown,
    /// No request goes there.
    Unhealthy,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// A status that one thread writes and all read.
#[derive(Debug)]
pub(crate) struct Health(AtomicU8);

impl Health {
    pub(crate) const fn new() -> Self {
        Self(AtomicU8::new(Status::Unknown as u8))
    }

    #[inline]
    pub(crate) fn status(&self) -> Status {
        match self.0.load(Ordering::Relaxed) {
            0 => Status::Healthy,
            2 => Status::Unhealthy,
            _ => Status::Unknown,
        }
    }

    /// Whether this changed anything.
    pub(crate) fn set(&self, status: Status) -> bool {
        self.0.swap(status as u8, Ordering::Relaxed) != status as u8
    }
}

/// Checks one backend for as long as the process lives.
#[derive(Debug)]
pub(crate) struct Monitor {
    backend: &'static Backend,
    upstream: &'static str,
    check: HealthCheck,
    good: u32,
    bad: u32,
}

impl Monitor {
    /// Monitors for every backend that is to be checked; the others are healthy from now on.
    pub(crate) fn all(upstreams: &'static [&'static Members]) -> Vec<Self> {
        let mut monitors = Vec::new();
        for members in upstreams {
            for backend in members.backends {
                match members.health_check {
                    Some(check) => {
                        monitors.push(Self { backend, upstream: members.name, check, good: 0, bad: 0 });
                    }
                    None => drop(backend.health().set(Status::Healthy)),
                }
            }
        }
        monitors
    }

    /// The first check starts at once.
    pub(crate) async fn run(mut self) {
        loop {
            // The name may have moved; the last good addresses stay in use if it cannot be looked up now.
            let outcome = match self.backend.refresh().await {
                Ok(_) => probe(self.backend, &self.check).await,
                Err(error) => match self.backend.addresses().await {
                    Ok(_) => probe(self.backend, &self.check).await,
                    Err(_) => Err(format!("its host cannot be looked up: {error}")),
                },
            };
            self.observe(outcome);
            // Jitter keeps many gateways from asking in step.
            tokio::time::sleep(self.check.interval.mul_f64(0.9 + 0.2 * fastrand::f64())).await;
        }
    }

    fn observe(&mut self, outcome: Result<(), String>) {
        // A worker has found it refusing since the last good check: good checks are counted anew.
        if self.bad == 0 && self.good >= self.check.healthy_after && !self.backend.is_usable() {
            self.good = 0;
        }
        let first = self.backend.health().status() == Status::Unknown;
        match outcome {
            Ok(()) => {
                (self.good, self.bad) = (self.good.saturating_add(1), 0);
                if first || self.good >= self.check.healthy_after {
                    self.backend.connected();
                    if self.backend.health().set(Status::Healthy) {
                        tracing::info!(
                            upstream = self.upstream,
                            backend = self.backend.url(),
                            "backend is healthy"
                        );
                    }
                }
            }
            Err(why) => {
                (self.good, self.bad) = (0, self.bad.saturating_add(1));
                if (first || self.bad >= self.check.unhealthy_after)
                    && self.backend.health().set(Status::Unhealthy)
                {
                    let (upstream, backend) = (self.upstream, self.backend.url());
                    tracing::warn!(upstream, backend, why, "backend is unhealthy");
                }
            }
        }
    }
}

/// One check; why it failed if it did.
async fn probe(backend: &'static Backend, check: &HealthCheck) -> Result<(), String> {
    match tokio::time::timeout(check.timeout, ask(backend, check.path)).await {
        Ok(Ok(status)) if check.expect.contains(&status.as_u16()) => Ok(()),
        Ok(Ok(status)) => Err(format!("it answered {}", status.as_u16())),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("it did not answer within {:?}", check.timeout)),
    }
}

async fn ask(
    backend: &'static Backend,
    path: &'static str,
) -> Result<StatusCode, Box<dyn std::error::Error>> {
    let addresses = backend.addresses().await?;
    let stream = TcpStream::connect(&addresses[..]).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let mut request = http::Request::new(Empty::<bytes::Bytes>::new());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = Uri::from_static(path);
    let headers = request.headers_mut();
    headers.insert(header::HOST, backend.authority().ok_or("the backend was not bound")?.clone());
    headers.insert(header::USER_AGENT, HeaderValue::from_static("castgate-health-check"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let exchange = async {
        let mut response = sender.send_request(request).await?;
        let status = response.status();
        // A little of the body is read so that the backend does not see a reset; an endless one is not.
        for _ in 0..16 {
            match response.body_mut().frame().await {
                Some(Ok(_)) => {}
                _ => break,
            }
        }
        Ok(status)
    };
    tokio::pin!(connection);
    tokio::pin!(exchange);
    let mut open = true;
    loop {
        tokio::select! {
            biased;
            result = &mut exchange => return result,
            _ = &mut connection, if open => open = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::late::{Late, Origin};

    fn monitor(healthy_after: u32, unhealthy_after: u32) -> Monitor {
        let backend = Box::leak(Box::new(Backend::new(Origin::at("gateway.yml", 1), 0, 1, Late::new(&[]))));
        let second = Duration::from_secs(1);
        let check = HealthCheck {
            path: "/",
            expect: &[200],
            interval: second,
            timeout: second,
            healthy_after,
            unhealthy_after,
        };
        Monitor { backend, upstream: "users", check, good: 0, bad: 0 }
    }

    #[test]
    fn thresholds_count_in_a_row_and_the_first_check_decides_at_once() {
        let mut monitor = monitor(2, 3);
        let status = |monitor: &Monitor| monitor.backend.health().status();
        let bad = || Err("no".to_owned());
        monitor.observe(Ok(()));
        assert_eq!(status(&monitor), Status::Healthy);
        for outcome in [bad(), bad(), Ok(()), bad(), bad()] {
            monitor.observe(outcome);
            assert_eq!(status(&monitor), Status::Healthy);
        }
        monitor.observe(bad());
        assert_eq!(status(&monitor), Status::Unhealthy);
        monitor.observe(Ok(()));
        assert_eq!(status(&monitor), Status::Unhealthy);
        monitor.observe(Ok(()));
        assert_eq!(status(&monitor), Status::Healthy);
        // What the workers find counts, and does not shorten the way back.
        monitor.backend.connect_failed(1);
        monitor.observe(Ok(()));
        assert_eq!(status(&monitor), Status::Unhealthy);
        monitor.observe(Ok(()));
        assert_eq!(status(&monitor), Status::Healthy);
    }
}
