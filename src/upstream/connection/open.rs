//! How a connection to a backend comes to be: what a failure says of the backend, and what it says of our own files and ports.

use std::pin::pin;
use std::time::{Duration, Instant};

use super::Connection;
use crate::error::Reason;
use crate::input::Input;
use crate::upstream::addresses::Addresses;
use crate::upstream::connect::{Connected, Unconnected, connect};
use crate::upstream::http1::Outgoing;
use crate::upstream::{Backend, Cluster, Owner, preface};
use crate::worker::{File, Worker};

/// How long a request waits for others to spare what the system is short of, and how often.
const WAIT: Duration = Duration::from_millis(10);
const MOST_WAITS: u32 = 10;
/// Who waits for a file asks again for room after `WAIT`, and later after no longer than this.
const LONGEST_WAIT: Duration = Duration::from_millis(160);

impl Connection {
    /// Connects to one of the backend's addresses, within one timeout for all of them, and says whose the connection is where that is
    /// told. If files or ports are short, connections that are only kept make way, and idle clients.
    pub(crate) async fn open(
        backend: &'static Backend,
        cluster: &'static Cluster,
        worker: &Worker,
        owner: Option<Owner>,
    ) -> Result<Box<Self>, Reason> {
        let generation = backend.generation();
        // What a slot's last address does says nothing of the next one.
        let has_moved = || backend.is_slot() && backend.generation() != generation;
        let Ok(file) = tokio::time::timeout(cluster.timeouts.connect, next_file(worker)).await else {
            worker.tell_shortage(backend);
            return Err(Reason::ConnectError);
        };
        let connecting = async {
            let mut waits = 0;
            loop {
                match connect(backend, None).await {
                    Err(Unconnected::Shortage(_)) if worker.pool().give_way() => {}
                    Err(Unconnected::Shortage(_)) if waits < MOST_WAITS => {
                        waits += 1;
                        worker.ask_for_room();
                        tokio::time::sleep(WAIT).await;
                    }
                    Ok(connected) => return introduce(connected, cluster, owner.as_ref()).await,
                    failed => return failed,
                }
            }
        };
        let connected = match tokio::time::timeout(cluster.timeouts.connect, connecting).await {
            Ok(Ok(connected)) => connected,
            Ok(Err(why)) => {
                tracing::debug!(upstream = cluster.name, backend = backend.url(), %why, "cannot connect");
                match why {
                    Unconnected::Unreachable(_) if has_moved() => {}
                    Unconnected::Unreachable(_) => cluster.connect_failed(backend),
                    Unconnected::Shortage(_) => worker.tell_shortage(backend),
                    Unconnected::NoAddress(_) => {}
                }
                return Err(Reason::ConnectError);
            }
            Err(_) => {
                let is_known =
                    backend.socket().is_some() || backend.addresses().is_some_and(Addresses::is_known);
                if is_known && !has_moved() {
                    cluster.connect_failed(backend);
                }
                return Err(Reason::ConnectTimeout);
            }
        };
        backend.health().connected();
        let now = Instant::now();
        // Those that were made together do not end together.
        let age = cluster.keepalive.max_age.map(|age| age.mul_f64(1.0 - 0.1 * worker.random().f64()));
        Ok(Box::new(Self {
            stream: connected.stream,
            address: connected.address,
            generation: connected.generation,
            outgoing: Outgoing::default(),
            input: Input::default(),
            backend,
            cluster,
            keep_alive: true,
            used: false,
            idle_since: now,
            most_idle: cluster.keepalive.idle,
            expires: age.and_then(|age| now.checked_add(age)),
            in_flight: None,
            file,
            owner,
        }))
    }
}

/// A file for a connection. If none is left, it is the next that anybody closes. Kept connections make way at once, and idle clients a
/// moment later; they are asked again, for who idles now may not have before.
async fn next_file(worker: &Worker) -> File {
    let files = worker.process().files();
    if let Some(file) = files.take() {
        return file;
    }
    let (mut next, mut wait) = (pin!(files.next()), WAIT);
    loop {
        worker.pool().give_way();
        if let Ok(file) = tokio::time::timeout(wait, &mut next).await {
            return file;
        }
        // Who was about to ask has done so by now, and does not idle.
        worker.ask_for_room();
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Begins a new connection as the upstream wants it.
async fn introduce(
    mut connected: Connected,
    cluster: &Cluster,
    owner: Option<&Owner>,
) -> Result<Connected, Unconnected> {
    if let Some((preface, owner)) = cluster.proxy_protocol.zip(owner) {
        let begun = preface::send(preface, &mut connected.stream, owner.initiator()).await;
        begun.map_err(Unconnected::Unreachable)?;
    }
    Ok(connected)
}
