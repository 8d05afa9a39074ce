//! Decoding a body, of a request or a response: by length, by chunks, or until the connection closes (RFC 9112
//! sections 6 and 7).

mod chunked;
mod trailers;

use bytes::Bytes;

use chunked::Blanks;
pub(crate) use chunked::Chunked;

use super::{Framing, Malformed};
use crate::fields::Fields;

/// Where in a body its reader is.
#[derive(Debug)]
pub(crate) enum Decoder {
    /// So many bytes are left.
    Length(u64),
    /// In chunks.
    Chunked(Chunked),
    /// Until the connection closes.
    UntilClose,
}

/// What comes next of a body.
#[derive(Debug)]
pub(crate) enum Event {
    /// Some of its bytes, never none.
    Data(Bytes),
    /// The fields behind its last chunk: well formed, and of any name.
    Trailers(Fields),
    /// It is complete; nothing of it is left in the input.
    End,
    /// More input is needed; all that there was is taken.
    More,
}

impl Decoder {
    /// At the start of a request's body. Its chunks must be written as RFC 9112 section 7.1 has them, without the
    /// blanks that a reader may pass over: who reads them otherwise finds another request in them.
    pub(crate) const fn request(framing: Framing) -> Self {
        match framing {
            // A request without a length has no body (RFC 9112 section 6.3).
            Framing::Nothing | Framing::UntilClose => Self::Length(0),
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::new(Blanks::Refused)),
        }
    }

    /// At the start of a response's body. Blanks around what belongs to a chunk's size are passed over, as some servers
    /// pad it.
    pub(crate) const fn response(framing: Framing) -> Self {
        match framing {
            Framing::Nothing => Self::Length(0),
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::new(Blanks::PassedOver)),
            Framing::UntilClose => Self::UntilClose,
        }
    }

    /// The next event, of what `input` holds. After an end there is only an end, and after an error only an error.
    ///
    /// # Errors
    ///
    /// What came is no chunked coding, or it is more framing than body.
    #[inline]
    pub(crate) fn next(&mut self, input: &mut Bytes) -> Result<Event, Malformed> {
        match self {
            Self::Length(0) => Ok(Event::End),
            Self::Chunked(chunked) => chunked.next(input),
            _ if input.is_empty() => Ok(Event::More),
            Self::Length(left) => Ok(Event::Data(take(input, left))),
            Self::UntilClose => Ok(Event::Data(std::mem::take(input))),
        }
    }

    /// The connection has closed: whether the body was complete.
    pub(crate) const fn may_end_here(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunked) => chunked.is_done(),
            Self::UntilClose => true,
        }
    }

    /// How many bytes are left, if that is known.
    pub(crate) const fn remaining(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            Self::Chunked(chunked) if chunked.is_done() => Some(0),
            Self::Chunked(_) | Self::UntilClose => None,
        }
    }
}

/// Takes what there is of the `left` bytes off the input.
#[inline]
fn take(input: &mut Bytes, left: &mut u64) -> Bytes {
    let there = input.len() as u64;
    if there <= *left {
        *left -= there;
        return std::mem::take(input);
    }
    // It is less than what is there, so it fits.
    let data = input.split_to(*left as usize);
    *left = 0;
    data
}

#[cfg(any(test, fuzzing))]
pub(super) mod model;
#[cfg(test)]
mod tests;
