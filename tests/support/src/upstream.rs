//! A scripted HTTP/1.1 upstream: it does what it is told, and remembers what it was sent.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use crate::watched::{DEADLINE, Watched};
use crate::wire::{Head, ReadError, all, first};

mod connection;
mod reply;

pub use reply::{Gate, Message, Reply, Step};

/// What the health checker calls itself.
const PROBE: &str = "castgate-health-check";

/// How far the body of a request has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyState {
    /// More may come.
    Arriving,
    /// It ended as its framing said.
    Complete,
    /// It did not, and why.
    Broken(ReadError),
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The number of the connection it came on, from 0.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// The request target, untouched.
    pub target: String,
    /// `HTTP/1.1`
    pub version: String,
    /// Names as written and values, in order.
    pub headers: Vec<(String, String)>,
    /// The header lines, untouched.
    pub lines: Vec<String>,
    /// As much of the body as has come.
    pub body: Vec<u8>,
    /// The trailer fields.
    pub trailers: Vec<(String, String)>,
    /// Whether that is all of it.
    pub state: BodyState,
}

impl Received {
    fn new(connection: usize, head: &Head) -> Self {
        let mut parts = head.start_line.splitn(3, ' ').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        Self {
            connection,
            method: part(),
            target: part(),
            version: part(),
            headers: head.headers.clone(),
            lines: head.lines.clone(),
            body: Vec::new(),
            trailers: Vec::new(),
            state: BodyState::Arriving,
        }
    }

    /// The value of the first header line of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The values of all header lines of this name, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        all(&self.headers, name)
    }

    /// Whether the gateway's health checker sent it.
    pub fn is_probe(&self) -> bool {
        self.header("user-agent").is_some_and(|agent| agent.starts_with(PROBE))
    }

    fn echo(&self) -> Message {
        let json = serde_json::json!({
            "method": self.method,
            "target": self.target,
            "version": self.version,
            "headers": self.headers,
            "body": self.body.iter().map(|&byte| byte as char).collect::<String>(),
            "trailers": self.trailers,
            "connection": self.connection,
        });
        Message::new(200).header("Content-Type", "application/json").body(json.to_string())
    }
}

type Script = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

/// Everything that happened.
#[derive(Default)]
struct Record {
    requests: Vec<Received>,
    probes: Vec<Received>,
    /// Whether connection `n` is open.
    open: Vec<bool>,
    /// The headers of the PROXY protocol, by the numbers of their connections.
    proxy_headers: BTreeMap<usize, Vec<u8>>,
    /// Bytes of filler handed to the kernel.
    sent: u64,
}

impl Record {
    fn list(&mut self, probe: bool) -> &mut Vec<Received> {
        if probe { &mut self.probes } else { &mut self.requests }
    }
}

struct Shared {
    script: Mutex<Script>,
    health: Mutex<Script>,
    record: Watched<Record>,
    streams: Mutex<BTreeMap<usize, Arc<TcpStream>>>,
    stopping: Watched<bool>,
    takes_proxy_headers: Watched<bool>,
}

/// A listening socket, and the thread that accepts from it.
struct Listening {
    socket: TcpListener,
    accepting: JoinHandle<()>,
}

/// A scripted HTTP/1.1 upstream on a loopback port, one thread a connection.
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Mutex<Option<Listening>>,
    /// Bound and never listening: while the upstream is stopped nobody else gets its port, and whoever connects is
    /// refused.
    _reserved: Socket,
}

impl Upstream {
    /// Starts one that does the same for every request.
    pub fn start(reply: impl Into<Reply>) -> Self {
        let reply = reply.into();
        Self::scripted(move |_| reply.clone())
    }

    /// Starts one that answers every request with what it received, as JSON.
    pub fn echo() -> Self {
        Self::start(Reply::echo())
    }

    /// As [`Upstream::start`], at this address.
    pub fn start_at(address: SocketAddr, reply: impl Into<Reply>) -> Self {
        let reply = reply.into();
        Self::scripted_at(address, move |_| reply.clone())
    }

