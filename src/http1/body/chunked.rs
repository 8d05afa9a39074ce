//! The chunked coding (RFC 9112 section 7.1). Data is taken in runs, and the usual lines between in a loop over their
//! digits. Only what few send is read byte by byte: extensions, blanks, and lines that arrive in pieces.

use bytes::{Buf, Bytes};

use super::trailers::Section;
use super::{Event, take};
use crate::http1::Malformed;

/// How many bytes of chunk lines may come beyond what the chunks are worth. Each is worth its line, and twice its data:
/// whoever pads every chunk may go on for ever, and whoever sends hardly anything but extensions may not.
const EXCESS: u64 = 16 * 1024;
const LINE: u64 = 16;

/// Where in a chunked body its reader is.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    blanks: Blanks,
    /// Bytes left of the chunk, or its size as far as it is read.
    size: u64,
    /// Bytes of chunk lines that no chunk was worth.
    excess: u64,
    trailers: Section,
}

/// Blanks in the line of a chunk, where the grammar has them for the sake of old senders, and before the line's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blanks {
    Refused,
    PassedOver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Behind a chunk's data.
    DataReturn,
    DataLineFeed,
    /// Before the first digit of a size.
    Size,
    /// Behind a digit.
    Digits,
    /// Behind `;`, before the name of an extension.
    NameStart,
    Name,
    /// Behind a name and a blank.
    NameEnd,
    /// Behind `=`.
    ValueStart,
    Value,
    Quoted,
    /// Behind a backslash in quotes.
    Escaped,
    /// Where only another extension or the line's end may come, behind quotes or a blank.
    Complete,
    /// Behind the carriage return that ends a size's line.
    LineFeed,
    Data,
    Trailers,
    Done,
    /// What came is no chunked coding; whatever comes now, it never ends as one.
    Broken(Malformed),
}

impl Chunked {
    /// At the start of a body.
    pub(super) const fn new(blanks: Blanks) -> Self {
        Self { state: State::Size, blanks, size: 0, excess: 0, trailers: Section::new() }
    }

    pub(super) const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    pub(super) fn next(&mut self, input: &mut Bytes) -> Result<Event, Malformed> {
        loop {
            match self.state {
                State::Done => return Ok(Event::End),
                State::Broken(why) => return Err(why),
                _ if input.is_empty() => return Ok(Event::More),
                State::Data => return Ok(Event::Data(self.data(input))),
                State::Size => {
                    if !self.plain_line(input) {
                        self.line(input)?;
                    }
                }
                State::Trailers => {
                    if let Some(trailers) = self.trailers.next(input).map_err(|why| self.fail(why))? {
                        self.state = State::Done;
                        if !trailers.is_empty() {
                            return Ok(Event::Trailers(trailers));
                        }
                    }
                }
                _ => self.line(input)?,
            }
        }
    }

    fn fail(&mut self, why: Malformed) -> Malformed {
        self.state = State::Broken(why);
        why
    }

    /// Takes data off, and the line's end behind it if that is there.
    #[inline]
    fn data(&mut self, input: &mut Bytes) -> Bytes {
        let data = take(input, &mut self.size);
        if self.size == 0 {
            self.state = State::DataReturn;
            if input.starts_with(b"\r\n") {
                input.advance(2);
                self.state = State::Size;
            }
        }
        data
    }

    /// Takes the line of a size off if it is there as almost all of them are: up to sixteen digits, and its end. A chunk
    /// is worth such a line, so that nothing need be counted.
    #[inline]
    fn plain_line(&mut self, input: &mut Bytes) -> bool {
        if self.excess != 0 {
            return false;
        }
        let mut size = 0;
        for (at, byte) in input.iter().enumerate().take(17) {
            let digit = DIGITS[usize::from(*byte)];
            if digit >= 16 {
                if at == 0 || !input[at..].starts_with(b"\r\n") {
                    return false;
                }
                self.size = size;
                self.state = self.line_end();
                input.advance(at + 2);
                return true;
            }
            size = size << 4 | u64::from(digit);
        }
        false
    }

