//! HTTP/1.1 as it stands on the wire: heads, framing, and the difference between an end and a truncation.

use std::fmt;
use std::io::{ErrorKind, Read as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

/// Why reading a message ended before the message did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The peer closed before the first byte of the message.
    Closed,
    /// The peer closed or reset in the middle of the message.
    Truncated,
    /// The deadline passed.
    TimedOut,
    /// The bytes are not HTTP/1.1.
    Malformed(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed before the first byte"),
            Self::Truncated => f.write_str("closed in the middle of the message"),
            Self::TimedOut => f.write_str("the deadline passed"),
            Self::Malformed(what) => write!(f, "not HTTP/1.1: {what}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// A start line and the header lines under it, in order, as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The request line or the status line.
    pub start_line: String,
    /// Names as written, values trimmed; every line on its own.
    pub headers: Vec<(String, String)>,
    /// The header lines, untouched.
    pub lines: Vec<String>,
}

impl Head {
    /// The value of the first header line of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The values of all header lines of this name, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        all(&self.headers, name)
    }

    fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let text: String = bytes.iter().map(|&byte| byte as char).collect();
        let mut lines = text.split("\r\n");
        let start_line = lines.next().unwrap_or_default().to_owned();
        let lines: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let headers = lines.iter().map(|line| field(line)).collect::<Result<_, _>>()?;
        Ok(Self { start_line, headers, lines })
    }
}

/// The first value of a name, in any case.
pub(crate) fn first<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// All values of a name, in any case.
pub(crate) fn all<'h>(headers: &'h [(String, String)], name: &str) -> Vec<&'h str> {
    headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
}

