//! One check: a connection, or a request. The head of the answer decides.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;

use super::{HealthCheck, Probe};
use crate::address::Ends;
use crate::stream::Stream;
use crate::upstream::Backend;
use crate::upstream::connect::{Connected, Unconnected, connect};
use crate::upstream::preface::{self, Initiator};

/// How a check ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The backend is well.
    Good,
    /// It is not, and why.
    Bad(String),
    /// It was not asked: the gateway has no files, ports or memory left for that.
    NotAsked(io::Error),
}

/// Checks a backend.
pub(super) async fn probe(backend: &'static Backend, check: &HealthCheck) -> Outcome {
    match tokio::time::timeout(check.timeout, ask(backend, check)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::Bad(format!("it did not answer within {:?}", check.timeout)),
    }
}

async fn ask(backend: &'static Backend, check: &HealthCheck) -> Outcome {
    let Connected { mut stream, address, .. } = match connect(backend, check.port).await {
        Ok(connected) => connected,
        Err(Unconnected::Shortage(error)) => return Outcome::NotAsked(error),
        Err(unconnected) => return Outcome::Bad(unconnected.to_string()),
    };
    if let Some(preface) = check.proxy_protocol {
        let ends = stream.local_address().zip(address);
        let own = Initiator::Gateway(ends.map(|(source, destination)| Ends::new(source, destination)));
        if let Err(error) = preface::send(preface, &mut stream, own).await {
            return Outcome::Bad(error.to_string());
        }
    }
    let Probe::Http { request, expect } = &check.probe else { return Outcome::Good };
    let Some(request) = backend.authority().and_then(|authority| request.to(authority)) else {
        return Outcome::Bad("the probe was not bound".to_owned());
    };
    match send(stream, request, check.timeout).await {
        Ok(status) if expect.iter().any(|range| range.contains(status.as_u16())) => Outcome::Good,
        Ok(status) => Outcome::Bad(format!("it answered {}", status.as_u16())),
        Err(error) => Outcome::Bad(error.to_string()),
    }
}

async fn send(
    stream: Stream,
    request: Request<Empty<Bytes>>,
    timeout: Duration,
) -> Result<StatusCode, Box<dyn std::error::Error>> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let mut connection = Box::pin(connection);
    let mut open = true;
    let response = {
        let mut answer = std::pin::pin!(sender.send_request(request));
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => break answer?,
                _ = &mut connection, if open => open = false,
            }
        }
    };
    let status = response.status();
    // A little of the body is read so that the backend does not see a reset; a slow or an endless one is let go.
    tokio::task::spawn_local(tokio::time::timeout(timeout, async move {
        tokio::select! {
            () = read_a_little(response) => {}
            _ = &mut connection, if open => {}
        }
        drop(sender);
    }));
    Ok(status)
}

async fn read_a_little(mut response: Response<Incoming>) {
    for _ in 0..16 {
        match response.body_mut().frame().await {
            Some(Ok(_)) => {}
            _ => break,
        }
    }
}
