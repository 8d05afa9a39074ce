//! Client connections as the acceptor begins them: each is a task.

use std::net::SocketAddr;
use std::rc::Rc;

use super::clients::Clients;
use super::gate::Arrival;
use super::http1::{self, Service};
use super::seat::Seat;
use super::session::Session;
use crate::address::Ends;
use crate::exchange::{Delivery, Exchange, Peer};
use crate::stream::Stream;
use crate::worker::Worker;

/// Nobody asks the admin's connections for a route.
const NO_LISTENER: usize = usize::MAX;

/// Serves a connection of a gateway listener, by its number, until it ends. With it comes whose it is and where that has come in, as far
/// as somebody has said so. A drain waits for it from now on, not from its first turn.
pub(super) fn spawn<S, F>(
    (service, listener): (&Rc<Service<S, F>>, usize),
    stream: Stream,
    (peer, destination): (Option<SocketAddr>, Option<SocketAddr>),
    seat: Seat,
    clients: &Rc<Clients>,
) where
    S: Fn(Rc<Exchange>, Arrival) -> F + 'static,
    F: Future<Output = Option<Delivery>> + 'static,
{
    let ends = ends(clients.worker(), &stream, peer, destination);
    let session = session(clients.worker().clone(), listener, peer, ends);
    let enlisted = clients.enlist(&session);
    let service = service.clone();
    tokio::task::spawn_local(async move {
        let (_seat, _enlisted) = (seat, enlisted);
        http1::serve(stream, session, service).await;
    });
}

/// Serves a connection of an admin listener. It is not counted, not limited, and no drain waits for it: whoever wants
/// to see the gateway drain must be able to ask.
pub(super) fn spawn_admin<S, F>(
    service: &Rc<Service<S, F>>,
    stream: Stream,
    peer: Option<SocketAddr>,
    worker: Rc<Worker>,
) where
    S: Fn(Rc<Exchange>, Arrival) -> F + 'static,
    F: Future<Output = Option<Delivery>> + 'static,
{
    let service = service.clone();
    tokio::task::spawn_local(http1::serve(stream, session(worker, NO_LISTENER, peer, None), service));
}

/// Both ends of a connection, if there are backends which are told of them; else nobody asks.
fn ends(
    worker: &Worker,
    stream: &Stream,
    source: Option<SocketAddr>,
    destination: Option<SocketAddr>,
) -> Option<Box<Ends>> {
    let source = source.filter(|_| worker.pool().has_owners())?;
    Some(Box::new(Ends::new(source, destination.or_else(|| stream.local_address())?)))
}

fn session(
    worker: Rc<Worker>,
    listener: usize,
    peer: Option<SocketAddr>,
    ends: Option<Box<Ends>>,
) -> Rc<Session> {
    let peer = Peer::new(worker, listener, peer.map(|peer| peer.ip()), ends);
    Rc::new(Session::new(Rc::new(peer)))
}
