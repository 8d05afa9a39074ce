//! Accepting: one loop for each listening socket of a worker, from the first connection to the last one in the kernel's queue.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::watch;

use super::clients::Clients;
use super::entrance;
use super::http1::Service;
use super::listener::{Listener, SocketFile};
use super::seat::Seat;
use super::{connection, gate};
use crate::app::App;
use crate::error::Reason;
use crate::stream::Stream;
use crate::worker::Stage;

/// Between two looks whether there is room for one more.
const PAUSE: Duration = Duration::from_millis(10);
/// A shortage that lasts is told once in this time.
const TELL_AGAIN: Duration = Duration::from_secs(1);
/// How often a closing gateway waits for files to serve its queue with, `PAUSE` each time.
const MOST_SHORTAGES: u32 = 200;

/// Serves what connects to a socket of a listener, by its number, until the gateway closes. The socket then takes no new connection, and
/// those that are in its queue already are served: their clients know of no reason why they should not be.
pub(crate) async fn serve<A: App>(
    (app, number): (&'static A, usize),
    socket: Listener,
    clients: Rc<Clients>,
    mut stage: watch::Receiver<Stage>,
) -> io::Result<()> {
    let listener = app.settings().listeners.get(number);
    let refuses = listener.is_some_and(|listener| !listener.protocols.have_http1());
    let service = Service::new(move |exchange, arrival: gate::Arrival| {
        // By HTTP/2 nobody comes this way.
        let is_refused = A::SPEAKS_HTTP2 && refuses;
        let arrival = if is_refused { arrival.refused(Reason::VersionNotSupported) } else { arrival };
        gate::answer(app, exchange, arrival)
    });
    let listener = Accepting::new(socket)?;
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            // An error means that the control thread is gone, and nobody is left to serve for.
            _ = stage.wait_for(|stage| *stage >= Stage::Closing) => break,
            accepted = accept(&listener, &clients) => accepted,
        };
        let seat = tokio::select! {
            biased;
            seat = make_room(&clients) => seat,
            _ = stage.wait_for(|stage| *stage >= Stage::Closing) => Seat::take_beyond_limit(&clients),
        };
        entrance::enter(app, (&service, number), stream, peer, seat);
    }
    let socket = listener.into_std()?;
    socket.refuse();
    // Whoever has found the way before may be about to get into the queue.
    tokio::task::yield_now().await;
    let mut shortages = 0;
    loop {
        match accept_at_once(&socket) {
            Ok((stream, peer)) => {
                // Whoever is in the queue has been let in by the kernel, and may have sent a request already.
                entrance::enter(app, (&service, number), stream, peer, Seat::take_beyond_limit(&clients));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock || shortages == MOST_SHORTAGES => break,
            Err(_) => {
                shortages += 1;
                clients.relieve();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    Ok(())
}

/// Whether it concerns a connection that is gone already, and no other.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

/// A connection and the address of its other side, if it has one.
type Accepted = (Stream, Option<SocketAddr>);

/// A listening socket within the worker's runtime.
enum Accepting {
    Tcp(TcpListener),
    Unix(UnixListener, Arc<SocketFile>),
}

impl Accepting {
    fn new(socket: Listener) -> io::Result<Self> {
        Ok(match socket {
            Listener::Tcp(socket) => Self::Tcp(TcpListener::from_std(socket)?),
            Listener::Unix(socket, file) => Self::Unix(UnixListener::from_std(socket)?, file),
        })
    }

    fn into_std(self) -> io::Result<Listener> {
        Ok(match self {
            Self::Tcp(listener) => Listener::Tcp(listener.into_std()?),
            Self::Unix(listener, file) => Listener::Unix(listener.into_std()?, file),
        })
    }

    async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                listener.accept().await.map(|(stream, peer)| (Stream::tcp(stream), Some(peer)))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::unix(stream.into_std()?)?, None))
            }
        }
    }
}

/// The next connection in the queue.
fn accept_at_once(socket: &Listener) -> io::Result<Accepted> {
    match socket {
        Listener::Tcp(socket) => {
            let (stream, peer) = socket.accept()?;
            stream.set_nonblocking(true)?;
            Ok((Stream::tcp(TcpStream::from_std(stream)?), Some(peer)))
        }
        Listener::Unix(socket, _) => {
            let (stream, _) = socket.accept()?;
            stream.set_nonblocking(true)?;
            Ok((Stream::unix(stream)?, None))
        }
    }
}

/// Serves what connects to a socket of the admin, for as long as the worker runs.
pub(crate) async fn serve_admin(socket: Listener, clients: Rc<Clients>) -> io::Result<()> {
    let service = Service::new(gate::answer_of_admin_listener);
    let listener = Accepting::new(socket)?;
    loop {
        let (stream, peer) = accept(&listener, &clients).await;
        connection::spawn_admin(&service, stream, peer, clients.worker().clone());
    }
}

/// A seat for a connection more, when there is one. Until then the kernel's queue holds the rest back.
async fn make_room(clients: &Rc<Clients>) -> Seat {
    loop {
        if let Some(seat) = Seat::take(clients) {
            return seat;
        }
        let worker = clients.worker();
        if worker.process().files().are_used_up() && worker.pool().give_way() {
            continue;
        }
        if clients.relieve() {
            // Whoever makes way has been woken before this task is, and is gone when it goes on.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The next connection. Errors of one connection are passed over. If files or memory are short, an idle connection makes
/// way, and the shortage is waited out (spinning would take the CPU from those who could free some).
async fn accept(listener: &Accepting, clients: &Clients) -> Accepted {
    let mut pause = Duration::from_millis(5);
    let mut told: Option<Instant> = None;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if told.is_none_or(|told| told.elapsed() >= TELL_AGAIN) {
                    told = Some(Instant::now());
                    tracing::warn!(%error, "cannot accept connections; idle ones make way");
                }
                clients.relieve();
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(500));
            }
        }
    }
}
