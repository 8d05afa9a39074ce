//! Decoding a response body: by length, by chunks, or until the connection closes (RFC 9112 sections 6 and 7.1).

use bytes::{Buf, Bytes};

use super::Malformed;

/// Bytes of chunk extensions and trailers of one body; both are dropped, and neither may be endless.
const OVERHEAD: usize = 16 * 1024;

const BROKEN: Malformed = Malformed("broken chunked coding");

/// Where in a body the decoder is.
#[derive(Debug)]
pub(crate) enum Decoder {
    /// So many bytes are left.
    Length(u64),
    /// Until the connection closes.
    UntilClose,
    /// In chunks.
    Chunked(Chunked),
}

/// A step of decoding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Body bytes.
    Data(Bytes),
    /// The body is complete; nothing of it is left in the input.
    End,
    /// More input is needed.
    More,
}

/// Where in the chunked coding the decoder is.
#[derive(Debug)]
pub(crate) struct Chunked {
    state: State,
    /// Bytes left of the chunk, or its size as far as it is read.
    size: u64,
    overhead: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first digit of a size.
    SizeStart,
    Size,
    Extension,
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    /// At the start of a trailer line or of the last line.
    TrailerStart,
    Trailer,
    TrailerLineFeed,
    LastLineFeed,
    Done,
    /// What came is no chunked coding; whatever comes now, it never ends as one.
    Broken,
}

impl Decoder {
    /// At the start of a chunked body.
    pub(crate) const fn chunked() -> Self {
        Self::Chunked(Chunked { state: State::SizeStart, size: 0, overhead: 0 })
    }

    /// Takes the next step with what is in `input`.
    pub(crate) fn step(&mut self, input: &mut Bytes) -> Result<Step, Malformed> {
        match self {
            Self::Length(0) => Ok(Step::End),
            Self::Chunked(chunked) => chunked.step(input),
            _ if input.is_empty() => Ok(Step::More),
            Self::Length(left) => {
                let length = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                *left -= length as u64;
                Ok(Step::Data(input.split_to(length)))
            }
            Self::UntilClose => Ok(Step::Data(std::mem::take(input))),
        }
    }

    /// The connection has closed: whether the body was complete.
    pub(crate) fn may_end_here(&self) -> bool {
        matches!(self, Self::UntilClose | Self::Length(0) | Self::Chunked(Chunked { state: State::Done, .. }))
    }

    /// What is left, if that is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            _ => None,
        }
    }
}

impl Chunked {
    fn step(&mut self, input: &mut Bytes) -> Result<Step, Malformed> {
        match self.state {
            State::Done => return Ok(Step::End),
            State::Broken => return Err(BROKEN),
            _ => {}
        }
        while !input.is_empty() {
            if self.state == State::Data {
                let length = usize::try_from(self.size).unwrap_or(usize::MAX).min(input.len());
                self.size -= length as u64;
                if self.size == 0 {
                    self.state = State::DataReturn;
                }
                return Ok(Step::Data(input.split_to(length)));
            }
            let byte = input[0];
            input.advance(1);
            let line = self.line(byte);
            self.state = *line.as_ref().unwrap_or(&State::Broken);
            line?;
            if self.state == State::Done {
                return Ok(Step::End);
            }
        }
        Ok(Step::More)
    }

