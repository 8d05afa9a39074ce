//! What a scripted upstream does with a request: a list of steps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::watched::{DEADLINE, Watched};

/// A door that a test opens; an upstream in front of it waits.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<Watched<bool>>);

impl Gate {
    /// A closed one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets through everyone who waits and everyone who comes.
    pub fn open(&self) {
        self.0.update(|open| *open = true);
    }

    /// `false` when the gate stayed closed until the deadline, or until nobody needs the answer any more.
    pub(super) fn wait(&self, abandoned: impl Fn() -> bool) -> bool {
        let deadline = Instant::now() + DEADLINE;
        while Instant::now() < deadline && !abandoned() {
            if self.0.wait_for(Duration::from_millis(20), |open| open.then_some(())).is_some() {
                return true;
            }
        }
        false
    }
}

/// How a message to be sent tells its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Length,
    Chunked,
    Close,
    Unsaid,
}

/// A response to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    trailers: Vec<(String, String)>,
    ending: Ending,
}

impl Message {
    /// An empty response with `Content-Length: 0`.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            trailers: Vec::new(),
            ending: if matches!(status, 100..=199 | 204 | 304) { Ending::Unsaid } else { Ending::Length },
        }
    }

    /// Adds a header line, as written.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The body, framed by `Content-Length` unless told otherwise.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Frames the body in chunks.
    pub fn chunked(mut self) -> Self {
        self.ending = Ending::Chunked;
        self
    }

    /// A trailer field; makes the message chunked.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push((name.to_owned(), value.to_owned()));
        self.chunked()
    }

    /// Ends the body by closing the connection.
    pub fn until_close(mut self) -> Self {
        self.ending = Ending::Close;
        self
    }

    /// Writes no framing header at all; whoever uses it writes their own, or a lie.
    pub fn unframed(mut self) -> Self {
        self.ending = Ending::Unsaid;
        self
    }

    pub(super) fn closes(&self) -> bool {
        self.ending == Ending::Close
    }

    /// The status line and the headers, with the empty line.
    pub fn head(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        match self.ending {
            Ending::Length => text.push_str(&format!("Content-Length: {}\r\n", self.body.len())),
            Ending::Chunked => text.push_str("Transfer-Encoding: chunked\r\n"),
            Ending::Close => text.push_str("Connection: close\r\n"),
            Ending::Unsaid => {}
        }
        text.push_str("\r\n");
        // Header values are Latin-1 on the wire.
        text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect()
    }

    /// The whole message; `HEAD` gets the head alone.
    pub fn bytes(&self, method: &str) -> Vec<u8> {
        let mut bytes = self.head();
        if method == "HEAD" {
            return bytes;
        }
        if self.ending != Ending::Chunked {
            bytes.extend_from_slice(&self.body);
            return bytes;
        }
        // Two chunks where possible: an intermediary may not take one chunk for the whole.
        for part in self.body.chunks(self.body.len().div_ceil(2).max(1)) {
            bytes.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            bytes.extend_from_slice(part);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n");
        for (name, value) in &self.trailers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        304 => "Not Modified",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}

/// One thing an upstream does in answer to a request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads the request body to its end.
    ReadBody,
    /// The same, with a pause after each piece of the first so many bytes. What the kernel holds then is read at once, be the machine as
    /// busy as it likes.
    SipBody(Duration, usize),
    /// Sends a response.
    Send(Message),
    /// Sends a response whose body is what was received, as JSON: see [`Reply::echo`].
    Echo,
    /// Sends these bytes as they are.
    SendRaw(Vec<u8>),
    /// Sends these bytes one by one, with a pause after each.
    Drip(Vec<u8>, Duration),
    /// Sends so many bytes of filler, counted in [`Upstream::sent`](super::Upstream::sent).
    Flood(u64),
    /// Sends these bytes again and again, a write each, until the peer takes no more.
    Repeat(Vec<u8>),
    /// Waits until the test opens the gate.
    Pause(Gate),
    /// Takes whatever comes, as it is, until the peer has ended: it is the rest of the body.
    Take,
    /// The same, and sends it all back.
    Mirror,
    /// Reads and discards until the peer closes, and says nothing.
    Hang,
    /// Says that nothing more will be sent (FIN), and goes on reading.
    Finish,
    /// Closes the connection.
    Close,
    /// Resets the connection (RST).
    Reset,
}

/// What an upstream does in answer to a request. When the steps are done and did not close, the connection is kept
/// for the next request.
#[derive(Clone, Debug)]
pub struct Reply(pub Vec<Step>);

impl Reply {
    /// 200 with a text body.
    pub fn text(body: &str) -> Self {
        Message::new(200).header("Content-Type", "text/plain").body(body).into()
    }

    /// 200 with what was received as JSON: `method`, `target`, `version`, `headers` (a list of pairs), `body`
    /// (one character a byte), `trailers`, `connection`.
    pub fn echo() -> Self {
        Self(vec![Step::ReadBody, Step::Echo])
    }

    /// Takes the request and never answers.
    pub fn hang() -> Self {
        Self(vec![Step::ReadBody, Step::Hang])
    }

    /// Takes the request and closes without an answer.
    pub fn close() -> Self {
        Self(vec![Step::ReadBody, Step::Close])
    }

    /// Takes the request and resets without an answer.
    pub fn reset() -> Self {
        Self(vec![Step::ReadBody, Step::Reset])
    }

    /// Answers `bytes`, whatever they are, and closes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![Step::ReadBody, Step::SendRaw(bytes.into()), Step::Close])
    }

    /// Sends `message` and then resets.
    pub fn reset_after(message: Message) -> Self {
        Self(vec![Step::ReadBody, Step::Send(message), Step::Reset])
    }

    /// Sends the first `keep` bytes of the body of `message`, and closes.
    pub fn half(message: &Message, keep: usize) -> Self {
        let (head, whole) = (message.head(), message.bytes("GET"));
        let bytes = whole[..(head.len() + keep).min(whole.len())].to_vec();
        Self(vec![Step::ReadBody, Step::SendRaw(bytes), Step::Close])
    }

    /// Sends `message` one byte at a time.
    pub fn drip(message: &Message, pause: Duration) -> Self {
        Self(vec![Step::ReadBody, Step::Drip(message.bytes("GET"), pause)])
    }

    /// Answers before the body was read, and never reads it; the connection is closed in stages, so that the answer
    /// is not lost.
    pub fn early(message: Message) -> Self {
        Self(vec![Step::Send(message), Step::Finish, Step::Hang])
    }

    /// Answers and then closes although the answer said that it would not.
    pub fn lie(message: Message) -> Self {
        Self(vec![Step::ReadBody, Step::Send(message), Step::Close])
    }

    /// Waits for the gate before it answers.
    pub fn gated(gate: &Gate, message: Message) -> Self {
        Self(vec![Step::ReadBody, Step::Pause(gate.clone()), Step::Send(message)])
    }
}

impl From<Message> for Reply {
    fn from(message: Message) -> Self {
        let close = message.closes().then_some(Step::Close);
        Self([Step::ReadBody, Step::Send(message)].into_iter().chain(close).collect())
    }
}
