//! What of a response's head is the client's. What it says of this hop ends here (RFC 9110 section 7.6.1).

use http::{HeaderMap, Method, StatusCode};
use hyper::ext::ReasonPhrase;

use crate::fields::{Fields, Known};
use crate::http1::{Framing, Malformed};
use crate::input::Input;

/// What a head says.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    /// The phrase of a status that is not registered; of others everybody knows it.
    pub(crate) phrase: Option<ReasonPhrase>,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
    /// Its end-to-end fields.
    pub(crate) headers: HeaderMap,
}

/// Takes a whole head off `input`, of the answer to a request of this method; `None` if more bytes are needed. Interim responses (1xx) in front of it
/// are handed to `inform`. The list of fields comes back for another use.
pub(crate) fn parse(
    input: &mut Input,
    to: &Method,
    (mut spare, mut headers): (Fields, HeaderMap),
    mut inform: impl FnMut(StatusCode, Fields),
) -> Result<Option<(Head, Fields)>, Malformed> {
    loop {
        let Some(head) = input.take_response(to, &mut spare)? else { return Ok(None) };
        let status = head.status;
        if status == StatusCode::SWITCHING_PROTOCOLS {
            // Nobody asked for another protocol, so nobody may switch to one.
            return Err(Malformed("101 without an upgrade"));
        }
        if status.is_informational() {
            let mut fields = head.fields;
            end_hop(&mut fields);
            inform(status, fields);
            spare = Fields::default();
            continue;
        }
        let phrase = match status.canonical_reason() {
            None => ReasonPhrase::try_from(head.reason).ok(),
            Some(_) => None,
        };
        let mut fields = head.fields;
        end_hop(&mut fields);
        let (framing, keep_alive) = (head.framing, head.keeps_alive);
        fields.put_into(&mut headers);
        return Ok(Some((Head { status, phrase, framing, keep_alive, headers }, fields)));
    }
}

/// Takes out what ends here: the hop's own fields, and what `Connection` names, but for the length, which says what the message is.
fn end_hop(fields: &mut Fields) {
    let is_usual =
        |option: &[u8]| option.eq_ignore_ascii_case(b"keep-alive") || option.eq_ignore_ascii_case(b"close");
    let nominated: Vec<String> = fields
        .connection_options()
        .filter(|option| !is_usual(option))
        .map(|option| String::from_utf8_lossy(option).into_owned())
        .collect();
    let is_nominated = |name: &str| nominated.iter().any(|option| option.eq_ignore_ascii_case(name));
    fields.retain(|field| {
        let known = field.known();
        known == Known::ContentLength
            || !known.ends_in_responses() && (nominated.is_empty() || !is_nominated(field.name()))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderName;

    fn read(text: &str, to: &Method) -> Result<Option<(Head, Bytes)>, Malformed> {
        let mut input = Input::default();
        *input.rest() = Bytes::copy_from_slice(text.as_bytes());
        let parsed = parse(&mut input, to, Default::default(), |_, _| {})?;
        Ok(parsed.map(|(head, _)| (head, input.rest().clone())))
    }

    #[test]
    fn a_head_is_read_and_its_hop_by_hop_fields_stay_behind() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\nConnection: keep-alive, X-Internal\r\n\
                    Keep-Alive: timeout=5\r\nX-Internal: 1\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi";
        let (head, rest) = read(text, &Method::GET).unwrap().unwrap();
        assert_eq!((head.status, head.keep_alive), (StatusCode::OK, true));
        assert_eq!(head.framing, Framing::Length(2));
        let names: Vec<_> = head.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["server", "content-length"]);
        assert_eq!(rest, "hi");
    }

    #[test]
    fn nobody_makes_the_length_vanish() {
        let text = "HTTP/1.1 200 OK\r\nConnection: content-length, x\r\nX: 1\r\nContent-Length: 2\r\n\r\nhi";
        let (head, _) = read(text, &Method::GET).unwrap().unwrap();
        assert_eq!(head.framing, Framing::Length(2));
        assert_eq!(head.headers.len(), 1);
    }

    #[test]
    fn nobody_switches_protocols_unasked() {
        assert!(read("HTTP/1.1 101 Switching Protocols\r\n\r\n", &Method::GET).is_err());
    }

    #[test]
    fn only_a_status_without_a_name_keeps_its_phrase() {
        let phrase = |line: &str| {
            let (head, _) =
                read(&format!("{line}\r\nContent-Length: 0\r\n\r\n"), &Method::GET).unwrap().unwrap();
            head.phrase.map(|phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned())
        };
        assert_eq!(phrase("HTTP/1.1 299 Fancy Reason").as_deref(), Some("Fancy Reason"));
        assert_eq!(phrase("HTTP/1.1 299 ").as_deref(), Some(""));
        assert_eq!(phrase("HTTP/1.1 200 Awesome"), None);
    }
}
