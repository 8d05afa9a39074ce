//! The floor under every proxy: one thread, one epoll, and bytes copied both ways. It reads no request, so it has no say in which
//! backend gets one: a client's connection goes to the next backend in turn and stays there.
//!
//! LISTEN=127.0.0.1:8080 BACKENDS=127.0.0.1:9001,127.0.0.1:9002 forwarder

use std::error::Error;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::{env, mem};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// What is read at once; a request and its answer are less.
const BUFFER: usize = 64 * 1024;
/// The listener's place among what is waited for; connections are counted from 0.
const LISTENER: u64 = u64::MAX;

/// One side of a connection.
struct Side {
    stream: TcpStream,
    /// What it has not taken yet.
    waiting: Vec<u8>,
    /// It has said that it sends no more, of which nobody is told twice.
    is_ending: bool,
    /// And that has been read.
    has_ended: bool,
}

/// A client and its backend.
type Pair = [Side; 2];

fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(env::var("LISTEN")?)?;
    listener.set_nonblocking(true)?;
    let backends = env::var("BACKENDS")?;
    let mut turns = backends.split(',').cycle();
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut pairs: Vec<Option<Pair>> = Vec::new();
    let mut buffer = vec![0; BUFFER];
    let mut events = Vec::with_capacity(256);
    loop {
        events.clear();
        match epoll::wait(&epoll, spare_capacity(&mut events), None) {
            // A tracer comes or goes.
            Err(Errno::INTR) => continue,
            waited => waited?,
        };
        for event in &events {
            let place = event.data.u64();
            if place == LISTENER {
                accept(&listener, &epoll, &mut pairs, turns.next().unwrap_or_default())?;
                continue;
            }
            let (number, side) = (usize::try_from(place / 2)?, usize::try_from(place % 2)?);
            let Some(pair) = pairs.get_mut(number).and_then(Option::as_mut) else { continue };
            if !serve(pair, side, event.flags, &mut buffer) {
                pairs[number] = None;
            }
        }
    }
}

/// Takes a client in, and connects to its backend, which is on this machine and answers at once.
fn accept(
    listener: &TcpListener,
    epoll: &OwnedFd,
    pairs: &mut Vec<Option<Pair>>,
    backend: &str,
) -> Result<(), Box<dyn Error>> {
    let client = match listener.accept() {
        Ok((client, _)) => client,
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let number = pairs.iter().position(Option::is_none).unwrap_or(pairs.len());
    let mut sides = Vec::with_capacity(2);
    for (side, stream) in [client, TcpStream::connect(backend)?].into_iter().enumerate() {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        // Told once of each change: no system call asks for more.
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(epoll, &stream, EventData::new_u64((2 * number + side) as u64), flags)?;
        sides.push(Side { stream, waiting: Vec::new(), is_ending: false, has_ended: false });
    }
    let pair = <Pair>::try_from(sides).map_err(|_| "a connection has two sides")?;
    if number == pairs.len() {
        pairs.push(Some(pair))
    } else {
        pairs[number] = Some(pair)
    }
    Ok(())
}

/// Copies what can be copied now; `false` when the connection is over.
fn serve(pair: &mut Pair, side: usize, flags: EventFlags, buffer: &mut [u8]) -> bool {
    let [client, backend] = pair;
    let (here, there) = if side == 0 { (client, backend) } else { (backend, client) };
    here.is_ending |= flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
    let takes_again = flags.contains(EventFlags::OUT) && !here.waiting.is_empty();
    let mut copied = if takes_again { copy(there, here, buffer) } else { Ok(()) };
    if flags.contains(EventFlags::IN) || here.is_ending {
        copied = copied.and_then(|()| copy(here, there, buffer));
    }
    let is_over = here.has_ended && there.has_ended && here.waiting.is_empty() && there.waiting.is_empty();
    copied.is_ok() && !is_over
}

/// Copies from one side to the other until one of them has to be waited for.
fn copy(from: &mut Side, to: &mut Side, buffer: &mut [u8]) -> io::Result<()> {
    let waiting = mem::take(&mut to.waiting);
    if !waiting.is_empty() && !to.send(&waiting)? {
        return Ok(());
    }
    while !from.has_ended {
        let length = match from.stream.read(buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        if length == 0 {
            from.has_ended = true;
            return to.stream.shutdown(Shutdown::Write);
        }
        // What comes later is told of.
        if !to.send(&buffer[..length])? || (length < buffer.len() && !from.is_ending) {
            return Ok(());
        }
    }
    Ok(())
}

impl Side {
    /// Whether it has taken all of it; what it has not waits.
    fn send(&mut self, mut bytes: &[u8]) -> io::Result<bool> {
        while !bytes.is_empty() {
            match self.stream.write(bytes) {
                Ok(taken) => bytes = &bytes[taken..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.waiting.extend_from_slice(bytes);
        Ok(bytes.is_empty())
    }
}
