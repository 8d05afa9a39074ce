use crate::fields::{Classes, Fields};
use crate::http1::head::*;
use crate::http1::{Framing, Malformed, Version};
use bytes::Bytes;
use http::{Method, StatusCode};

fn read_to(to: &Method, text: impl AsRef<[u8]>) -> Result<Option<(ResponseHead, Bytes)>, Malformed> {
    let mut input = Bytes::copy_from_slice(text.as_ref());
    let head = response(&mut input, to, &mut Fields::default())?;
    Ok(head.map(|head| (head, input)))
}

fn head(text: impl AsRef<[u8]>) -> ResponseHead {
    read_to(&Method::GET, text).unwrap().unwrap().0
}

fn is_malformed(text: impl AsRef<[u8]>) -> bool {
    read_to(&Method::GET, text).is_err()
}

#[test]
fn a_head_is_read() {
    let text =
        "HTTP/1.1 200 OK\r\nServer: x\r\nConnection: keep-alive, X-Internal\r\nContent-Length: 2\r\n\r\nhi";
    let (head, rest) = read_to(&Method::GET, text).unwrap().unwrap();
    assert_eq!((head.status, head.keeps_alive, head.version), (StatusCode::OK, true, Version::Http11));
    assert_eq!((head.framing, head.reason(), &rest[..]), (Framing::Length(2), &b"OK"[..], &b"hi"[..]));
    assert_eq!(head.fields.len(), 3);
}

#[test]
fn heads_arrive_in_pieces() {
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    for end in 0..text.len() {
        assert!(read_to(&Method::GET, &text[..end]).unwrap().is_none());
    }
}

#[test]
fn interim_heads_are_handed_on() {
    for (line, status) in [("100 Continue", 100), ("103 Hints", 103), ("101 Switching Protocols", 101)] {
        let head = head(format!("HTTP/1.1 {line}\r\nContent-Length: 5\r\nLink: x\r\n\r\n"));
        assert_eq!((head.status.as_u16(), head.framing), (status, Framing::Nothing));
        assert!(head.fields.contains("link") && !head.fields.contains("content-length"));
    }
}

#[test]
fn lines_may_end_without_cr() {
    let head = head("\r\n\nHTTP/1.1 200 OK\nA: b\nContent-Length: 5\r\nC: d \n\n");
    assert_eq!((head.framing, head.fields.get("c")), (Framing::Length(5), Some(&b"d"[..])));
    let mut text = Vec::new();
    head.fields.lines(Classes::NONE, |piece| text.extend_from_slice(piece));
    assert_eq!(text, b"A: b\r\nContent-Length: 5\r\nC: d\r\n", "they go on with it");
}

#[test]
fn what_breaks_the_grammar_is_malformed() {
    for text in [
        "garbage\r\n\r\n",
        "HTTP/1.1 1000 X\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 600 X\r\n\r\n",
        "HTTP/1.1 20 X\r\n\r\n",
        "HTTP/1.1 20x X\r\n\r\n",
        "HTTP/1.1  200 X\r\n\r\n",
        "HTTP/1.1\t200 X\r\n\r\n",
        "HTTP/1.1 200\tX\r\n\r\n",
        "HTTP/1.1200 X\r\n\r\n",
        "HTTP/2.0 200 X\r\n\r\n",
        "http/1.1 200 X\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        " HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 O\u{0}K\r\n\r\n",
        "HTTP/1.1 200 O\rK\r\n\r\n",
        "HTTP/1.1 200 O\u{7f}K\r\n\r\n",
        "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \u{0}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: a\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ] {
        assert!(is_malformed(text), "{text:?} was accepted");
    }
    assert!(is_malformed(format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(HEAD_BYTES))));
    assert!(is_malformed(format!("HTTP/1.1 200 OK\r\n{}", "x: y\r\n".repeat(129))));
    assert!(!is_malformed(format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(128))));
}

