use crate::error::Reason;
use crate::fields::Fields;
use crate::http1::head::*;
use crate::http1::{Framing, Version};
use bytes::Bytes;
use http::Method;

const LIMITS: Limits = Limits { bytes: 8 * 1024, fields: 20, target: 1024 };

fn read(text: impl AsRef<[u8]>) -> Result<Option<(RequestHead, Bytes)>, Refused> {
    let mut input = Bytes::copy_from_slice(text.as_ref());
    let head = request(&mut input, &LIMITS, &mut Fields::default())?;
    Ok(head.map(|head| (head, input)))
}

fn head(text: impl AsRef<[u8]>) -> RequestHead {
    read(text).unwrap().unwrap().0
}

fn reason(text: impl AsRef<[u8]>) -> Reason {
    let text = text.as_ref();
    read(text).err().unwrap_or_else(|| panic!("{} was accepted", text.escape_ascii())).reason
}

fn with(fields: &str) -> String {
    format!("POST /a HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n")
}

#[test]
fn a_head_is_read() {
    let text = "\r\n\r\nPOST /a?b=%20 HTTP/1.1\r\nHost: a.example\r\nX-Y:  z \r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\nhiPOST";
    let (head, rest) = read(text).unwrap().unwrap();
    assert_eq!(
        (head.method.clone(), &head.target()[..], head.version),
        (Method::POST, &b"/a?b=%20"[..], Version::Http11)
    );
    assert_eq!((head.framing, head.keeps_alive, head.awaits_consent), (Framing::Length(2), true, true));
    assert_eq!(head.fields.get("x-y"), Some(&b"z"[..]));
    assert_eq!(head.length, text.len() - 4 - "hiPOST".len());
    assert_eq!(rest, "hiPOST");
}

#[test]
fn nothing_is_taken_before_all_has_come() {
    let text = "\r\nGET /a HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n";
    for end in 0..text.len() {
        let mut input = Bytes::copy_from_slice(&text.as_bytes()[..end]);
        let mut fields = Fields::default();
        assert!(request(&mut input, &LIMITS, &mut fields).unwrap().is_none());
        assert!(input.len() == end && fields.is_empty());
    }
    assert!(read(text).unwrap().is_some());
}

#[test]
fn what_breaks_the_grammar_is_a_bad_request() {
    for text in [
        // The request line.
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / \r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET  HTTP/1.1\r\n\r\n",
        "GET /  HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n",
        "GET\t/ HTTP/1.1\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n",
        "\u{e9} / HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET /a#b HTTP/1.1\r\n\r\n",
        "GET /\u{0} HTTP/1.1\r\n\r\n",
        "GET /\u{7f} HTTP/1.1\r\n\r\n",
        "GET /\t HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\n\r\n",
        "GET / HTTP/1.1\r\r\n",
        "GET / HTTP/1.10\r\n\r\n",
        "GET / HTTP/1\r\n\r\n",
        "GET / HTTP/11\r\n\r\n",
        "GET / HTTP/1.x\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET / HTCPCP/1.0\r\n\r\n",
        "GET / HTTP /1.1\r\n\r\n",
        // In front of it.
        "\nGET / HTTP/1.1\r\n\r\n",
        "\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "\rGET / HTTP/1.1\r\n\r\n",
        "{\"a\": 1}\r\n\r\n",
        // The fields.
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\n",
        "GET / HTTP/1.1\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n d\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nB:\r\n d\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n: a\r\n\r\n",
        "GET / HTTP/1.1\r\nA B: c\r\n\r\n",
        "GET / HTTP/1.1\r\nA(: c\r\n\r\n",
        "GET / HTTP/1.1\r\n\u{e9}: c\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \rb\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\u{0}\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \u{1}\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \u{7f}\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \u{b}\r\n\r\n",
    ] {
        assert_eq!(reason(text), Reason::BadRequest, "{text:?}");
    }
}

