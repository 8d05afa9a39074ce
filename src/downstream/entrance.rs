//! Between a listener and HTTP: whether a connection that has been accepted may stay, and whose it is.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use super::connection;
use super::gate::Arrival;
use super::http1::Service;
use crate::address;
use crate::door::{Entered, Refused};
use crate::exchange::{Delivery, Exchange};
use crate::stream::Stream;
use crate::worker::{Client, Full, Worker};

/// Serves a connection that has a seat, by the listener's door if it has one; or refuses it.
pub(super) fn enter<S, F>(
    (service, number): (&Rc<Service<S, F>>, usize),
    stream: Stream,
    peer: Option<SocketAddr>,
    seat: Seat,
) where
    S: Fn(Rc<Exchange>, Arrival) -> F + 'static,
    F: Future<Output = Option<Delivery>> + 'static,
{
    let worker = seat.worker.clone();
    let Some(door) = worker.settings().listeners.get(number).and_then(|listener| listener.door) else {
        return begin((service, number), Entered { stream, peer, is_shared: false }, seat);
    };
    let (service, handshake) = (service.clone(), worker.begin_handshake());
    tokio::task::spawn_local(async move {
        match handshake.wait_for(door.enter(stream, peer)).await {
            Ok(Some(entered)) => begin((&service, number), entered, seat),
            Ok(None) => {}
            Err(why) => seat.refuse(why, peer.map(|peer| peer.ip()), number),
        }
        // Not before the client is enlisted: no drain may find neither.
        drop(handshake);
    });
}

/// From here on it is HTTP.
fn begin<S, F>((service, number): (&Rc<Service<S, F>>, usize), entered: Entered, mut seat: Seat)
where
    S: Fn(Rc<Exchange>, Arrival) -> F + 'static,
    F: Future<Output = Option<Delivery>> + 'static,
{
    let Entered { stream, peer, is_shared } = entered;
    let address = peer.map(|peer| peer.ip().to_canonical());
    let worker = seat.worker.clone();
    match seat.claim(address.filter(|_| !is_shared)) {
        Ok(()) => connection::spawn((service, number), stream, peer, seat, &worker),
        Err(Full) => {
            seat.refuse(Refused::TooMany, address, number);
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
    client: Option<Client>,
}

impl Seat {
    /// One of those that `limits.connections` allows; none if all are taken.
    pub(super) fn take(worker: &Rc<Worker>) -> Option<Self> {
        worker.process().take_seat().then(|| Self { worker: worker.clone(), client: None })
    }

    /// One more than there are, for who has been let in already.
    pub(super) fn take_beyond_limit(worker: &Rc<Worker>) -> Self {
        worker.process().take_seat_beyond_limit();
        Self { worker: worker.clone(), client: None }
    }

    /// Counts it among those of its client. Who has no address, and a proxy, is not one client but many.
    fn claim(&mut self, peer: Option<IpAddr>) -> Result<(), Full> {
        let proxies = self.worker.settings().trusted_proxies;
        let client = peer.filter(|_| !address::is_trusted(proxies, peer));
        if let Some(client) = client {
            self.client = self.worker.process().per_client().enter(client)?;
        }
        Ok(())
    }

    fn refuse(&self, why: Refused, peer: Option<IpAddr>, listener: usize) {
        let name = self.worker.settings().listeners.get(listener).map_or("", |listener| listener.name);
        self.worker.process().refused().add(why, peer, name);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let process = self.worker.process();
        if let Some(client) = self.client.take() {
            process.per_client().leave(client);
        }
        process.free_seat();
    }
}
