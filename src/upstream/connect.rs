//! Connecting to a backend: to all addresses of its host, a little one after the other, and the first connection that
//! is made is taken (Happy Eyeballs, RFC 8305 sections 4 and 5). A unix socket has one place. What fails for want of our own files, ports or memory
//! is told apart from what the backend fails at.

use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::net::TcpStream;

use super::Backend;
use crate::stream::{Stream, UNSENT};

/// From one attempt to the next while no attempt has ended: the Connection Attempt Delay that RFC 8305 recommends.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Until a socket is asked again whose queue of connections is full; nothing tells when it is not.
const FULL: Duration = Duration::from_millis(5);

/// A new connection, and where it goes.
#[derive(Debug)]
pub(super) struct Connected {
    pub(super) stream: Stream,
    /// `None` for a unix socket.
    pub(super) address: Option<SocketAddr>,
    /// Of the host's addresses, when they were read.
    pub(super) generation: u32,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Unconnected {
    /// The host cannot be looked up.
    NoAddress(Arc<str>),
    /// Files, ports or memory of our own are used up. That says nothing about the backend.
    Shortage(io::Error),
    /// The backend cannot be reached.
    Unreachable(io::Error),
}

impl fmt::Display for Unconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress(why) => write!(f, "its host cannot be looked up: {why}"),
            Self::Shortage(error) | Self::Unreachable(error) => error.fmt(f),
        }
    }
}

/// Connects to a backend, at another `port` than its own if one is given. Waits for its host's addresses if it was never looked up; how long all of this may take is up
/// to the caller.
pub(super) async fn connect(backend: &Backend, port: Option<u16>) -> Result<Connected, Unconnected> {
    if let Some(path) = backend.socket() {
        let made = knock(path).await;
        return made.map(|stream| Connected { stream, address: None, generation: 0 });
    }
    let known =
        backend.addresses().ok_or_else(|| Unconnected::NoAddress("the backend was not bound".into()))?;
    let generation = known.generation();
    let addresses = known.get().await.map_err(Unconnected::NoAddress)?;
    let attempt =
        |address: SocketAddr| attempt(port.map_or(address, |port| SocketAddr::new(address.ip(), port)));
    let made = match *addresses {
        [address] => attempt(address).await.map(|stream| (stream, address)),
        _ => race(interleaved(&addresses), attempt).await,
    };
    match made {
        Ok((stream, address)) => {
            Ok(Connected { stream: Stream::tcp(stream), address: Some(address), generation })
        }
        Err(error) if is_shortage(&error) => Err(Unconnected::Shortage(error)),
        Err(error) => Err(Unconnected::Unreachable(error)),
    }
}

/// Connects to a socket. A full queue of connections is an error of the system's here, and for TCP a wait: so it is waited
/// for, too. How long is up to the caller.
async fn knock(path: &str) -> Result<Stream, Unconnected> {
    loop {
        match at_once(path) {
            Ok(stream) => return Ok(stream),
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => tokio::time::sleep(FULL).await,
            Err(error) if is_shortage(&error) => return Err(Unconnected::Shortage(error)),
            Err(error) => return Err(Unconnected::Unreachable(error)),
        }
    }
}

/// Connects to a socket as it is now: this never waits, unlike TCP.
fn at_once(path: &str) -> io::Result<Stream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)?;
    Stream::unix(UnixStream::from(socket))
}

async fn attempt(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await.map_err(|error| match error.kind() {
        // The system says the same when no port is left and when it has no address of this family.
        io::ErrorKind::AddrNotAvailable if !has_family_of(address) => {
            io::Error::new(io::ErrorKind::NetworkUnreachable, error)
        }
        _ => error,
    })?;
    // What a backend takes of an upload moves its deadline, and not what fits into a buffer.
    SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT)?;
    Ok(stream)
}

/// Whether there is any way to an address: connecting a datagram socket sends nothing, and takes no port of TCP's.
fn has_family_of(address: SocketAddr) -> bool {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    match UdpSocket::bind(any).and_then(|socket| socket.connect(address)) {
        Ok(()) => true,
        Err(error) => is_shortage(&error) && error.kind() != io::ErrorKind::AddrNotAvailable,
    }
}

