//! A client that writes the bytes it is given and reads responses strictly.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use crate::watched::DEADLINE;
use crate::wire::{Framing, Head, ReadError, Reader, all, first};

/// A request to be written.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    chunked: bool,
}

impl Request {
    /// With any method and any target. `Host: gateway.test` is added unless a `Host` is given.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: None,
            chunked: false,
        }
    }

    /// A `GET`.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A `POST` with a body.
    pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", target).body(body)
    }

    /// Adds a header line, as written.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The `Host`.
    pub fn host(self, host: &str) -> Self {
        self.header("Host", host)
    }

    /// The body, framed by `Content-Length` unless told otherwise.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Frames the body in one chunk.
    pub fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// As it goes onto the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if first(&self.headers, "host").is_none() {
            text.push_str("Host: gateway.test\r\n");
        }
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        match &self.body {
            Some(_) if self.chunked => text.push_str("Transfer-Encoding: chunked\r\n"),
            Some(body) => text.push_str(&format!("Content-Length: {}\r\n", body.len())),
            None => {}
        }
        text.push_str("\r\n");
        let mut bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        match &self.body {
            Some(body) if self.chunked => {
                if !body.is_empty() {
                    bytes.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
                    bytes.extend_from_slice(body);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
            Some(body) => bytes.extend_from_slice(body),
            None => {}
        }
        bytes
    }
}

/// A response, read to its end.
#[derive(Clone, Debug)]
pub struct Response {
    /// `200`
    pub status: u16,
    /// The status line and the header lines.
    pub head: Head,
    /// The whole body.
    pub body: Vec<u8>,
    /// The trailer fields.
    pub trailers: Vec<(String, String)>,
    /// The 1xx responses that came before it.
    pub interim: Vec<Head>,
}

impl Response {
    /// The value of the first header line of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    /// The values of all header lines of this name, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        all(&self.head.headers, name)
    }

    /// The body as text, one character a byte.
    pub fn text(&self) -> String {
        self.body.iter().map(|&byte| byte as char).collect()
    }

    /// The body as JSON; panics when it is none.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("no JSON in {} {:?}: {error}", self.status, self.text()),
        }
    }

    /// Whether the connection can carry another request.
    pub fn keeps_alive(&self) -> bool {
        !self.all("connection").iter().any(|value| value.to_ascii_lowercase().contains("close"))
    }
}

/// How the peer ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// By closing it, with nothing more to read (or by a reset after that).
    Closed,
    /// It did not: it sent these many bytes more.
    Sent(usize),
    /// It did not before the deadline.
    Open,
}

/// A blocking client on one connection.
#[derive(Debug)]
pub struct RawClient {
    stream: Arc<TcpStream>,
    reader: Reader,
    timeout: Duration,
    /// The methods of the requests that wait for their answers.
    pending: VecDeque<String>,
}

impl RawClient {
    /// Connects.
    #[track_caller]
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// Connects from this address: all of 127.0.0.0/8 is this machine (on Linux).
    #[track_caller]
    pub fn connect_from(local: IpAddr, address: SocketAddr) -> Self {
        Self::connect_from_port(SocketAddr::new(local, 0), address)
    }

    /// Connects from this address and this port.
    #[track_caller]
    pub fn connect_from_port(local: SocketAddr, address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.bind(&local.into()).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::over(socket.into())
    }

    /// Connects to a socket of this machine. As long as nobody asks for addresses, one kind of stream is as good as another.
    #[track_caller]
    pub fn connect_unix(path: &Path) -> Self {
        Self::over(TcpStream::from(OwnedFd::from(UnixStream::connect(path).unwrap())))
    }

    fn over(stream: TcpStream) -> Self {
        // Some have nothing to delay.
        let _ = stream.set_nodelay(true);
        let stream = Arc::new(stream);
        Self { reader: Reader::new(Arc::clone(&stream)), stream, timeout: DEADLINE, pending: VecDeque::new() }
    }

    /// How long each of the reading calls may take.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Asks the kernel for a small receive buffer, so that back-pressure is felt soon. Into a window below a segment (64 KiB on loopback)
    /// a kernel would send only now and then, by its persist timer (RFC 9293, section 3.8.6.2.1).
    pub fn shrink_receive_buffer(&self) {
        SockRef::from(&*self.stream).set_recv_buffer_size(128 * 1024).unwrap();
    }