#[test]
fn what_is_rare_but_right_is_read() {
    assert_eq!(head("M-SEARCH * HTTP/1.1\r\n\r\n").method, "M-SEARCH");
    assert_eq!(head("get / HTTP/1.1\r\n\r\n").method, "get");
    assert_eq!(head(format!("{} / HTTP/1.1\r\n\r\n", "X".repeat(64))).method.as_str().len(), 64);
    for target in ["*", "a:80", "http://a/b", "/\"<>^`{|}\\", "/\u{e9}", "//", "?"] {
        assert_eq!(head(format!("OPTIONS {target} HTTP/1.1\r\n\r\n")).target(), target);
    }
    assert_eq!(&head(b"GET /\x80\xff HTTP/1.1\r\n\r\n").target()[..], b"/\x80\xff", "it need be no text");
    assert_eq!(head(b"GET / HTTP/1.1\r\nA: \x80\xff\tb\r\n\r\n").fields.get("a"), Some(&b"\x80\xff\tb"[..]));
    assert_eq!(
        head("GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~1a:\r\n\r\n").fields.get("!#$%&'*+-.^_`|~1A"),
        Some(&b""[..])
    );
    assert!(head("GET / HTTP/1.1\r\n\r\n").fields.is_empty());
}

#[test]
fn versions() {
    for (version, is) in [
        ("1.1", Version::Http11),
        ("1.0", Version::Http10),
        ("1.2", Version::Http11),
        ("1.9", Version::Http11),
    ] {
        assert_eq!(head(format!("GET / HTTP/{version}\r\n\r\n")).version, is, "{version}");
    }
    for version in ["2.0", "0.9", "3.0", "9.9"] {
        assert_eq!(reason(format!("GET / HTTP/{version}\r\n\r\n")), Reason::VersionNotSupported, "{version}");
    }
    assert_eq!(reason("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Reason::VersionNotSupported);
    assert_eq!(reason("GET / HTTP/2.0\n"), Reason::BadRequest, "the grammar comes first");
}

#[test]
fn framing_has_one_meaning() {
    for (fields, framing) in [
        ("A: b", Framing::Nothing),
        ("Content-Length: 0", Framing::Length(0)),
        ("content-length:5", Framing::Length(5)),
        ("Content-Length: 007", Framing::Length(7)),
        ("Content-Length: 18446744073709551615", Framing::Length(u64::MAX)),
        ("Transfer-Encoding: chunked", Framing::Chunked),
        ("transfer-encoding:\tCHUNKED ", Framing::Chunked),
    ] {
        assert_eq!(head(with(fields)).framing, framing, "{fields}");
    }
    for fields in [
        "Content-Length:",
        "Content-Length: +1",
        "Content-Length: -1",
        "Content-Length: 0x1",
        "Content-Length: 1_0",
        "Content-Length: 1 0",
        "Content-Length: 5,",
        "Content-Length: 5, 5",
        "Content-Length: 5;",
        "Content-Length: 5.0",
        "Content-Length: 18446744073709551616",
        "Content-Length: 99999999999999999999",
        "Content-Length: \u{663}",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5\r\ncontent-length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: gzip\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
    ] {
        assert_eq!(reason(with(fields)), Reason::BadRequest, "{fields}");
    }
    for fields in [
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: ,chunked",
    ] {
        assert_eq!(reason(with(fields)), Reason::NotImplemented, "{fields}");
    }
    // Where such a body ends, nobody knows (RFC 9112 section 6.3).
    for fields in [
        "Transfer-Encoding:",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
        "Transfer-Encoding: chunked;a=b",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: xchunked",
    ] {
        assert_eq!(reason(with(fields)), Reason::BadRequest, "{fields}");
    }
    for coding in ["chunked", "gzip", "identity"] {
        let text = format!("POST / HTTP/1.0\r\nTransfer-Encoding: {coding}\r\n\r\n");
        assert_eq!(reason(text), Reason::BadRequest, "{coding}");
    }
    // Others may take it for the framing; the gate takes it out.
    assert_eq!(head(with("Content_Length: 5")).framing, Framing::Nothing);
}

#[test]
fn connections_that_stay() {
    for (version, lines, stays) in [
        ("1.1", &[][..], true),
        ("1.0", &[], false),
        ("1.1", &["close"], false),
        ("1.1", &["CLOSE"], false),
        ("1.1", &["closed"], true),
        ("1.0", &["keep-alive"], true),
        ("1.0", &["x, Keep-Alive"], true),
        ("1.0", &["keep-alive", "close"], false),
        ("1.0", &["close, keep-alive"], false),
        ("1.1", &["keep-alive, x ,close"], false),
        ("1.1", &["close", "keep-alive"], false),
        ("1.1", &[", close,"], false),
        ("1.2", &[], true),
    ] {
        let lines: String = lines.iter().map(|line| format!("Connection: {line}\r\n")).collect();
        let text = format!("GET / HTTP/{version}\r\n{lines}\r\n");
        assert_eq!(head(&text).keeps_alive, stays, "{text}");
    }
}

#[test]
fn consent_is_awaited_only_for_a_body() {
    for (fields, version, awaits) in [
        ("Expect: 100-continue\r\nContent-Length: 1", "1.1", true),
        ("Expect: 100-continue\r\nTransfer-Encoding: chunked", "1.1", true),
        ("Expect: 100-continue\r\nContent-Length: 1", "1.0", false),
        ("Expect: 100-continue\r\nContent-Length: 0", "1.1", false),
        ("Expect: 100-continue", "1.1", false),
        ("Expect: x 100-continue\r\nContent-Length: 1", "1.1", false),
        ("Content-Length: 1", "1.1", false),
    ] {
        let text = format!("POST / HTTP/{version}\r\n{fields}\r\n\r\n");
        assert_eq!(head(&text).awaits_consent, awaits, "{text}");
    }
}

#[test]
fn limits_hold_also_while_it_is_coming() {
    let long = |length: usize| "a".repeat(length);
    // The target.
    assert_eq!(head(format!("GET /{} HTTP/1.1\r\n\r\n", long(1023))).target().len(), 1024);
    assert_eq!(reason(format!("GET /{} HTTP/1.1\r\n\r\n", long(1024))), Reason::UriTooLong);
    assert_eq!(reason(format!("GET /{}", long(1024))), Reason::UriTooLong);
    assert!(read(format!("GET /{}", long(1023))).unwrap().is_none());
    assert_eq!(reason(format!("GET /{}#", long(10))), Reason::BadRequest);
    // The method.
    assert_eq!(reason(format!("{} / HTTP/1.1\r\n\r\n", long(65))), Reason::NotImplemented);
    assert_eq!(reason(long(65)), Reason::NotImplemented);
    assert!(read(long(64)).unwrap().is_none());
    // The fields.
    let lines = |count: usize| "a: b\r\n".repeat(count);
    assert_eq!(head(format!("GET / HTTP/1.1\r\n{}\r\n", lines(20))).fields.len(), 20);
    assert_eq!(reason(format!("GET / HTTP/1.1\r\n{}\r\n", lines(21))), Reason::HeadersTooLarge);
    assert_eq!(reason(format!("GET / HTTP/1.1\r\n{}", lines(21))), Reason::HeadersTooLarge);
    assert!(read(format!("GET / HTTP/1.1\r\n{}", lines(20))).unwrap().is_none());
    // All of it.
    let most = |length: usize| format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", long(length - 23));
    assert_eq!(head(most(LIMITS.bytes)).length, LIMITS.bytes);
    assert_eq!(reason(most(LIMITS.bytes + 1)), Reason::HeadersTooLarge);
    assert_eq!(reason(&most(LIMITS.bytes + 1)[..LIMITS.bytes]), Reason::HeadersTooLarge);
    assert!(read(&most(LIMITS.bytes)[..LIMITS.bytes - 1]).unwrap().is_none());
}

#[test]
fn names_have_a_longest() {
    let limits = Limits { bytes: 1 << 20, fields: 100, target: 1024 };
    let read = |length: usize| {
        let mut input = Bytes::from(format!("GET / HTTP/1.1\r\n{}: b\r\n\r\n", "a".repeat(length)));
        request(&mut input, &limits, &mut Fields::default())
    };
    assert!(read(usize::from(u16::MAX)).unwrap().is_some());
    assert_eq!(read(usize::from(u16::MAX) + 1).unwrap_err().reason, Reason::HeadersTooLarge);
}

#[test]
fn a_refusal_says_what_was_asked_as_far_as_it_is_known() {
    let line = |text: &str| {
        let line = read(text).unwrap_err().line;
        line.map(|(method, target)| format!("{method} {}", target.escape_ascii()))
    };
    assert_eq!(line("GET /a HTTP/1.1\r\nA B: c\r\n\r\n").as_deref(), Some("GET /a"));
    assert_eq!(line("\r\nPUT /a HTTP/2.0\r\n\r\n").as_deref(), Some("PUT /a"));
    assert_eq!(line("GET /a#b HTTP/1.1\r\n\r\n").as_deref(), Some("GET /a"));
    assert_eq!(line("GET /a\r\n\r\n").as_deref(), Some("GET /a"));
    assert_eq!(line(&format!("GET /{}", "a".repeat(2000))).map(|line| line.len()), Some(4 + 1024));
    assert_eq!(line("\u{16}\u{3}\u{1}"), None);
    assert_eq!(line(&"A".repeat(70)), None);
}
