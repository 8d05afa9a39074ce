//! Client connections as the acceptor begins them: each is a task, and with HTTP/2 each of its requests is one, too.

use std::net::SocketAddr;
use std::rc::Rc;

use super::clients::{Clients, Enlisted};
use super::gate::Arrival;
use super::http1::{self, Service};
#[cfg(feature = "http2")]
use super::protocol;
use super::seat::Seat;
use super::session::Session;
use crate::address::Ends;
use crate::app::App;
use crate::door::TlsFacts;
use crate::exchange::{Delivery, Exchange, Peer};
use crate::stream::Stream;
use crate::worker::Worker;

/// Nobody asks the admin's connections for a route.
const NO_LISTENER: usize = usize::MAX;

/// What a connection holds as long as any of its tasks is there.
#[derive(Debug)]
pub(super) struct Hold {
    _seat: Seat,
    _enlisted: Enlisted,
}

/// Serves a connection of a gateway listener, by its number, until it ends. With it comes whose it is and where that has come in, as far
/// as somebody has said so. A drain waits for it from now on, not from its first turn.
pub(super) fn spawn<A, S, F>(
    app: &'static A,
    (service, listener): (&Rc<Service<S, F>>, usize),
    stream: Stream,
    (peer, destination): (Option<SocketAddr>, Option<SocketAddr>),
    tls: Option<Box<TlsFacts>>,
    seat: Seat,
    clients: &Rc<Clients>,
) where
    A: App,
    S: Fn(Rc<Exchange>, Arrival) -> F + 'static,
    F: Future<Output = Option<Delivery>> + 'static,
{
    let ends = ends(clients.worker(), &stream, peer, destination);
    let session = session(clients.worker().clone(), listener, peer, (ends, tls));
    let enlisted = clients.enlist(&session);
    let (service, hold) = (service.clone(), Hold { _seat: seat, _enlisted: enlisted });
    // Not a line of it is in a gateway that speaks only HTTP/1.
    #[cfg(feature = "http2")]
    if A::SPEAKS_HTTP2 && protocol::may_be_http2(session.peer()) {
        tokio::task::spawn_local(protocol::serve(app, stream, session, service, hold));
        return;
    }
    let _ = app;
    tokio::task::spawn_local(async move {
        let _hold = hold;
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
    tokio::task::spawn_local(http1::serve(stream, session(worker, NO_LISTENER, peer, (None, None)), service));
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
    (ends, tls): (Option<Box<Ends>>, Option<Box<TlsFacts>>),
) -> Rc<Session> {
    let peer = Peer::new(worker, listener, peer.map(|peer| peer.ip()), (ends, tls));
    Rc::new(Session::new(Rc::new(peer)))
}
