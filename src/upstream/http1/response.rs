//! What of a response's head is the client's. What it says of this hop ends here (RFC 9110 section 7.6.1).

use std::time::Duration;

use http::{Method, StatusCode};

use crate::fields::{Classes, Fields, Known, Nominated};
use crate::http1::{Framing, Malformed, Version};
use crate::input::Input;
use crate::upgrade::Asked;

/// What the head of a final response says.
#[derive(Debug)]
pub(crate) struct FinalHead {
    pub(crate) status: StatusCode,
    /// The phrase of a status that is not registered; of others everybody knows it.
    pub(crate) phrase: Option<Box<[u8]>>,
    pub(crate) framing: Framing,
    /// What would be the length of a body that is not there.
    pub(crate) announced: Option<u64>,
    pub(crate) keep_alive: bool,
    /// How long the backend keeps the connection while it is not used, if it says so.
    pub(crate) keeps_for: Option<Duration>,
    /// What behind the body ends here, too.
    pub(crate) nominated: Option<Box<Nominated>>,
    /// Its end-to-end fields.
    pub(crate) fields: Fields,
}

/// Takes a whole head off `input`, of the answer to a request of this method that asks for this upgrade; `None` if more bytes are needed.
/// Interim responses (1xx) in front of it are handed to `inform`; 101 is none, but the last that is said in HTTP. Fields are read into
/// `spare`, whose memory goes with the head.
pub(crate) fn parse(
    input: &mut Input,
    (to, upgrade): (&Method, Option<Asked>),
    spare: &mut Fields,
    mut inform: impl FnMut(StatusCode, Fields),
) -> Result<Option<FinalHead>, Malformed> {
    loop {
        let Some(head) = input.take_response(to, spare)? else { return Ok(None) };
        let status = head.status;
        if status == StatusCode::SWITCHING_PROTOCOLS {
            // Nobody may switch to what nobody has asked for.
            match upgrade {
                None => return Err(Malformed("101 without an upgrade")),
                // HTTP/1.0 knows none (RFC 9110 section 7.8): whoever speaks it has not read what it was asked.
                Some(_) if head.version == Version::Http10 => return Err(Malformed("101 in HTTP/1.0")),
                Some(Asked { token, .. }) if !switches_to(token, &head.fields) => {
                    return Err(Malformed("101 to another protocol than was asked for"));
                }
                Some(_) => {}
            }
        }
        let phrase = status.canonical_reason().is_none().then(|| Box::from(head.reason()));
        let mut fields = head.fields;
        let says_more = fields.has(Known::Connection);
        let nominated = if says_more { end_nominated(status, &mut fields)? } else { None };
        let keeps_for = end_hop(status, &mut fields);
        if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
            inform(status, fields);
            continue;
        }
        let (framing, announced, keep_alive) = (head.framing, head.announced, head.keeps_alive);
        let head = FinalHead { status, phrase, framing, announced, keep_alive, keeps_for, nominated, fields };
        return Ok(Some(head));
    }
}

/// Whether this is all that the head of a 101 says (RFC 9110 section 7.8).
#[cold]
fn switches_to(token: &str, fields: &Fields) -> bool {
    let mut switched = fields.get_all("upgrade");
    let is_asked = switched.next().is_some_and(|to| to.eq_ignore_ascii_case(token.as_bytes()));
    let is_meant = || fields.connection_options().any(|option| option.eq_ignore_ascii_case(b"upgrade"));
    is_asked && switched.next().is_none() && is_meant()
}

/// Takes out what ends here: what is said of the connection and of the framing, and the hop's own fields. How long the connection is kept,
/// if it was among that.
fn end_hop(status: StatusCode, fields: &mut Fields) -> Option<Duration> {
    let is_said = fields.has(Known::KeepAlive);
    let keeps_for = is_said.then(|| fields.all(Known::KeepAlive).rev().find_map(timeout)).flatten();
    match status {
        StatusCode::UPGRADE_REQUIRED => fields.remove_all(Classes::ENDS_IN_RESPONSES.without(REQUIRED)),
        _ => fields.remove_all(Classes::ENDS_IN_RESPONSES),
    }
    keeps_for
}

