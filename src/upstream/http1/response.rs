//! Reading a response head: `httparse` finds the fields, and this decides what they mean for the framing. Whatever is
//! ambiguous is refused: what one reads as a body, another reads as the next answer (RFC 9112 sections 6.3 and 11.2).

use std::mem::MaybeUninit;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use httparse::ParserConfig;
use hyper::ext::ReasonPhrase;

use super::Malformed;
use super::body::Decoder;

/// Fields of a response head; more is malformed.
const FIELDS: usize = 128;
/// Bytes of a response head; more is malformed.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

/// What a head says.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    /// The phrase of a status that is not registered; of others everybody knows it.
    pub(crate) phrase: Option<ReasonPhrase>,
    pub(crate) body: Decoder,
    pub(crate) keep_alive: bool,
}

/// Takes a whole head off `input`, putting its end-to-end fields into `headers`; `None` if more bytes are needed.
/// Interim responses (1xx) are passed over: hyper's server cannot send them on.
pub(crate) fn parse(
    input: &mut Bytes,
    headers: &mut HeaderMap,
    to_head: bool,
) -> Result<Option<Head>, Malformed> {
    loop {
        // Nobody need send them, and they would have to be passed over again and again.
        while input.starts_with(b"\r\n") || input.starts_with(b"\n") {
            input.advance(if input[0] == b'\n' { 1 } else { 2 });
        }
        // Field values share the input's memory instead of being copied.
        let bytes = input.clone();
        let mut fields = [const { MaybeUninit::uninit() }; FIELDS];
        let mut response = httparse::Response::new(&mut []);
        let parsed =
            ParserConfig::default().parse_response_with_uninit_headers(&mut response, &bytes, &mut fields);
        let length = match parsed {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() > HEAD_BYTES => {
                return Err(Malformed("head too large"));
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Malformed("too many header fields")),
            Err(_) => return Err(Malformed("not an HTTP response")),
        };
        if length > HEAD_BYTES {
            return Err(Malformed("head too large"));
        }
        input.advance(length);
        let status = response.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(Malformed("status out of range"))?;
        if status == StatusCode::SWITCHING_PROTOCOLS {
            // Nobody asked for another protocol, so nobody may switch to one.
            return Err(Malformed("101 without an upgrade"));
        }
        if status.is_informational() {
            continue;
        }
        let version_11 = response.version == Some(1);
        let phrase = match (status.canonical_reason(), response.reason) {
            (None, Some(phrase)) => ReasonPhrase::try_from(phrase.as_bytes()).ok(),
            _ => None,
        };
        let mut framing = FramingFields { version_11, ..FramingFields::default() };
        headers.reserve(response.headers.len());
        for field in response.headers.iter() {
            let name =
                HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| Malformed("bad field name"))?;
            let value = HeaderValue::from_maybe_shared(bytes.slice_ref(field.value));
            let value = value.map_err(|_| Malformed("bad field value"))?;
            if framing.end_to_end(&name, &value)? {
                headers.append(name, value);
            }
        }
        for name in &framing.nominated {
            headers.remove(name);
        }
        if status == StatusCode::NO_CONTENT {
            // RFC 9110 section 8.6: it has no length, not even as an answer to HEAD.
            headers.remove(header::CONTENT_LENGTH);
        }
        let body = framing.body(status, to_head)?;
        let keep_alive = framing.keeps_alive() && !matches!(body, Decoder::UntilClose);
        return Ok(Some(Head { status, phrase, body, keep_alive }));
    }
}

/// What the options of `Connection` say of its future.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Persistence {
    /// Nothing: it depends on the version.
    #[default]
    Unsaid,
    KeepAlive,
    /// Whatever else is said, before or after (RFC 9112 section 9.3).
    Close,
}

/// What the fields of a head say about its framing and its connection.
#[derive(Default)]
struct FramingFields {
    version_11: bool,
    chunked: bool,
    length: Option<u64>,
    persistence: Persistence,
    nominated: Vec<HeaderName>,
}

impl FramingFields {
    /// Takes note of a field; whether it goes on to the client.
    fn end_to_end(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<bool, Malformed> {
        match name.as_str() {
            "content-length" => {
                let text = value.to_str().unwrap_or_default();
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let length = text.parse().ok().filter(|_| digits).ok_or(Malformed("bad Content-Length"))?;
                if self.length.replace(length).is_some() {
                    return Err(Malformed("two Content-Lengths"));
                }
                return Ok(true);
            }
            "transfer-encoding" => {
                if std::mem::replace(&mut self.chunked, true)
                    || !value.as_bytes().eq_ignore_ascii_case(b"chunked")
                {
                    return Err(Malformed("a transfer coding other than chunked"));
                }
            }
            "connection" => {
                for token in value.as_bytes().split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                    if token.eq_ignore_ascii_case(b"close") {
                        self.persistence = Persistence::Close;
                    } else if token.eq_ignore_ascii_case(b"keep-alive") {
                        if self.persistence == Persistence::Unsaid {
                            self.persistence = Persistence::KeepAlive;
                        }
                    } else if let Ok(name) = HeaderName::from_bytes(token)
                        && name != header::CONTENT_LENGTH
                    {
                        self.nominated.push(name);
                    }
                }
            }
            "keep-alive" | "proxy-connection" | "te" | "trailer" | "upgrade" | "proxy-authenticate" => {}
            _ => return Ok(true),
        }
        Ok(false)
    }