    /// This end's address.
    pub fn local_address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    /// Writes bytes as they are; panics when the peer does not take them.
    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    /// Writes bytes as they are; a peer that has closed is an error.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        (&*self.stream).write_all(bytes.as_ref())
    }

    /// Writes pieces until the peer takes no more for a while; panics when it closes.
    #[track_caller]
    pub fn send_until_stuck(&mut self, piece: impl AsRef<[u8]>) {
        self.stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        let write = || (&*self.stream).write(piece.as_ref());
        let stuck = std::iter::repeat_with(write).find_map(Result::err).unwrap();
        assert_eq!(stuck.kind(), std::io::ErrorKind::WouldBlock, "{stuck}");
        self.stream.set_write_timeout(None).unwrap();
    }

    /// What has come and has not been consumed, which it is now.
    pub fn take_buffered(&mut self) -> Vec<u8> {
        self.reader.take_buffered()
    }

    /// Writes a request and does not wait for its answer.
    #[track_caller]
    pub fn send_request(&mut self, request: &Request) {
        self.pending.push_back(request.method.clone());
        self.send(request.bytes());
    }

    /// Writes a request and reads its answer.
    pub fn exchange(&mut self, request: &Request) -> Result<Response, ReadError> {
        self.pending.push_back(request.method.clone());
        // A peer that answered early may have closed: its answer can be there all the same.
        _ = self.try_send(request.bytes());
        self.read_response()
    }

    /// Writes a request and reads its answer; panics when there is none.
    #[track_caller]
    pub fn call(&mut self, request: &Request) -> Response {
        match self.exchange(request) {
            Ok(response) => response,
            Err(error) => panic!("no answer to {request:?}: {error}"),
        }
    }

    /// `GET`s; panics when there is no answer.
    #[track_caller]
    pub fn get(&mut self, target: &str) -> Response {
        self.call(&Request::get(target))
    }

    /// Reads the next response: to the oldest request that waits for one, or to a `GET`.
    pub fn read_response(&mut self) -> Result<Response, ReadError> {
        let method = self.pending.pop_front();
        self.read_response_to(method.as_deref().unwrap_or("GET"))
    }

    /// Reads the next response, framed as an answer to `method`.
    pub fn read_response_to(&mut self, method: &str) -> Result<Response, ReadError> {
        let mut interim = Vec::new();
        loop {
            let head = self.read_head()?;
            let status = status(&head)?;
            if (100..200).contains(&status) && status != 101 {
                interim.push(head);
                continue;
            }
            let framing = if method == "HEAD" || matches!(status, 101 | 204 | 304) {
                Framing::None
            } else {
                Framing::of(&head, Framing::UntilClose)?
            };
            let mut body = Vec::new();
            self.reader.deadline = Some(Instant::now() + self.timeout);
            let trailers = self.reader.body(framing, |piece| body.extend_from_slice(piece))?;
            return Ok(Response { status, head, body, trailers, interim });
        }
    }

    /// Reads one head, a 1xx included.
    pub fn read_head(&mut self) -> Result<Head, ReadError> {
        self.reader.deadline = Some(Instant::now() + self.timeout);
        self.reader.head()
    }

    /// Waits until what has come, and has not been consumed, contains `wanted`; consumes nothing.
    pub fn await_bytes(&mut self, wanted: &[u8]) -> Result<(), ReadError> {
        self.reader.deadline = Some(Instant::now() + self.timeout);
        while !self.reader.buffered().windows(wanted.len()).any(|window| window == wanted) {
            if !self.reader.fill()? {
                return Err(ReadError::Truncated);
            }
        }
        Ok(())
    }

    /// Reads at most `most` bytes of what comes next and forgets them; how many there were, 0 at the end.
    pub fn discard(&mut self, most: usize) -> std::io::Result<usize> {
        self.stream.set_read_timeout(Some(self.timeout))?;
        let mut piece = [0; 64 * 1024];
        let most = most.min(piece.len());
        (&*self.stream).read(&mut piece[..most])
    }

    /// Waits for the peer to close.
    pub fn await_close(&mut self) -> Closing {
        self.reader.deadline = Some(Instant::now() + self.timeout);
        let ended = loop {
            match self.reader.fill() {
                Ok(true) => {}
                Ok(false) | Err(ReadError::Truncated) => break Closing::Closed,
                Err(_) => break Closing::Open,
            }
        };
        match self.reader.buffered().len() {
            0 => ended,
            more => Closing::Sent(more),
        }
    }

    /// Reads on until the peer ends the connection; whether it does so by a reset.
    pub fn await_reset(&mut self) -> bool {
        self.reader.deadline = Some(Instant::now() + self.timeout);
        loop {
            match self.reader.fill() {
                Ok(true) => {}
                Ok(false) => return false,
                Err(error) => return error == ReadError::Truncated,
            }
        }
    }

    /// Reads everything until the peer closes or resets, or the deadline passes.
    pub fn read_rest(&mut self) -> Vec<u8> {
        self.reader.deadline = Some(Instant::now() + self.timeout);
        while self.reader.fill().unwrap_or(false) {}
        self.reader.buffered().to_vec()
    }

    /// Says that nothing more will be sent (FIN), and stays to read.
    pub fn finish(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Writes bytes and says, in the same packet, that nothing more will be sent (FIN); stays to read.
    #[track_caller]
    pub fn send_and_finish(&mut self, bytes: impl AsRef<[u8]>) {
        SockRef::from(&*self.stream).set_tcp_cork(true).unwrap();
        self.send(bytes);
        self.finish();
    }

    /// Goes away with a reset (RST).
    pub fn reset(self) {
        SockRef::from(&*self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

fn status(head: &Head) -> Result<u16, ReadError> {
    let malformed = || ReadError::Malformed(format!("status line {:?}", head.start_line));
    let rest = head.start_line.strip_prefix("HTTP/1.").ok_or_else(malformed)?;
    rest.get(2..5).and_then(|code| code.parse().ok()).ok_or_else(malformed)
}
