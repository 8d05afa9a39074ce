//! A table of every rule.

use super::*;

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
    // Whatever a chunk's own line looks like, it is worth something to those before it.
    let long = format!("1;{}\r\nx\r\n{:x}\r\n{}\r\n", "a".repeat(15_000), 8_000, "x".repeat(8_000)).repeat(3);
    assert_eq!(read(long.as_bytes(), request()), Ok(None));
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
    let many = format!("0\r\n{}", "a:b\r\n".repeat(65));
    assert_eq!(read(many.as_bytes(), request()), Err(()));
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
