//! Reading heads: the start line, the fields, and what these mean for the framing. What is ambiguous is refused: what one reads as a body, another reads as the next message (RFC 9112
//! section 11). A head's fields share its memory, and reading one takes none of its own but what it is lent.

mod gathered;
mod line;
mod request;
mod response;
mod said;
mod scan;
mod section;

pub(crate) use self::gathered::Gathered;
#[cfg(any(test, fuzzing))]
pub(crate) use self::request::request;
pub(crate) use self::request::{Limits, Refused, RequestHead};
pub(crate) use self::response::ResponseHead;
#[cfg(any(test, fuzzing))]
pub(crate) use self::response::{HEAD_BYTES, response};
pub(crate) use self::section::{LineEnd, Wrong, section};

#[cfg(test)]
mod tests;
