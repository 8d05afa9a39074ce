//! What holds of any text that is read as a body, and of any way of cutting it: tests and the fuzzer call this.

use bytes::Bytes;

use super::{Decoder, Event, Framing};
use crate::http1::naive::{self, Body, Reading};

/// Decodes a text that arrives in pieces.
pub(in crate::http1) fn decode(decoder: &mut Decoder, pieces: &[&[u8]]) -> Reading {
    let (mut input, mut body, mut length) = (Bytes::new(), Body::default(), 0);
    for piece in pieces {
        assert!(input.is_empty(), "what was there is not taken");
        input = Bytes::copy_from_slice(piece);
        length += piece.len();
        loop {
            match decoder.next(&mut input) {
                Ok(Event::Data(data)) => {
                    assert!(!data.is_empty() && body.trailers.is_empty());
                    body.data.extend_from_slice(&data);
                }
                Ok(Event::Trailers(trailers)) => {
                    assert!(!trailers.is_empty() && body.trailers.is_empty());
                    let fields = trailers.iter();
                    body.trailers =
                        fields.map(|field| (field.name().to_owned(), field.value().to_vec())).collect();
                }
                Ok(Event::End) => {
                    assert!(decoder.may_end_here() && decoder.remaining() == Some(0));
                    return Reading::Whole(body, length - input.len());
                }
                Ok(Event::More) => break,
                Err(why) => {
                    assert!(!decoder.may_end_here() && !why.0.is_empty());
                    return Reading::Bad;
                }
            }
        }
    }
    Reading::Part(body)
}

/// The text in pieces, cut at these places.
pub(in crate::http1) fn pieces(text: &[u8], cuts: impl IntoIterator<Item = usize>) -> Vec<&[u8]> {
    let mut cuts: Vec<usize> =
        cuts.into_iter().map(|cut| cut % (text.len() + 1)).chain([0, text.len()]).collect();
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// Reads a chunked body in pieces: it is what it is in one piece, and what the naive reader says it is; and what is over
/// stays over.
pub(in crate::http1) fn check(text: &[u8], cuts: impl IntoIterator<Item = usize>, padded: bool) {
    let new = || match padded {
        true => Decoder::response(Framing::Chunked),
        false => Decoder::request(Framing::Chunked),
    };
    let mut decoder = new();
    let found = decode(&mut decoder, &pieces(text, cuts));
    let at_once = decode(&mut new(), &[text]);
    assert_eq!(found, at_once, "the cuts count");
    match (found, naive::chunked(text, padded)) {
        // A bad byte shows before its line ends; but no end makes the text good then.
        (Reading::Bad, Reading::Part(_)) => {
            for end in [
                "",
                "\n",
                "\r\n",
                "0\r\n\r\n",
                "\r\n\r\n",
                "\r\n0\r\n\r\n",
                "\"\r\n\r\n",
                ":\r\n\r\n",
                "a\r\n\r\n",
            ] {
                let more = [text, end.as_bytes()].concat();
                assert!(
                    !matches!(naive::chunked(&more, padded), Reading::Whole(..)),
                    "{end:?} makes it good"
                );
            }
        }
        (found, naive) => assert_eq!(found, naive),
    }
    stays(decoder, &at_once);
}

/// Whatever comes behind an end or a failure, nothing else is said.
fn stays(mut decoder: Decoder, reading: &Reading) {
    for more in ["", "0\r\n\r\n", "\r\n", "\n", "1\r\nx\r\n0\r\n\r\n", "GET"] {
        let mut input = Bytes::from_static(more.as_bytes());
        match (reading, decoder.next(&mut input)) {
            (Reading::Whole(..), Ok(Event::End)) => assert_eq!(input, more),
            (Reading::Bad, Err(_)) => assert!(!decoder.may_end_here()),
            (Reading::Part(_), _) => return,
            (reading, event) => panic!("{event:?} behind {reading:?}"),
        }
    }
}
