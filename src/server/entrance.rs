//! Between a listener and HTTP: whether a connection that has been accepted may stay.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use super::address;
use super::connection;
use super::per_client::{self, Full};
use super::refused::Refused;
use super::worker::Worker;
use crate::app::App;
use crate::stream::Stream;

/// Serves a connection that has been counted in, or refuses it.
pub(super) fn enter<A: App>(
    app: (&'static A, usize),
    stream: Stream,
    peer: Option<SocketAddr>,
    worker: &Rc<Worker>,
) {
    let mut seat = Seat { worker: worker.clone(), client: None };
    let address = peer.map(|peer| peer.ip().to_canonical());
    match seat.claim(address) {
        Ok(()) => connection::spawn(app, stream, peer, seat, worker),
        Err(Full) => {
            let listener = worker.settings().listeners.get(app.1).map_or("", |listener| listener.name);
            worker.process().refused().add(Refused::TooMany, address, listener);
            // Without a reset its end would be ours to wait for (`TIME_WAIT`), once for each of them.
            stream.reset_at_end();
        }
    }
}

/// The room that an open connection takes among all, and among those of its client. It is free again when this is dropped, so
/// also when the connection's task panics.
#[derive(Debug)]
pub(super) struct Seat {
    worker: Rc<Worker>,
    client: Option<per_client::Client>,
}

impl Seat {
    /// Counts it among those of its client. Who has no address, and a proxy, is not one client but many.
    fn claim(&mut self, peer: Option<IpAddr>) -> Result<(), Full> {
        let proxies = self.worker.settings().trusted_proxies;
        let client = peer.filter(|_| !address::is_trusted(proxies, peer));
        if let Some(client) = client {
            self.client = self.worker.process().per_client().enter(client)?;
        }
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let process = self.worker.process();
        if let Some(client) = self.client.take() {
            process.per_client().leave(client);
        }
        process.dismiss();
    }
}