    /// One byte that is not data.
    fn line(&mut self, byte: u8) -> Result<State, Malformed> {
        let skipping = matches!(self.state, State::Extension | State::Trailer | State::TrailerStart);
        if skipping {
            self.overhead += 1;
            if self.overhead > OVERHEAD {
                return Err(Malformed("chunk extensions or trailers without end"));
            }
        }
        Ok(match (self.state, byte) {
            (State::SizeStart | State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = u64::from(char::from(byte).to_digit(16).unwrap_or_default());
                if self.size >> 60 != 0 {
                    return Err(Malformed("chunk size too large"));
                }
                self.size = self.size << 4 | digit;
                State::Size
            }
            (State::Size, b';' | b' ' | b'\t') => State::Extension,
            (State::Size | State::Extension, b'\r') => State::SizeLineFeed,
            (State::Extension, byte) if byte != b'\n' => State::Extension,
            (State::SizeLineFeed, b'\n') if self.size == 0 => State::TrailerStart,
            (State::SizeLineFeed, b'\n') => State::Data,
            (State::DataReturn, b'\r') => State::DataLineFeed,
            (State::DataLineFeed, b'\n') => State::SizeStart,
            (State::TrailerStart, b'\r') => State::LastLineFeed,
            (State::Trailer, b'\r') => State::TrailerLineFeed,
            (State::TrailerStart | State::Trailer, byte) if byte != b'\n' => State::Trailer,
            (State::TrailerLineFeed, b'\n') => State::TrailerStart,
            (State::LastLineFeed, b'\n') => State::Done,
            _ => return Err(BROKEN),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes input that arrives in the given pieces; `None` if it is not complete at the end.
    fn decode(mut decoder: Decoder, pieces: &[&[u8]]) -> Result<Option<(Vec<u8>, usize)>, Malformed> {
        let (mut input, mut body) = (Bytes::new(), Vec::new());
        for piece in pieces {
            input = [&input, *piece].concat().into();
            loop {
                match decoder.step(&mut input)? {
                    Step::Data(data) => body.extend_from_slice(&data),
                    Step::End => return Ok(Some((body, input.len()))),
                    Step::More => break,
                }
            }
        }
        Ok(None)
    }

    proptest! {
        #[test]
        fn chunks_survive_any_cut(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
            cuts in prop::collection::vec(0usize..400, 0..8),
        ) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend_from_slice(format!("{:X};a=b\r\n", chunk.len()).as_bytes());
                text.extend_from_slice(chunk);
                text.extend_from_slice(b"\r\n");
            }
            text.extend_from_slice(b"0\r\nTrailer: x\r\n\r\nNEXT");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            let (body, left) = decode(Decoder::chunked(), &pieces).unwrap().unwrap();
            prop_assert_eq!(body, chunks.concat());
            prop_assert!(left <= 4);
        }

        #[test]
        fn garbage_never_panics(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(Decoder::chunked(), &[&text]);
        }

        #[test]
        fn what_is_broken_stays_broken(
            start in prop::sample::select(vec!["", "5\r\nhello", "5\r\nhello\r\n", "5", "0\r\n", "0\r\nX: y\r\n"]),
            wrong in any::<u8>(),
            rest in prop::sample::select(vec!["", "\r\n", "\n", "0\r\n\r\n", "\r\n0\r\n\r\n", "\n0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n"]),
        ) {
            let mut decoder = Decoder::chunked();
            let mut input = Bytes::from([start.as_bytes(), &[wrong], rest.as_bytes()].concat());
            let mut failed = false;
            for _ in 0..100 {
                match decoder.step(&mut input) {
                    Err(_) => failed = true,
                    Ok(step) => prop_assert!(!failed, "{step:?} after a failure"),
                }
                prop_assert!(!(failed && decoder.may_end_here()));
            }
        }
    }

    #[test]
    fn broken_codings_are_refused() {
        for text in [
            "x\r\n",
            "\r\n",
            "5\n",
            "5\r\nhelloX",
            "5\r\nhello\n",
            "5 \n",
            "10000000000000000\r\n",
            "ffffffffffffffffff\r\n",
            "0\r\nX: y\n\r\n",
            "0\r\n\rX",
            "-1\r\n",
            "0x5\r\n",
            ";a\r\n",
        ] {
            assert!(decode(Decoder::chunked(), &[text.as_bytes()]).is_err(), "{text:?} was accepted");
        }
        let endless = format!("1;{}", "a".repeat(OVERHEAD + 1));
        assert!(decode(Decoder::chunked(), &[endless.as_bytes()]).is_err());
    }

    #[test]
    fn lengths_leave_what_follows() {
        assert_eq!(decode(Decoder::Length(5), &[b"hel", b"loNEXT"]).unwrap(), Some((b"hello".to_vec(), 4)));
        assert_eq!(decode(Decoder::Length(5), &[b"hell"]).unwrap(), None);
        assert!(Decoder::UntilClose.may_end_here() && !Decoder::Length(1).may_end_here());
    }
}
