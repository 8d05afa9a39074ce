//! Any text, cut anywhere; and a table of every rule.

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

/// What a request's and a response's reader make of a text: `Some` of the data if it is whole, and nothing is left.
fn read(text: &[u8], mut decoder: Decoder) -> Result<Option<Vec<u8>>, ()> {
    match decode(&mut decoder, &[text]) {
        Reading::Whole(body, length) => {
            assert_eq!(length, text.len());
            Ok(Some(body.data))
        }
        Reading::Part(_) => Ok(None),
        Reading::Bad => Err(()),
    }
}

#[test]
fn what_is_no_chunked_coding_is_refused_on_both_sides() {
    for text in [
        // Sizes: RFC 9112 section 7.1 has digits, and nothing in place of them.
        "\r\n",
        "\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\n",
        "0x5\r\n",
        " 5\r\n",
        "\t5\r\n",
        "5 5\r\n",
        "5_0\r\n",
        "5,\r\n",
        "5.\r\n",
        ";a\r\n",
        "5\u{0}\r\n",
        "\u{0}5\r\n",
        "\u{e9}\r\n",
        "5h\r\n",
        "5:\r\n",
        "\r\n5\r\n",
        // Bare line ends, and a carriage return alone.
        "5\n",
        "5\nhello\n",
        "5\rhello",
        "5\r\rhello",
        "5\r\n hello!\r\n",
        "5\r\nhello\n",
        "5\r\nhello\r5",
        "0\n\n",
        "0\r\n\n",
        "0\r\r\n",
        "0\r\nX: y\n\r\n",
        "0\r\nX: y\r\n\n",
        // Data that is longer than its size.
        "5\r\nhelloX",
        "5\r\nhello5\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello \r\n",
        // Extensions that are none.
        "5;\r\n",
        "5;;a\r\n",
        "5;=b\r\n",
        "5;a=\r\n",
        "5;a=\"\r\n",
        "5;a=\"b\r\n",
        "5;a=\"b\"c\r\n",
        "5;a=b\"c\"\r\n",
        "5;bad[=x\r\n",
        "5;a=(b\r\n",
        "5;a=b=c\r\n",
        "5;a\nb\r\n",
        "5;a=\"\n\"\r\n",
        "5;a=\"\\\n\"\r\n",
        "5;a=\"\r\"\r\n",
        "5;a\u{0}\r\n",
        "5;a=\"\u{0}\"\r\n",
        "5;a\r\r\n",
        "5;a=\"\u{7f}\"\r\n",
        "5;\u{e9}\r\n",
        "5=a\r\n",
        "5\"a\"\r\n",
        "0;\r\n\r\n",
        // Sizes beyond 64 bits.
        "10000000000000000\r\n",
        "ffffffffffffffff0\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "fffffffffffffffff\r\n",
        "0010000000000000000\r\n",
        "99999999999999999999\r\n",
    ] {
        assert_eq!(read(text.as_bytes(), request()), Err(()), "{text:?} of a request");
        assert_eq!(read(text.as_bytes(), response()), Err(()), "{text:?} of a response");
    }
}

#[test]
fn blanks_are_refused_of_a_request_and_passed_over_of_a_response() {
    for line in [
        "5 ",
        "5\t",
        "5   ",
        "5 ;a",
        "5; a",
        "5;a ",
        "5;a =b",
        "5;a= b",
        "5;a=b ",
        "5;a=\"b\" ",
        "5;a = \"b\" ; c ",
    ] {
        let text = format!("{line}\r\nhello\r\n0\r\n\r\n");
        assert_eq!(read(text.as_bytes(), request()), Err(()), "{line:?}");
        assert_eq!(read(text.as_bytes(), response()), Ok(Some(b"hello".to_vec())), "{line:?}");
    }
    for line in ["5 a", "5;a b", "5;a=b c", "5; ", "5; ;a", "5;a= ", "5;a= ;", "5 =a"] {
        let text = format!("{line}\r\nhello\r\n0\r\n\r\n");
        assert_eq!(read(text.as_bytes(), response()), Err(()), "{line:?}");
    }
    for line in [
        "5;a",
        "5;a=b",
        "005;a;b;c=d",
        "5;a=\"b c\t\"",
        "5;a=\"\\\"\\\\\"",
        "5;a=\"\u{e9}\"",
        "5;!#$%&'*+-.^_`|~=x",
    ] {
        let text = format!("{line}\r\nhello\r\n0\r\n\r\n");
        assert_eq!(read(text.as_bytes(), request()), Ok(Some(b"hello".to_vec())), "{line:?}");
    }
}

#[test]
fn the_largest_sizes_are_read_and_never_reached() {
    for (size, value) in [
        ("7fffffffffffffff", i64::MAX as u64),
        ("8000000000000000", 1 << 63),
        ("fffffffffffffffe", u64::MAX - 1),
        ("FFFFFFFFFFFFFFFF", u64::MAX),
        ("0000FFFFFFFFFFFFFFFF", u64::MAX),
    ] {
        let text = format!("{size}\r\nhello\r\n0\r\n\r\n");
        let mut decoder = request();
        let mut input = Bytes::from(text.clone().into_bytes());
        let Ok(Event::Data(data)) = decoder.next(&mut input) else { panic!("{size}") };
        assert_eq!(data, text.as_bytes()[size.len() + 2..]);
        assert!(matches!(decoder.next(&mut input), Ok(Event::More)));
        assert!(value > data.len() as u64 && !decoder.may_end_here() && decoder.remaining().is_none());
    }
}