/// A 426 has to say what is required (RFC 9110 section 15.5.22), so that is passed on.
const REQUIRED: Classes = Classes::one(Known::Upgrade);

/// Takes out what `Connection` names.
#[inline(never)]
fn end_nominated(status: StatusCode, fields: &mut Fields) -> Result<Option<Box<Nominated>>, Malformed> {
    let nominated = Nominated::of(fields).map_err(|_| Malformed("Connection names too many fields"))?;
    let kept = if status == StatusCode::UPGRADE_REQUIRED { REQUIRED } else { Classes::NONE };
    if let Some(nominated) = &nominated {
        fields.retain(|field| kept.has(field.known()) || !nominated.has(field));
    }
    Ok(nominated)
}

/// What `Keep-Alive: timeout=5, max=100` says of the time, in seconds: RFC 2068 section 19.7.1.1 left it open, and servers write it so.
#[cold]
fn timeout(value: &[u8]) -> Option<Duration> {
    let value = std::str::from_utf8(value).ok()?;
    let mut members = value.split(',').filter_map(|member| member.split_once('='));
    let (_, seconds) = members.find(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"))?;
    seconds.trim().parse().ok().map(|seconds: u32| Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tunnel::Tunnels;
    use bytes::Bytes;

    fn read(text: &str, to: &Method) -> Result<Option<(FinalHead, Bytes)>, Malformed> {
        let mut input = Input::default();
        *input.rest() = Bytes::copy_from_slice(text.as_bytes());
        let parsed = parse(&mut input, (to, None), &mut Fields::default(), |_, _| {})?;
        Ok(parsed.map(|head| (head, input.rest().clone())))
    }

    #[test]
    fn a_head_is_read_and_its_hop_by_hop_fields_stay_behind() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\nConnection: keep-alive, X-Internal\r\n\
                    Keep-Alive: timeout=5\r\nX-Internal: 1\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi";
        let (head, rest) = read(text, &Method::GET).unwrap().unwrap();
        assert_eq!((head.status, head.keep_alive), (StatusCode::OK, true));
        assert_eq!(head.framing, Framing::Length(2));
        let names: Vec<_> = head.fields.iter().map(|field| field.name()).collect();
        assert_eq!(names, ["Server"]);
        assert_eq!(rest, "hi");
    }

    #[test]
    fn only_a_426_says_what_it_could_be_upgraded_to() {
        for (line, names) in
            [("426 Upgrade Required", &["Upgrade", "upgrade", "A"][..]), ("400 Bad Request", &["A"][..])]
        {
            let text = format!(
                "HTTP/1.1 {line}\r\nConnection: upgrade, x\r\nUpgrade: one\r\nupgrade: two\r\nX: 1\r\nA: 1\r\nContent-Length: 0\r\n\r\n"
            );
            let (head, _) = read(&text, &Method::GET).unwrap().unwrap();
            assert_eq!(head.fields.iter().map(|field| field.name()).collect::<Vec<_>>(), names);
        }
    }

    #[test]
    fn how_long_a_connection_is_kept_is_read() {
        for (value, seconds) in [
            ("timeout=5", Some(5)),
            ("max=100, Timeout = 7", Some(7)),
            ("timeout=0, max=1", Some(0)),
            ("max=100", None),
            ("timeout", None),
            ("timeout=-1", None),
            ("timeout=99999999999", None),
        ] {
            let text = format!("HTTP/1.1 204 No Content\r\nKeep-Alive: {value}\r\n\r\n");
            let (head, _) = read(&text, &Method::GET).unwrap().unwrap();
            assert_eq!(head.keeps_for, seconds.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn nobody_makes_the_length_vanish() {
        let text = "HTTP/1.1 200 OK\r\nConnection: content-length, x\r\nX: 1\r\nContent-Length: 2\r\n\r\nhi";
        let (head, _) = read(text, &Method::GET).unwrap().unwrap();
        assert_eq!(head.framing, Framing::Length(2));
        assert!(head.fields.is_empty());
    }

    #[test]
    fn what_connection_names_is_known_behind_the_head_and_has_a_bound() {
        let of = |names: usize| {
            let names = vec!["x-a"; names].join(", ");
            let text = format!(
                "HTTP/1.1 200 OK\r\nConnection: close, {names}\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n"
            );
            read(&text, &Method::GET)
        };
        let (head, _) = of(32).unwrap().unwrap();
        assert!(head.nominated.is_some() && head.fields.is_empty() && !head.keep_alive);
        assert!(of(33).is_err());
    }

    #[test]
    fn a_body_that_is_not_there_has_the_length_that_is_said() {
        for (line, to, announced) in [
            ("200 OK", Method::HEAD, Some(7)),
            ("304 Not Modified", Method::GET, Some(7)),
            ("204 No Content", Method::GET, None),
            ("204 No Content", Method::HEAD, None),
            ("200 OK", Method::GET, None),
        ] {
            let text = format!("HTTP/1.1 {line}\r\nContent-Length: 7\r\n\r\n");
            assert_eq!(read(&text, &to).unwrap().unwrap().0.announced, announced, "{line}");
        }
    }

    #[test]
    fn nobody_switches_protocols_unasked() {
        assert!(read("HTTP/1.1 101 Switching Protocols\r\n\r\n", &Method::GET).is_err());
    }

    #[test]
    fn a_101_says_what_was_asked_for_and_nothing_else() {
        let asked = Some(Asked { token: "websocket", tunnels: Tunnels::OPENED });
        let is_read = |head: &str| {
            let mut input = Input::default();
            *input.rest() = Bytes::from(format!("{head}\r\nrest"));
            let parsed = parse(&mut input, (&Method::GET, asked), &mut Fields::default(), |_, _| {});
            let Ok(Some(head)) = parsed else { return false };
            let names: Vec<_> = head.fields.iter().map(|field| field.name()).collect();
            assert_eq!((names.as_slice(), head.framing), (&["X"][..], Framing::Nothing));
            *input.rest() == "rest"
        };
        let good = "HTTP/1.1 101 Switching Protocols\r\nX: 1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n";
        assert!(is_read(good));
        // A length has no meaning here.
        assert!(is_read(&format!("{good}Content-Length: 4\r\n")));
        for (from, to) in [
            ("HTTP/1.1", "HTTP/1.0"),
            ("Upgrade: WebSocket", "Upgrade: h2c"),
            ("Upgrade: WebSocket", "Upgrade: websocket, h2c"),
            ("Upgrade: WebSocket", "Upgrade: websocket\r\nUpgrade: websocket"),
            ("Upgrade: WebSocket\r\n", ""),
            ("keep-alive, Upgrade", "keep-alive"),
            ("X: 1", "Transfer-Encoding: chunked\r\nContent-Length: 1"),
        ] {
            assert!(!is_read(&good.replace(from, to)), "{to}");
        }
    }

    #[test]
    fn only_a_status_without_a_name_keeps_its_phrase() {
        let phrase = |line: &str| {
            let (head, _) =
                read(&format!("{line}\r\nContent-Length: 0\r\n\r\n"), &Method::GET).unwrap().unwrap();
            head.phrase.map(|phrase| String::from_utf8_lossy(&phrase).into_owned())
        };
        assert_eq!(phrase("HTTP/1.1 299 Fancy Reason").as_deref(), Some("Fancy Reason"));
        assert_eq!(phrase("HTTP/1.1 299 ").as_deref(), Some(""));
        assert_eq!(phrase("HTTP/1.1 200 Awesome"), None);
    }
}
