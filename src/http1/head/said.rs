//! What the fields of a head say about its framing and about its connection, gathered field by field (RFC 9112 sections 6
//! and 9.3).

use crate::fields::{Classes, Known};
use crate::http1::Version;

/// What was said so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    pub(super) length: Length,
    pub(super) coding: Coding,
    pub(super) expects_consent: bool,
    /// `TE` says that it takes trailers (RFC 9110 section 10.1.4).
    pub(super) takes_trailers: bool,
    persistence: Persistence,
}

/// What `Content-Length` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Length {
    #[default]
    None,
    Bytes(u64),
    /// No number, or more than one line.
    Wrong(&'static str),
}

/// What `Transfer-Encoding` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Coding {
    #[default]
    None,
    /// One line that says just that.
    Chunked,
    /// `chunked` is the last of several: where the body ends is known, and not what the others do to its content.
    Unknown,
    /// Anything else: nobody knows where the body ends.
    Endless,
}

/// What the options of `Connection` say of its future.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Persistence {
    /// Nothing: it depends on the version.
    #[default]
    Unsaid,
    KeepAlive,
    /// Whatever else is said, before or after (RFC 9112 section 9.3).
    Close,
}

/// What says anything of it.
const SAY: Classes = Classes::FRAMING.and(Classes::one(Known::Expect)).and(Classes::one(Known::Te));

impl Said {
    /// Takes note of a field.
    #[inline(always)]
    pub(super) fn note(&mut self, known: Known, value: &[u8]) {
        // Almost no field says anything of it.
        if SAY.has(known) {
            self.note_framing(known, value);
        }
    }

    fn note_framing(&mut self, known: Known, value: &[u8]) {
        match known {
            Known::ContentLength => {
                self.length = match (self.length, number(value)) {
                    (Length::None, Some(bytes)) => Length::Bytes(bytes),
                    (Length::None, None) => Length::Wrong("bad Content-Length"),
                    _ => Length::Wrong("two Content-Lengths"),
                };
            }
            Known::TransferEncoding => {
                self.coding = match self.coding {
                    Coding::None if value.eq_ignore_ascii_case(b"chunked") => Coding::Chunked,
                    _ if ends_in_chunked(value) => Coding::Unknown,
                    _ => Coding::Endless,
                };
            }
            Known::Connection => self.connection(value),
            Known::Te => self.takes_trailers |= names_trailers(value),
            Known::Expect => self.expects_consent |= value.eq_ignore_ascii_case(b"100-continue"),
            _ => {}
        }
    }

    fn connection(&mut self, line: &[u8]) {
        // What almost every browser says.
        if line == b"keep-alive" && self.persistence == Persistence::Unsaid {
            self.persistence = Persistence::KeepAlive;
            return;
        }
        for option in line.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            if option.eq_ignore_ascii_case(b"close") {
                self.persistence = Persistence::Close;
            } else if option.eq_ignore_ascii_case(b"keep-alive") && self.persistence == Persistence::Unsaid {
                self.persistence = Persistence::KeepAlive;
            }
        }
    }

    /// Whether the connection is to outlive the message, as its sender sees it. Whoever sends HTTP/1.0 has to ask for it.
    pub(super) fn keeps_alive(&self, version: Version) -> bool {
        match self.persistence {
            Persistence::Unsaid => version == Version::Http11,
            Persistence::KeepAlive => true,
            Persistence::Close => false,
        }
    }
}

#[cold]
fn names_trailers(value: &[u8]) -> bool {
    value.split(|&byte| byte == b',').any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

/// Whether the last coding of a list is `chunked`.
#[cold]
fn ends_in_chunked(value: &[u8]) -> bool {
    let last = value.rsplit(|&byte| byte == b',').next().unwrap_or_default();
    last.trim_ascii().eq_ignore_ascii_case(b"chunked")
}

/// Digits and nothing else (RFC 9112 section 6.2); `None` also for what is too large.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