#[test]
fn ambiguous_framing_is_refused() {
    for fields in [
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -1",
        "Content-Length: ",
        "Content-Length: 99999999999999999999",
    ] {
        assert!(is_malformed(format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n")), "{fields:?} was accepted");
        let no_content = format!("HTTP/1.1 204 No Content\r\n{fields}\r\n\r\n");
        assert!(is_malformed(no_content), "{fields:?} was accepted where it does not count");
    }
}

#[test]
fn reasons_are_kept_as_they_came() {
    for (line, reason) in [
        ("HTTP/1.1 299 Fancy Reason", "Fancy Reason"),
        ("HTTP/1.1 200 Awesome", "Awesome"),
        ("HTTP/1.1 200 OK", "OK"),
        ("HTTP/1.1 299 ", ""),
        ("HTTP/1.1 299", ""),
        ("HTTP/1.1 200 \u{e9}\t x ", "\u{e9}\t x "),
    ] {
        assert_eq!(head(format!("{line}\r\n\r\n")).reason(), reason.as_bytes(), "{line}");
    }
}

#[test]
fn bodies_and_connections() {
    let of = |to: Method, line: &str, fields: &str| {
        let text = format!("HTTP/{line} X\r\n{fields}\r\n");
        let head = read_to(&to, &text).unwrap().unwrap().0;
        (head.framing, head.keeps_alive)
    };
    const FIVE: &str = "Content-Length: 5\r\n";
    const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
    for (to, line, fields, framing, stays) in [
        (Method::GET, "1.1 200", FIVE, Framing::Length(5), true),
        (Method::GET, "1.1 200", CHUNKED, Framing::Chunked, true),
        (Method::GET, "1.1 200", "", Framing::UntilClose, false),
        (Method::GET, "1.1 205", FIVE, Framing::Length(5), true),
        (Method::HEAD, "1.1 200", FIVE, Framing::Nothing, true),
        (Method::HEAD, "1.1 200", CHUNKED, Framing::Nothing, true),
        (Method::HEAD, "1.1 200", "", Framing::Nothing, true),
        (Method::GET, "1.1 304", FIVE, Framing::Nothing, true),
        (Method::GET, "1.1 204", "", Framing::Nothing, true),
        (Method::GET, "1.1 204", FIVE, Framing::Nothing, true),
        (Method::CONNECT, "1.1 200", FIVE, Framing::Nothing, true),
        (Method::CONNECT, "1.1 403", FIVE, Framing::Length(5), true),
        (Method::GET, "1.0 200", FIVE, Framing::Length(5), false),
        (Method::GET, "1.0 200", "Connection: keep-alive\r\nContent-Length: 5\r\n", Framing::Length(5), true),
        (Method::GET, "1.0 200", "Connection: keep-alive\r\n", Framing::UntilClose, false),
        (Method::GET, "1.1 200", "Connection: Close\r\nContent-Length: 5\r\n", Framing::Length(5), false),
        (
            Method::GET,
            "1.1 200",
            "Connection: close, \u{e9}\r\nContent-Length: 5\r\n",
            Framing::Length(5),
            false,
        ),
    ] {
        assert_eq!(of(to.clone(), line, fields), (framing, stays), "{to} {line} {fields}");
    }
}

#[test]
fn no_content_has_no_length() {
    for (to, status, has_length) in [
        (Method::GET, 204, false),
        (Method::HEAD, 204, false),
        (Method::HEAD, 200, true),
        (Method::GET, 304, true),
    ] {
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\n");
        let head = read_to(&to, text).unwrap().unwrap().0;
        assert_eq!(head.fields.contains("content-length"), has_length, "{to} {status}");
    }
}

#[test]
fn a_close_counts_whatever_else_is_said() {
    let keeps_alive = |version: &str, lines: &[&str]| {
        let lines: String = lines.iter().map(|value| format!("Connection: {value}\r\n")).collect();
        head(format!("HTTP/{version} 200 OK\r\nContent-Length: 0\r\n{lines}\r\n")).keeps_alive
    };
    for version in ["1.0", "1.1"] {
        for lines in [
            &["close"][..],
            &["close, keep-alive"],
            &["keep-alive, close"],
            &["Keep-Alive,X-Internal , CLOSE"],
            &["close", "keep-alive"],
            &["keep-alive", "close"],
            &["keep-alive", "x", "close", "keep-alive"],
            &["close, \u{e9}"],
            &[", close,"],
        ] {
            assert!(!keeps_alive(version, lines), "{version} {lines:?}");
        }
        assert!(keeps_alive(version, &["keep-alive"]) && keeps_alive(version, &["x", "keep-alive"]));
    }
    assert!(keeps_alive("1.1", &["closed"]) && !keeps_alive("1.0", &["closed"]));
}
