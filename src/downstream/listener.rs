//! Listening sockets: one for each worker and address, with `SO_REUSEPORT`, so that the kernel spreads connections. A
//! socket of this machine is one that all workers have.

mod unix;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use castgate_contract::backend;
use castgate_contract::listen::{self, Address};
use socket2::{Domain, Protocol, Socket, Type};
#[cfg(target_os = "linux")]
use socket2::{SockFilter, SockRef};

use crate::stream::UNSENT;

/// Connections that may wait to be accepted; the kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// A listening socket; that of a path, with the file.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener, Arc<SocketFile>),
}

pub(super) use unix::SocketFile;

impl Listener {
    /// Where it listens, if the place has left that to the kernel.
    pub(crate) fn bound(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }

    /// Lets no new connection into its queue; those that are in it, or have begun to connect, stay.
    pub(super) fn refuse(&self) {
        match self {
            Self::Tcp(listener) => refuse_handshakes(listener),
            Self::Unix(_, file) => file.remove(),
        }
    }
}

/// Whether connections to a backend come to who listens at `listener`; of paths, whether the files are the same, whatever links lead
/// to them. The socket has to be open.
pub(crate) fn leads_to(listener: &Address, backend: &backend::Place) -> bool {
    listen::leads_to(listener, backend)
        || match (listener, backend) {
            (Address::Unix(path), backend::Place::Unix(other)) => unix::is_one_file(path, other),
            _ => false,
        }
}

/// Opens `count` sockets at one address.
pub(crate) fn open(address: &Address, count: usize) -> io::Result<Vec<Listener>> {
    Ok(match address {
        Address::Ip(address) => open_tcp(*address, count)?.into_iter().map(Listener::Tcp).collect(),
        Address::Unix(path) => {
            let opened = unix::open(path, count)?.into_iter();
            opened.map(|(listener, file)| Listener::Unix(listener, file)).collect()
        }
    })
}

/// Opens `count` sockets on one address. The first one claims it alone, so a port that another program listens on is
/// an error even if that program would share it: two gateways on one port are a mistake. Then it is shared among ours.
fn open_tcp(address: SocketAddr, count: usize) -> io::Result<Vec<std::net::TcpListener>> {
    let first = socket(address)?;
    first.bind(&address.into())?;
    first.set_reuse_port(true)?;
    first.listen(BACKLOG)?;
    let first = std::net::TcpListener::from(first);
    let address = first.local_addr()?;
    let mut listeners = vec![first];
    for _ in 1..count {
        let next = socket(address)?;
        next.set_reuse_port(true)?;
        next.bind(&address.into())?;
        next.listen(BACKLOG)?;
        listeners.push(next.into());
    }
    Ok(listeners)
}

fn socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // `[::]` is IPv6 and nothing else, whatever `net.ipv6.bindv6only` says: so `0.0.0.0` can stand beside it.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // Accepted sockets have it from here.
    socket.set_tcp_notsent_lowat(UNSENT)?;
    Ok(socket)
}

/// Lets no new connection into the queue of a listening socket; those that are in it, or have begun to connect, stay. Between the
/// last `accept` and closing the socket the kernel could otherwise take in one more, and would reset it. Who comes now
/// gets no answer, as if the packet had been lost, and a refusal when it tries again.
///
/// The filter sees a packet from its TCP header on (`tcp_filter` in Linux): SYN without ACK is dropped.
#[cfg(target_os = "linux")]
fn refuse_handshakes(listener: &std::net::TcpListener) {
    const LOAD_BYTE: u16 = 0x30; // BPF_LD | BPF_B | BPF_ABS
    const AND: u16 = 0x54; // BPF_ALU | BPF_AND | BPF_K
    const JUMP_IF_EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    let filter = [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ];
    if let Err(error) = SockRef::from(listener).attach_filter(&filter) {
        tracing::debug!(%error, "cannot refuse handshakes before closing");
    }
}

/// Elsewhere there is a moment in which a connection can be lost.
#[cfg(not(target_os = "linux"))]
fn refuse_handshakes(_: &std::net::TcpListener) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_sockets_do_not_hide_what_their_peer_has_not_taken() {
        let listener = open_tcp("127.0.0.1:0".parse().unwrap(), 1).unwrap().remove(0);
        listener.set_nonblocking(false).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert_eq!(socket2::SockRef::from(&accepted).tcp_notsent_lowat().unwrap(), UNSENT);
    }

    #[test]
    fn a_port_is_shared_among_ours_and_with_nobody_else() {
        let ours = open_tcp("127.0.0.1:0".parse().unwrap(), 3).unwrap();
        let address = ours[0].local_addr().unwrap();
        assert!(ours.iter().all(|listener| listener.local_addr().unwrap() == address));
        assert_eq!(open_tcp(address, 2).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn every_address_of_both_families_can_be_listened_on_at_once() {
        let six = match open_tcp("[::]:0".parse().unwrap(), 2) {
            Ok(six) => six,
            Err(error) => return eprintln!("skipped: no IPv6 here: {error}"),
        };
        let port = six[0].local_addr().unwrap().port();
        let four = open_tcp((std::net::Ipv4Addr::UNSPECIFIED, port).into(), 2);
        assert!(four.is_ok(), "{four:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_has_connected_is_in_the_queue_and_who_comes_late_is_not() {
        use std::net::TcpStream;
        let listener = open_tcp("127.0.0.1:0".parse().unwrap(), 1).unwrap().remove(0);
        let address = listener.local_addr().unwrap();
        let early = TcpStream::connect(address).unwrap();
        refuse_handshakes(&listener);
        let late = TcpStream::connect_timeout(&address, std::time::Duration::from_millis(100));
        assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(listener.accept().unwrap().1, early.local_addr().unwrap());
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