#[test]
fn whoever_sends_hardly_anything_but_extensions_is_refused() {
    let endless = format!("1;{}", "a".repeat(16 * 1024));
    let zeros = "0".repeat(16 * 1024 + 1);
    let quoted = format!("1;a=\"{}", "\\a".repeat(8 * 1024));
    for text in [&endless, &zeros, &quoted] {
        assert_eq!(read(text.as_bytes(), request()), Err(()));
        check(text.as_bytes(), (0..).step_by(1_000).take(16), false);
    }
    let within = format!("1;{}\r\nx\r\n0\r\n\r\n", "a".repeat(16 * 1024 - 10));
    assert_eq!(read(within.as_bytes(), request()), Ok(Some(b"x".to_vec())));
    // Many chunks, of which each has a little: the sum counts.
    let many = format!("1;{}\r\nx\r\n", "a".repeat(1_000)).repeat(17);
    assert_eq!(read(many.as_bytes(), request()), Err(()));
    check(many.as_bytes(), (0..).step_by(777).take(20), false);
}

#[test]
fn whoever_pads_every_chunk_may_go_on_for_ever() {
    let padded = format!("00000400      \r\n{}\r\n", "x".repeat(1024)).repeat(3_000);
    assert_eq!(read(padded.as_bytes(), response()), Ok(None));
    let signed = format!("400;signature={}\r\n{}\r\n", "a".repeat(64), "x".repeat(1024)).repeat(3_000);
    assert_eq!(read(signed.as_bytes(), request()), Ok(None));
    let tiny = "1\r\nx\r\n".repeat(20_000);
    assert_eq!(read(tiny.as_bytes(), request()), Ok(None));
}

#[test]
fn trailers_are_bounded_and_as_strict_as_a_head() {
    let fields = |section: &str| {
        let text = format!("1\r\nx\r\n0\r\n{section}\r\n");
        let reading = decode(&mut request(), &[text.as_bytes()]);
        assert_eq!(reading, decode(&mut response(), &pieces(text.as_bytes(), 0..text.len())));
        match reading {
            Reading::Whole(body, length) => {
                assert_eq!(length, text.len());
                Some(body.trailers.len())
            }
            Reading::Bad => None,
            Reading::Part(_) => panic!("{section:?} is no whole section"),
        }
    };
    for (section, count) in [
        ("", 0),
        ("a:\r\n", 1),
        ("a: b\r\n", 1),
        ("a:b\r\na:b\r\nC: \u{e9}\t\r\n", 3),
        // Of any name: which may go on is the gate's to say.
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: x\r\n", 3),
    ] {
        assert_eq!(fields(section), Some(count), "{section:?}");
    }
    for section in [
        "a\r\n",
        ":b\r\n",
        "a :b\r\n",
        " a:b\r\n",
        "\ta:b\r\n",
        "a:b\r\n c\r\n",
        "a:b\n",
        "a:b\r\r\n",
        "a:b\rc\r\n",
        "a:\u{0}\r\n",
        "a:\u{7f}\r\n",
        "a b:c\r\n",
        "a\u{e9}:b\r\n",
        "a(:b\r\n",
        "\u{0}:b\r\n",
        "GET / HTTP/1.1\r\n",
        "\r\r\n",
        "\n",
    ] {
        assert_eq!(fields(section), None, "{section:?}");
    }
    assert_eq!(fields(&"a:b\r\n".repeat(64)), Some(64));
    assert_eq!(fields(&"a:b\r\n".repeat(65)), None);
    assert_eq!(fields(&format!("a:{}\r\n", "b".repeat(16 * 1024 - 6))), Some(1));
    assert_eq!(fields(&format!("a:{}\r\n", "b".repeat(16 * 1024 - 5))), None);
    // A line that is none is found out when it ends, not when the section does.
    assert_eq!(read(b"0\r\nno field\r\n", request()), Err(()));
    let endless = format!("0\r\na:{}", "b".repeat(16 * 1024));
    assert_eq!(read(endless.as_bytes(), request()), Err(()));
}

#[test]
fn without_a_body_and_until_the_close() {
    let mut input = Bytes::from_static(b"NEXT");
    for mut none in [
        Decoder::request(Framing::Nothing),
        Decoder::request(Framing::Length(0)),
        // Which no request may: without a length it has no body.
        Decoder::request(Framing::UntilClose),
        Decoder::response(Framing::Nothing),
    ] {
        assert!(none.may_end_here());
        assert!(matches!(none.next(&mut input), Ok(Event::End)));
        assert!(matches!(none.next(&mut Bytes::new()), Ok(Event::End)));
    }
    assert_eq!(input, "NEXT");
    let mut all = Decoder::response(Framing::UntilClose);
    assert!(matches!(all.next(&mut input), Ok(Event::Data(data)) if data == "NEXT"));
    assert!(matches!(all.next(&mut input), Ok(Event::More)));
    assert!(all.may_end_here() && all.remaining().is_none());
}
