//! HTTP/1 without I/O: how heads and bodies are read and written, by either side (RFC 9112). Nothing here knows a
//! socket or a clock; bytes go in, and messages and what is wrong with them come out.

pub(crate) mod body;
pub(crate) mod encode;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_body;
pub(crate) mod head;
#[cfg(any(test, fuzzing))]
mod naive;

/// The other side's message is not HTTP as it must be; the text says why, for the operational log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl Malformed {
    /// Why, for the operational log.
    pub(crate) const fn reason(self) -> &'static str {
        self.0
    }
}

/// The version that a head was sent in. A later one than 1.1 is read as that (RFC 9110 section 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

/// How the end of a message's body is marked (RFC 9112 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is no body.
    Nothing,
    /// So many bytes, maybe none.
    Length(u64),
    /// In chunks, the last of which is empty.
    Chunked,
    /// By the end of the connection, which only a response may do.
    UntilClose,
}