/// Whether something failed for want of files, ports, buffers, memory or threads of our own.
pub(super) fn is_shortage(error: &io::Error) -> bool {
    const OURS: [i32; 6] =
        [libc::EMFILE, libc::ENFILE, libc::EADDRNOTAVAIL, libc::ENOBUFS, libc::ENOMEM, libc::EAGAIN];
    error.raw_os_error().is_some_and(|errno| OURS.contains(&errno))
}

/// The addresses in the order in which they are tried: the families take turns, beginning with that of the first
/// (RFC 8305 section 4). Within a family the resolver's order stays (RFC 6724).
fn interleaved(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (one, other): (Vec<SocketAddr>, Vec<SocketAddr>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut order = Vec::with_capacity(addresses.len());
    while order.len() < addresses.len() {
        order.extend(one.next());
        order.extend(other.next());
    }
    order
}

/// Starts an attempt after the other, each when [`ATTEMPT_DELAY`] has passed or the one before has failed; the first to
/// succeed ends the others. If none does: a shortage of our own, or else the last failure.
async fn race<T, F: Future<Output = io::Result<T>>>(
    addresses: Vec<SocketAddr>,
    attempt: impl Fn(SocketAddr) -> F,
) -> io::Result<(T, SocketAddr)> {
    let mut waiting = addresses.into_iter();
    let mut attempts: Vec<(SocketAddr, Pin<Box<F>>)> = Vec::new();
    let mut failure: Option<io::Error> = None;
    while let Some(address) = waiting.next() {
        attempts.push((address, Box::pin(attempt(address))));
        let round = until_one_ends(&mut attempts);
        let ended = match waiting.len() {
            0 => Ok(round.await),
            _ => tokio::time::timeout(ATTEMPT_DELAY, round).await,
        };
        match ended {
            Ok(Ok(won)) => return Ok(won),
            Ok(Err(error)) => failure = Some(worse(failure, error)),
            Err(_) => {}
        }
    }
    while !attempts.is_empty() {
        match until_one_ends(&mut attempts).await {
            Ok(won) => return Ok(won),
            Err(error) => failure = Some(worse(failure, error)),
        }
    }
    Err(failure.unwrap_or_else(|| io::Error::other("the host has no address")))
}

/// What an attempt ends with; it is taken off the list.
async fn until_one_ends<T, F: Future<Output = io::Result<T>>>(
    attempts: &mut Vec<(SocketAddr, Pin<Box<F>>)>,
) -> io::Result<(T, SocketAddr)> {
    std::future::poll_fn(|cx| {
        for index in 0..attempts.len() {
            if let Poll::Ready(result) = attempts[index].1.as_mut().poll(cx) {
                let (address, _) = attempts.remove(index);
                return Poll::Ready(result.map(|made| (made, address)));
            }
        }
        Poll::Pending
    })
    .await
}

fn worse(known: Option<io::Error>, error: io::Error) -> io::Error {
    known.filter(is_shortage).unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::time::Instant;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| address(text)).collect()
    }

    /// What becomes of an attempt.
    #[derive(Clone, Copy)]
    enum Then {
        Hangs,
        Fails(i32),
        Succeeds,
        SucceedsAfter(Duration),
    }

    /// The result, the order of the attempts, and when each began.
    fn run(script: &[(&str, Then)]) -> (io::Result<SocketAddr>, Vec<(SocketAddr, Duration)>) {
        let script: Vec<(SocketAddr, Then)> =
            script.iter().map(|(text, then)| (address(text), *then)).collect();
        let (started, begun) = (Instant::now(), RefCell::new(Vec::new()));
        let attempt = |address: SocketAddr| {
            begun.borrow_mut().push((address, started.elapsed()));
            let then = script.iter().find(|(other, _)| *other == address).unwrap().1;
            async move {
                match then {
                    Then::Hangs => std::future::pending().await,
                    Then::Fails(errno) => Err(io::Error::from_raw_os_error(errno)),
                    Then::Succeeds => Ok(()),
                    Then::SucceedsAfter(pause) => {
                        tokio::time::sleep(pause).await;
                        Ok(())
                    }
                }
            }
        };
        let addresses = script.iter().map(|(address, _)| *address).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let result = runtime.block_on(race(addresses, attempt)).map(|((), address)| address);
        (result, begun.into_inner())
    }

    #[test]
    fn what_is_wrong_with_a_socket_is_no_shortage_of_ours() {
        for errno in [libc::ENOENT, libc::ECONNREFUSED, libc::EACCES, libc::ENOTDIR, libc::EPROTOTYPE] {
            assert!(!is_shortage(&io::Error::from_raw_os_error(errno)), "{errno}");
        }
    }

    #[test]
    fn who_comes_to_a_full_queue_waits_for_room_in_it() {
        let path = std::env::temp_dir().join(format!("castgate-{}-full.sock", std::process::id()));
        let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        listener.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        listener.listen(0).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let to = path.to_str().unwrap();
            let mut queued = vec![];
            while let Ok(stream) = at_once(to) {
                queued.push(stream);
            }
            assert!(!queued.is_empty());
            let mut next = std::pin::pin!(knock(to));
            let is_ready = std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_ready()));
            assert!(!is_ready.await);
            listener.accept().unwrap();
            next.await.unwrap();
        });
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn families_take_turns() {
        let mixed = ["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1"];
        assert_eq!(
            interleaved(&addresses(&mixed)),
            addresses(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "[::3]:1"])
        );
        let four = ["10.0.0.1:1", "10.0.0.2:1", "[::1]:1", "[::2]:1"];
        assert_eq!(
            interleaved(&addresses(&four)),
            addresses(&["10.0.0.1:1", "[::1]:1", "10.0.0.2:1", "[::2]:1"])
        );
        assert!(interleaved(&[]).is_empty());
    }

    #[test]
    fn a_black_hole_does_not_hide_the_next_address() {
        let (result, begun) = run(&[("[::1]:1", Then::Hangs), ("10.0.0.1:1", Then::Succeeds)]);
        assert_eq!(result.unwrap(), address("10.0.0.1:1"));
        assert!(begun[1].1 >= ATTEMPT_DELAY, "{begun:?}");
    }

    #[test]
    fn a_failure_starts_the_next_attempt_at_once() {
        let refused = Then::Fails(libc::ECONNREFUSED);
        let (result, begun) =
            run(&[("10.0.0.1:1", refused), ("10.0.0.2:1", refused), ("10.0.0.3:1", Then::Succeeds)]);
        assert_eq!(result.unwrap(), address("10.0.0.3:1"));
        assert!(begun[2].1 < ATTEMPT_DELAY, "{begun:?}");
    }

    #[test]
    fn an_attempt_goes_on_while_the_next_ones_are_made() {
        let slow = Then::SucceedsAfter(ATTEMPT_DELAY * 3 / 2);
        let (result, begun) = run(&[("[::1]:1", slow), ("10.0.0.1:1", Then::Hangs)]);
        assert_eq!((result.unwrap(), begun.len()), (address("[::1]:1"), 2));
    }

    #[test]
    fn a_shortage_of_our_own_is_what_is_told_of_several_failures() {
        let refused = Then::Fails(libc::ECONNREFUSED);
        let no_file = Then::Fails(libc::EMFILE);
        for script in
            [[("10.0.0.1:1", refused), ("[::1]:1", no_file)], [("10.0.0.1:1", no_file), ("[::1]:1", refused)]]
        {
            assert!(is_shortage(&run(&script).0.unwrap_err()));
        }
        let error = run(&[("10.0.0.1:1", refused), ("[::1]:1", refused)]).0.unwrap_err();
        assert!(!is_shortage(&error) && error.kind() == io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn shortages_are_told_from_failures_of_the_backend() {
        for errno in
            [libc::EMFILE, libc::ENFILE, libc::EADDRNOTAVAIL, libc::ENOBUFS, libc::ENOMEM, libc::EAGAIN]
        {
            assert!(is_shortage(&io::Error::from_raw_os_error(errno)), "{errno}");
        }
        for errno in
            [libc::ECONNREFUSED, libc::ECONNRESET, libc::ETIMEDOUT, libc::EHOSTUNREACH, libc::ENETUNREACH]
        {
            assert!(!is_shortage(&io::Error::from_raw_os_error(errno)), "{errno}");
        }
        assert!(!is_shortage(&io::Error::other("something")));
        assert!(has_family_of(address("127.0.0.1:1")));
    }
}