fn field(line: &str) -> Result<(String, String), ReadError> {
    let (name, value) =
        line.split_once(':').ok_or_else(|| ReadError::Malformed(format!("header line {line:?}")))?;
    if name.is_empty() || name.contains(|c: char| c.is_ascii_whitespace()) {
        return Err(ReadError::Malformed(format!("header name {name:?}")));
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

impl Framing {
    /// By `Transfer-Encoding` and `Content-Length`; `otherwise` when there is neither. Strict: a test must notice
    /// an intermediary that writes an ambiguous message, not guess what it meant.
    pub(crate) fn of(head: &Head, otherwise: Self) -> Result<Self, ReadError> {
        let codings = head.all("transfer-encoding");
        let lengths = head.all("content-length");
        match (codings.as_slice(), lengths.as_slice()) {
            ([], []) => Ok(otherwise),
            ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Ok(Self::Chunked),
            ([], [length]) if !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit()) => length
                .parse()
                .map(Self::Length)
                .map_err(|_| ReadError::Malformed(format!("content-length {length}"))),
            _ => Err(ReadError::Malformed(format!(
                "ambiguous framing: transfer-encoding {codings:?}, content-length {lengths:?}"
            ))),
        }
    }
}

/// How long the header of the PROXY protocol is in front; `None` if more has to come before that is known, or is there.
fn proxy_header_length(bytes: &[u8]) -> Result<Option<usize>, ReadError> {
    const TEXT: &[u8] = b"PROXY ";
    const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
    let begins = |with: &[u8]| bytes.iter().zip(with).all(|(one, other)| one == other);
    let length = if begins(TEXT) {
        bytes.windows(2).position(|window| window == b"\r\n").map(|end| end + 2)
    } else if begins(BINARY) {
        bytes.get(14..16).map(|length| 16 + usize::from(length[0]) * 256 + usize::from(length[1]))
    } else {
        return Err(ReadError::Malformed(format!("no header of the PROXY protocol: {bytes:?}")));
    };
    Ok(length.filter(|length| *length <= bytes.len()))
}

/// Reads messages from a socket, keeping what came too early for the next one.
#[derive(Debug)]
pub(crate) struct Reader {
    stream: Arc<TcpStream>,
    buffer: Vec<u8>,
    /// No read waits beyond it.
    pub(crate) deadline: Option<Instant>,
}

impl Reader {
    pub(crate) fn new(stream: Arc<TcpStream>) -> Self {
        Self { stream, buffer: Vec::new(), deadline: None }
    }

    /// What has been read and not been consumed.
    pub(crate) fn buffered(&self) -> &[u8] {
        &self.buffer
    }

    /// The same, which is consumed.
    pub(crate) fn take_buffered(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// One read from the socket; `false` at the end of the stream.
    pub(crate) fn fill(&mut self) -> Result<bool, ReadError> {
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ReadError::TimedOut);
            }
            self.stream.set_read_timeout(Some(left)).map_err(|_| ReadError::Truncated)?;
        }
        let mut piece = [0; 64 * 1024];
        loop {
            match (&*self.stream).read(&mut piece) {
                Ok(0) => return Ok(false),
                Ok(n) => {
                    self.buffer.extend_from_slice(&piece[..n]);
                    return Ok(true);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Err(ReadError::TimedOut);
                }
                // A reset: for the reader the stream ended, and not in a clean way.
                Err(_) => return Err(ReadError::Truncated),
            }
        }
    }

    /// The next head, or `Closed` when the stream ends cleanly before one.
    pub(crate) fn head(&mut self) -> Result<Head, ReadError> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at;
            }
            if !self.fill().map_err(|e| self.at_boundary(e))? {
                return Err(self.at_boundary(ReadError::Truncated));
            }
        };
        let bytes: Vec<u8> = self.buffer.drain(..end + 4).collect();
        Head::parse(&bytes[..end])
    }

    /// The header of the PROXY protocol at the beginning of a connection, of either version, whatever it says.
    pub(crate) fn proxy_header(&mut self) -> Result<Vec<u8>, ReadError> {
        loop {
            if let Some(length) = proxy_header_length(&self.buffer)? {
                return Ok(self.buffer.drain(..length).collect());
            }
            if !self.fill()? {
                return Err(self.at_boundary(ReadError::Truncated));
            }
        }
    }

    /// An end between two messages is a close, not a truncation.
    fn at_boundary(&self, error: ReadError) -> ReadError {
        if error == ReadError::Truncated && self.buffer.is_empty() { ReadError::Closed } else { error }
    }

    /// Reads the body, handing on each piece as it comes; the trailers are what is returned.
    pub(crate) fn body(
        &mut self,
        framing: Framing,
        mut piece: impl FnMut(&[u8]),
    ) -> Result<Vec<(String, String)>, ReadError> {
        match framing {
            Framing::None => Ok(Vec::new()),
            Framing::Length(length) => self.exactly(length, &mut piece).map(|()| Vec::new()),
            Framing::Chunked => self.chunks(&mut piece),
            Framing::UntilClose => loop {
                piece(&self.buffer);
                self.buffer.clear();
                if !self.fill()? {
                    return Ok(Vec::new());
                }
            },
        }
    }

    fn exactly(&mut self, mut length: u64, piece: &mut dyn FnMut(&[u8])) -> Result<(), ReadError> {
        while length > 0 {
            if self.buffer.is_empty() && !self.fill()? {
                return Err(ReadError::Truncated);
            }
            let here = usize::try_from(length).unwrap_or(usize::MAX).min(self.buffer.len());
            piece(&self.buffer[..here]);
            self.buffer.drain(..here);
            length -= here as u64;
        }
        Ok(())
    }

    fn chunks(&mut self, piece: &mut dyn FnMut(&[u8])) -> Result<Vec<(String, String)>, ReadError> {
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16)
                .map_err(|_| ReadError::Malformed(format!("chunk size {line:?}")))?;
            if size == 0 {
                break;
            }
            self.exactly(size, piece)?;
            let end = self.line()?;
            if !end.is_empty() {
                return Err(ReadError::Malformed(format!("{end:?} after a chunk")));
            }
        }
        let mut trailers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(trailers);
            }
            trailers.push(field(&line)?);
        }
    }

    fn line(&mut self) -> Result<String, ReadError> {
        let end = loop {
            if let Some(at) = self.buffer.windows(2).position(|w| w == b"\r\n") {
                break at;
            }
            if !self.fill()? {
                return Err(ReadError::Truncated);
            }
        };
        let bytes: Vec<u8> = self.buffer.drain(..end + 2).collect();
        Ok(bytes[..end].iter().map(|&byte| byte as char).collect())
    }
}
