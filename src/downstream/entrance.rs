//! Between a listener and HTTP: whether a connection that has been accepted may stay, and whose it is.

use std::net::SocketAddr;
use std::rc::Rc;

use super::connection;
use super::gate::Arrival;
use super::http1::Service;
use super::seat::Seat;
use crate::app::App;
use crate::door::{Entered, Refused};
use crate::exchange::{Delivery, Exchange};
use crate::stream::Stream;
use crate::worker::Full;

/// Serves a connection that has a seat, by the listener's door if it has one; or refuses it.
pub(super) fn enter<A, S, F>(
    app: &'static A,
    (service, number): (&Rc<Service<S, F>>, usize),
    stream: Stream,
    peer: Option<SocketAddr>,
    seat: Seat,
) where
    A: App,
    S: Fn(Rc<Exchange>, Arrival) -> F + 'static,
    F: Future<Output = Option<Delivery>> + 'static,
{
    let clients = seat.clients().clone();
    let Some(door) = clients.worker().settings().listeners.get(number).and_then(|listener| listener.door)
    else {
        let entered = Entered { stream, peer, destination: None, is_shared: false, tls: None };
        return begin(app, (service, number), entered, seat);
    };
    let (service, handshake) = (service.clone(), clients.begin_handshake());
    tokio::task::spawn_local(async move {
        match handshake.wait_for(door.enter(stream, peer)).await {
            Ok(Some(entered)) => begin(app, (&service, number), entered, seat),
            Ok(None) => {}
            Err(why) => seat.refuse(why, peer.map(|peer| peer.ip()), number),
        }
        // Not before the client is enlisted: no drain may find neither.
        drop(handshake);
    });
}

/// From here on it is HTTP.
fn begin<A, S, F>(
    app: &'static A,
    (service, number): (&Rc<Service<S, F>>, usize),
    entered: Entered,
    mut seat: Seat,
) where
    A: App,
    S: Fn(Rc<Exchange>, Arrival) -> F + 'static,
    F: Future<Output = Option<Delivery>> + 'static,
{
    let Entered { mut stream, peer, destination, is_shared, tls } = entered;
    let address = peer.map(|peer| peer.ip().to_canonical());
    let clients = seat.clients().clone();
    match seat.claim(address.filter(|_| !is_shared)) {
        Ok(()) => connection::spawn(app, (service, number), stream, (peer, destination), tls, seat, &clients),
        Err(Full) => {
            seat.refuse(Refused::TooMany, address, number);
            // Without a reset its end would be ours to wait for (`TIME_WAIT`), once for each of them.
            stream.reset_at_end();
        }
    }
}