    /// Takes any line of a size off, and what is before it, byte by byte.
    #[cold]
    fn line(&mut self, input: &mut Bytes) -> Result<(), Malformed> {
        let mut at = 0;
        while let Some(&byte) = input.get(at)
            && !matches!(self.state, State::Data | State::Trailers)
        {
            let after = self.after(byte).and_then(|after| self.count(after).map(|()| after));
            self.state = after.map_err(|why| self.fail(why))?;
            at += 1;
        }
        input.advance(at);
        Ok(())
    }

    /// Counts a byte of the line of a size, behind which the state is `after`.
    fn count(&mut self, after: State) -> Result<(), Malformed> {
        if matches!(self.state, State::DataReturn | State::DataLineFeed) {
            return Ok(());
        }
        self.excess += 1;
        if self.excess > EXCESS {
            return Err(Malformed("far more chunk extensions than data"));
        }
        if after == State::Data {
            let worth = self.size.saturating_mul(2).saturating_add(LINE);
            self.excess = self.excess.saturating_sub(worth);
        }
        Ok(())
    }

    /// What comes behind the line of a size.
    const fn line_end(&self) -> State {
        if self.size == 0 { State::Trailers } else { State::Data }
    }

    /// Where one byte leads that is not data.
    fn after(&mut self, byte: u8) -> Result<State, Malformed> {
        let digit = DIGITS[usize::from(byte)];
        if matches!(self.state, State::Size | State::Digits) && digit < 16 {
            if self.size >> 60 != 0 {
                return Err(Malformed("a chunk's size is 2^64 or more"));
            }
            self.size = self.size << 4 | u64::from(digit);
            return Ok(State::Digits);
        }
        let is_blank = matches!(byte, b' ' | b'\t') && self.blanks == Blanks::PassedOver;
        Ok(match (self.state, byte) {
            (State::DataReturn, b'\r') => State::DataLineFeed,
            (State::DataLineFeed, b'\n') => State::Size,
            (State::DataReturn | State::DataLineFeed, _) => {
                return Err(Malformed("a chunk is longer than its size"));
            }
            (State::LineFeed, b'\n') => self.line_end(),
            (State::Quoted, b'"') => State::Complete,
            (State::Quoted, b'\\') => State::Escaped,
            (State::Quoted | State::Escaped, b'\t' | b' '..=b'~' | 0x80..) => State::Quoted,
            (State::Digits | State::Name | State::NameEnd | State::Value | State::Complete, b'\r') => {
                State::LineFeed
            }
            (State::Digits | State::Name | State::NameEnd | State::Value | State::Complete, b';') => {
                State::NameStart
            }
            (State::Name | State::NameEnd, b'=') => State::ValueStart,
            (State::ValueStart, b'"') => State::Quoted,
            (State::NameStart | State::Name, byte) if is_token(byte) => State::Name,
            (State::ValueStart | State::Value, byte) if is_token(byte) => State::Value,
            (State::Digits | State::Value | State::Complete, _) if is_blank => State::Complete,
            (State::Name | State::NameEnd, _) if is_blank => State::NameEnd,
            (State::NameStart | State::ValueStart, _) if is_blank => self.state,
            (State::Size | State::Digits, _) => return Err(Malformed("a chunk's size is no number")),
            _ => return Err(Malformed("a chunk extension that is none")),
        })
    }
}

/// What a byte is worth as a hexadecimal digit; 16 and more if it is none.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut digit = 0;
    while digit < 16 {
        let text = b"0123456789abcdef"[digit as usize];
        digits[text as usize] = digit;
        digits[text.to_ascii_uppercase() as usize] = digit;
        digit += 1;
    }
    digits
};

/// Whether a byte may stand in a token (RFC 9110 section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}
