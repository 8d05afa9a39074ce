//! Any text, cut anywhere.

mod rules;

use proptest::prelude::*;

use super::model::{check, decode, pieces};
use super::*;
use crate::http1::naive::{Body, Reading};

fn request() -> Decoder {
    Decoder::request(Framing::Chunked)
}

fn response() -> Decoder {
    Decoder::response(Framing::Chunked)
}

/// A chunk: its data, how its size is written, and what is behind the size.
fn chunk(extension: &'static [&'static str]) -> impl Strategy<Value = (Vec<u8>, String)> {
    let data = prop::collection::vec(prop::sample::select(&b"\r\n0a;x"[..]), 1..40);
    let extension = prop::sample::select(extension);
    (data, 0usize..4, any::<bool>(), extension).prop_map(|(data, zeros, upper, extension)| {
        let size = match upper {
            true => format!("{:X}", data.len()),
            false => format!("{:x}", data.len()),
        };
        let line = format!("{}{size}{extension}", "0".repeat(zeros));
        (data, line)
    })
}

/// Extensions as the grammar has them.
const PLAIN: &[&str] = &["", "", "", ";a", ";a=b", ";a=\"\"", ";a=\"b \\\" ;=\u{e9}\t\";c", ";~=!"];
/// The same with blanks, and blanks alone.
const PADDED: &[&str] = &["", "", " ", "   \t", " ; a = b ", ";a\t=\"\" ;c ", ";a ;b"];

#[derive(Clone, Debug)]
struct Message {
    text: Vec<u8>,
    body: Body,
}

/// A whole body.
fn message(extensions: &'static [&'static str]) -> impl Strategy<Value = Message> {
    let last = (0usize..4, prop::sample::select(extensions));
    let value = prop::sample::select(&["", "x", " x y\t", "\u{e9}", ":,"][..]);
    let trailers = prop::collection::vec((prop::sample::select(&["a", "B-c", "a", "~"][..]), value), 0..4);
    (prop::collection::vec(chunk(extensions), 0..6), last, trailers).prop_map(
        |(chunks, (zeros, last), trailers)| {
            let (mut text, mut body) = (Vec::new(), Body::default());
            for (data, line) in chunks {
                text.extend_from_slice(line.as_bytes());
                text.extend_from_slice(b"\r\n");
                text.extend_from_slice(&data);
                text.extend_from_slice(b"\r\n");
                body.data.extend_from_slice(&data);
            }
            text.extend_from_slice(format!("0{}{last}\r\n", "0".repeat(zeros)).as_bytes());
            for (name, value) in trailers {
                text.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
                body.trailers.push((name.to_owned(), value.trim_matches([' ', '\t']).as_bytes().to_vec()));
            }
            text.extend_from_slice(b"\r\n");
            Message { text, body }
        },
    )
}

/// What matters somewhere in a chunked body.
const TOKENS: [&str; 26] = [
    "0",
    "1",
    "5",
    "a",
    "F",
    ";",
    "=",
    "\"",
    "\\",
    " ",
    "\t",
    "\r\n",
    "\r",
    "\n",
    ":",
    "x",
    "hello",
    "0\r\n",
    "\r\n0\r\n\r\n",
    "\u{0}",
    "\u{e9}",
    "-",
    "0x",
    "\u{7f}",
    "(",
    "ffffffffffffffff",
];

/// A body that is nearly right.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), 0usize..3, prop::sample::select(&TOKENS[..]));
    let plain = prop_oneof![message(PLAIN), message(PADDED)];
    (plain, prop::collection::vec(edit, 0..4)).prop_map(|(message, edits)| {
        let mut text = message.text;
        for (place, dropped, token) in edits {
            let at = place.index(text.len() + 1);
            let end = (at + dropped).min(text.len());
            text.splice(at..end, token.bytes());
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_body_is_read_whatever_the_cuts_and_what_follows_is_left(
        message in message(PLAIN),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
    ) {
        let text = [&message.text[..], b"GET / HTTP/1.1\r\n"].concat();
        for mut decoder in [request(), response()] {
            let Reading::Whole(body, length) = decode(&mut decoder, &pieces(&text, cuts.clone())) else {
                return Err(TestCaseError::fail("not whole"));
            };
            prop_assert_eq!(&body, &message.body);
            prop_assert_eq!(length, message.text.len());
        }
    }

    #[test]
    fn no_part_of_a_body_is_a_whole_one_and_none_is_bad(message in message(PLAIN)) {
        for end in 0..message.text.len() {
            for mut decoder in [request(), response()] {
                let reading = decode(&mut decoder, &[&message.text[..end]]);
                let Reading::Part(part) = reading else { return Err(TestCaseError::fail(format!("{end}"))) };
                prop_assert!(message.body.data.starts_with(&part.data));
                prop_assert!(!decoder.may_end_here());
            }
        }
    }

    #[test]
    fn only_responses_are_padded(message in message(PADDED), cuts in prop::collection::vec(any::<usize>(), 0..12)) {
        let read = decode(&mut response(), &pieces(&message.text, cuts.clone()));
        let Reading::Whole(body, length) = read else { return Err(TestCaseError::fail("not whole")) };
        prop_assert_eq!(&body, &message.body);
        prop_assert_eq!(length, message.text.len());
        check(&message.text, cuts, false);
    }

    #[test]
    fn whatever_is_nearly_a_body_is_read_as_the_naive_reader_reads_it(
        text in nearly(),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
        padded in any::<bool>(),
    ) {
        check(&text, cuts, padded);
    }

    #[test]
    fn whatever_comes_is_read_as_the_naive_reader_reads_it(
        tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..14),
        cuts in prop::collection::vec(any::<usize>(), 0..6),
        padded in any::<bool>(),
    ) {
        check(tokens.concat().as_bytes(), cuts, padded);
    }

    #[test]
    fn lengths_are_counted_whatever_the_cuts(
        text in prop::collection::vec(any::<u8>(), 0..60),
        length in 0u64..60,
        cuts in prop::collection::vec(any::<usize>(), 0..6),
    ) {
        for mut decoder in [Decoder::request(Framing::Length(length)), Decoder::response(Framing::Length(length))] {
            let there = text.len().min(length as usize);
            let body = Body { data: text[..there].to_vec(), trailers: Vec::new() };
            let read = decode(&mut decoder, &pieces(&text, cuts.clone()));
            let whole = there as u64 == length;
            prop_assert_eq!(decoder.may_end_here(), whole);
            prop_assert_eq!(decoder.remaining(), Some(length - there as u64));
            // An empty text need not be read for the end of no body.
            if whole && !(text.is_empty() && length == 0) {
                prop_assert!(matches!(read, Reading::Whole(read, taken) if read == body && taken >= there));
            } else if !whole {
                prop_assert_eq!(read, Reading::Part(body));
            }
        }
    }
}
