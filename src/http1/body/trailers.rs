//! The trailer section of a chunked body (RFC 9112 section 7.1.2): gathered, bounded, and refused at the first line that
//! is none.

use bytes::{Buf, Bytes};

use crate::fields::Fields;
use crate::http1::Malformed;
use crate::http1::head::{LineEnd, Wrong, section};

/// Bytes of a section, its last line included.
const BYTES: usize = 16 * 1024;
/// Fields of a section.
const FIELDS: usize = 64;

const TOO_MANY: Malformed = Malformed("too many trailer fields");

/// A trailer section as far as it has come.
#[derive(Debug)]
pub(super) struct Section {
    /// Most have none, and then nothing is kept.
    text: Vec<u8>,
    /// Where its last line begins.
    line: usize,
    /// How many lines are in front of that.
    lines: usize,
}

impl Section {
    pub(super) const fn new() -> Self {
        Self { text: Vec::new(), line: 0, lines: 0 }
    }

    /// Takes what has come off `input`; the fields once all of them are there.
    pub(super) fn next(&mut self, input: &mut Bytes) -> Result<Option<Fields>, Malformed> {
        if self.text.is_empty() && input.starts_with(b"\r\n") {
            input.advance(2);
            return Ok(Some(Fields::default()));
        }
        loop {
            let end = input.iter().position(|&byte| byte == b'\n').map(|end| end + 1);
            let piece = end.unwrap_or(input.len());
            if self.text.len() + piece > BYTES {
                return Err(Malformed("trailers without end"));
            }
            self.text.extend_from_slice(&input[..piece]);
            input.advance(piece);
            if end.is_none() {
                // What is no line end already need not be waited for.
                let line = &self.text[self.line..];
                return match line[..line.len().saturating_sub(1)].contains(&b'\r') {
                    true => Err(Malformed("a bare CR in a trailer line")),
                    false => Ok(None),
                };
            }
            let line = &self.text[self.line..];
            if line == b"\r\n" {
                let text = std::mem::take(&mut self.text);
                let mut fields = fields(&text)?.unwrap_or_default();
                fields.settle(text.into());
                return Ok(Some(fields));
            }
            // It is seen here what a line is, not only when the section ends.
            if !line.ends_with(b"\r\n") || fields(line)?.is_some() {
                return Err(Malformed("a trailer line ends without CR"));
            }
            self.line = self.text.len();
            self.lines += 1;
            if self.lines > FIELDS {
                return Err(TOO_MANY);
            }
        }
    }
}

/// The fields of a section, in a block that is still to be settled; `None` if it has no end.
fn fields(text: &[u8]) -> Result<Option<Fields>, Malformed> {
    let mut fields = Fields::default();
    match section(text, 0, FIELDS, LineEnd::Strict, &mut fields, |_, _| {}) {
        Ok(end) => Ok(end.map(|_| fields)),
        Err(Wrong::Malformed(why)) => Err(Malformed(why)),
        Err(Wrong::TooMany) => Err(TOO_MANY),
    }
}