    /// Starts one that asks `script` what to do, once the head of a request is in. Health probes are answered 200
    /// and never reach the script: see [`Upstream::set_health`].
    pub fn scripted(script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::scripted_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), script)
    }

    fn scripted_at(address: SocketAddr, script: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let reserved = reserve(address).unwrap();
        let address = reserved.local_addr().unwrap().as_socket().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::new(Arc::new(script)),
            health: Mutex::new(Arc::new(|_| Reply::text("healthy"))),
            record: Watched::default(),
            streams: Mutex::default(),
            stopping: Watched::default(),
            takes_proxy_headers: Watched::default(),
        });
        let upstream = Self { address, shared, listening: Mutex::default(), _reserved: reserved };
        upstream.restart();
        upstream
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as a config writes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, does this for every request.
    pub fn set(&self, reply: impl Into<Reply>) {
        let reply = reply.into();
        self.set_script(move |_| reply.clone());
    }

    /// From now on, asks this script.
    pub fn set_script(&self, script: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap() = Arc::new(script);
    }

    /// From now on, does this for every health probe.
    pub fn set_health(&self, reply: impl Into<Reply>) {
        let reply = reply.into();
        *self.shared.health.lock().unwrap() = Arc::new(move |_| reply.clone());
    }

    /// From now on, every connection has to begin with a header of the PROXY protocol; one that does not is closed.
    pub fn take_proxy_headers(&self) {
        self.shared.takes_proxy_headers.update(|takes| *takes = true);
    }

    /// The header of the PROXY protocol with which a connection began.
    pub fn proxy_header(&self, connection: usize) -> Option<Vec<u8>> {
        self.shared.record.read(|record| record.proxy_headers.get(&connection).cloned())
    }

    /// Waits until so many connections have begun with a header of the PROXY protocol; all of these, in the order of their connections.
    #[track_caller]
    pub fn await_proxy_headers(&self, count: usize) -> Vec<Vec<u8>> {
        let all = |record: &Record| -> Option<Vec<Vec<u8>>> {
            (record.proxy_headers.len() >= count).then(|| record.proxy_headers.values().cloned().collect())
        };
        self.shared.record.wait_for(DEADLINE, all).expect("fewer connections began with a header")
    }

    /// Closes every connection and refuses new ones. The port stays taken, so that it can be the same again.
    pub fn stop(&self) {
        self.refuse();
        let closed = |record: &Record| record.open.iter().all(|open| !open).then_some(());
        self.shared.record.wait_for(DEADLINE, closed).expect("connections stay open after a stop");
    }

    /// The part of [`Upstream::stop`] that waits for nobody.
    fn refuse(&self) {
        let Some(Listening { socket, accepting }) = self.listening.lock().unwrap().take() else { return };
        self.shared.stopping.update(|stopping| *stopping = true);
        // A close would come too late: a process that some other test is starting just now holds a copy of the
        // socket for a moment. A shutdown counts for all copies, and wakes the accept.
        _ = SockRef::from(&socket).shutdown(Shutdown::Both);
        accepting.join().unwrap();
        self.disconnect();
    }

    /// Closes every connection that is open now, and goes on accepting new ones.
    pub fn disconnect(&self) {
        for stream in self.shared.streams.lock().unwrap().values() {
            // Already closed is as good.
            _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Listens again, on the same port.
    pub fn restart(&self) {
        let mut listening = self.listening.lock().unwrap();
        if listening.is_some() {
            return;
        }
        let socket = reserve(self.address).unwrap();
        socket.listen(1024).unwrap();
        let socket = TcpListener::from(socket);
        self.shared.stopping.update(|stopping| *stopping = false);
        let (listener, shared) = (socket.try_clone().unwrap(), Arc::clone(&self.shared));
        let accepting = thread::spawn(move || accept(&listener, &shared));
        *listening = Some(Listening { socket, accepting });
    }

    /// The proxied requests so far, in the order of their heads.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.record.read(|record| record.requests.clone())
    }

    /// How many proxied requests there were.
    pub fn count(&self) -> usize {
        self.shared.record.read(|record| record.requests.len())
    }

    /// The health probes so far.
    pub fn probes(&self) -> Vec<Received> {
        self.shared.record.read(|record| record.probes.clone())
    }

    /// How many bytes [`Step::Flood`] has handed to the kernel.
    pub fn sent(&self) -> u64 {
        self.shared.record.read(|record| record.sent)
    }

    /// How many connections were accepted, probes' included.
    pub fn connections(&self) -> usize {
        self.shared.record.read(|record| record.open.len())
    }

    /// Waits for a proxied request that `wanted` accepts; panics at the deadline.
    #[track_caller]
    pub fn await_request(&self, wanted: impl Fn(&Received) -> bool) -> Received {
        let find = |record: &Record| record.requests.iter().find(|r| wanted(r)).cloned();
        match self.shared.record.wait_for(DEADLINE, find) {
            Some(request) => request,
            None => panic!("the awaited request never came; there were {:#?}", self.requests()),
        }
    }

    /// Waits for so many health probes; panics at the deadline.
    #[track_caller]
    pub fn await_probes(&self, count: usize) {
        let enough = |record: &Record| (record.probes.len() >= count).then_some(());
        assert!(self.shared.record.wait_for(DEADLINE, enough).is_some(), "fewer than {count} probes came");
    }

    /// Waits until so many connections were accepted, probes' included; panics at the deadline.
    #[track_caller]
    pub fn await_connections(&self, count: usize) {
        let enough = |record: &Record| (record.open.len() >= count).then_some(());
        assert!(
            self.shared.record.wait_for(DEADLINE, enough).is_some(),
            "fewer than {count} connections came"
        );
    }

    /// Waits until this connection is closed; panics at the deadline.
    #[track_caller]
    pub fn await_disconnect(&self, connection: usize) {
        assert!(self.closes_within(connection, DEADLINE), "connection {connection} stays open");
    }

    /// Whether this connection is closed before `timeout` passes.
    pub fn closes_within(&self, connection: usize, timeout: Duration) -> bool {
        let closed = |record: &Record| (!record.open[connection]).then_some(());
        self.shared.record.wait_for(timeout, closed).is_some()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.refuse();
    }
}

/// A bound socket that does not listen yet.
fn reserve(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.stopping.read(|stopping| *stopping) {
            return;
        }
        let Ok((stream, _)) = accepted else { continue };
        let stream = Arc::new(stream);
        let number = shared.record.update(|record| {
            record.open.push(true);
            record.open.len() - 1
        });
        shared.streams.lock().unwrap().insert(number, Arc::clone(&stream));
        let shared = Arc::clone(shared);
        thread::spawn(move || connection::serve(number, stream, &shared));
    }
}