    fn keeps_alive(&self) -> bool {
        match self.persistence {
            Persistence::Unsaid => self.version_11,
            Persistence::KeepAlive => true,
            Persistence::Close => false,
        }
    }

    /// RFC 9112 section 6.3.
    fn body(&self, status: StatusCode, to_head: bool) -> Result<Decoder, Malformed> {
        if self.chunked && (self.length.is_some() || !self.version_11) {
            return Err(Malformed("Transfer-Encoding with Content-Length or in HTTP/1.0"));
        }
        if to_head || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
            return Ok(Decoder::Length(0));
        }
        Ok(match self.length {
            _ if self.chunked => Decoder::chunked(),
            Some(length) => Decoder::Length(length),
            None => Decoder::UntilClose,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, to_head: bool) -> Result<Option<(Head, HeaderMap, Bytes)>, Malformed> {
        let (mut input, mut headers) = (Bytes::copy_from_slice(text.as_bytes()), HeaderMap::new());
        Ok(parse(&mut input, &mut headers, to_head)?.map(|head| (head, headers, input)))
    }

    fn malformed(head: &str) -> bool {
        read(&format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n"), false).is_err()
    }

    #[test]
    fn a_head_is_read_and_its_hop_by_hop_fields_stay_behind() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\nConnection: keep-alive, X-Internal\r\n\
                    Keep-Alive: timeout=5\r\nX-Internal: 1\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi";
        let (head, headers, rest) = read(text, false).unwrap().unwrap();
        assert_eq!((head.status, head.keep_alive), (StatusCode::OK, true));
        assert!(matches!(head.body, Decoder::Length(2)));
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["server", "content-length"]);
        assert_eq!(rest, "hi");
    }

    #[test]
    fn heads_arrive_in_pieces() {
        let text = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        for end in 0..text.len() {
            assert!(read(&text[..end], false).unwrap().is_none());
        }
        assert!(read(text, false).unwrap().is_some());
    }

    #[test]
    fn ambiguous_framing_is_refused() {
        for head in [
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: identity",
            "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5, 5",
            "Content-Length: +5",
            "Content-Length: -1",
            "Content-Length: ",
            "Content-Length: 99999999999999999999",
            "Bad Name: 1",
            "X: \u{0}",
        ] {
            assert!(malformed(head), "{head:?} was accepted");
        }
        assert!(read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false).is_err());
        assert!(read("HTTP/1.1 101 Switching Protocols\r\n\r\n", false).is_err());
        assert!(read("HTTP/1.1 1000 X\r\n\r\n", false).is_err());
        assert!(read("garbage\r\n\r\n", false).is_err());
        assert!(read(&format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(HEAD_BYTES)), false).is_err());
    }

    #[test]
    fn a_close_counts_whatever_else_is_said() {
        let keeps_alive = |version: &str, lines: &[&str]| {
            let lines: String = lines.iter().map(|value| format!("Connection: {value}\r\n")).collect();
            let text = format!("HTTP/{version} 200 OK\r\nContent-Length: 0\r\n{lines}\r\n");
            read(&text, false).unwrap().unwrap().0.keep_alive
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

    #[test]
    fn only_a_status_without_a_name_keeps_its_phrase() {
        let phrase = |line: &str| {
            let (head, ..) = read(&format!("{line}\r\nContent-Length: 0\r\n\r\n"), false).unwrap().unwrap();
            head.phrase.map(|phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned())
        };
        assert_eq!(phrase("HTTP/1.1 299 Fancy Reason").as_deref(), Some("Fancy Reason"));
        assert_eq!(phrase("HTTP/1.1 299 ").as_deref(), Some(""));
        assert_eq!(phrase("HTTP/1.1 200 Awesome"), None);
    }

    #[test]
    fn no_content_has_no_length() {
        for to_head in [true, false] {
            let text = "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n";
            let (_, headers, _) = read(text, to_head).unwrap().unwrap();
            assert!(!headers.contains_key(header::CONTENT_LENGTH));
        }
    }

    #[test]
    fn bodies_and_connections() {
        let body = |text: &str, to_head| read(text, to_head).unwrap().unwrap().0;
        assert!(matches!(
            body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true).body,
            Decoder::Length(0)
        ));
        assert!(matches!(
            body("HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n", false).body,
            Decoder::Length(0)
        ));
        let close = body("HTTP/1.1 200 OK\r\n\r\n", false);
        assert!(matches!(close.body, Decoder::UntilClose) && !close.keep_alive);
        assert!(!body("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", false).keep_alive);
        assert!(!body("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false).keep_alive);
        assert!(
            body("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", false).keep_alive
        );
    }
}
