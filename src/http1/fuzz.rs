//! What must hold of any bytes that are read as a head: functions for fuzzing, which panic where it does not. Tests call
//! them with seeded mutations, and a fuzzer with what it finds.

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::head::{Gathered, Limits, Refused, RequestHead, ResponseHead, request, response};
use super::{Framing, Version};
use crate::error::Reason;
use crate::fields::{Classes, Fields, Known};

mod model;

/// Small, so that short inputs reach them.
const LIMITS: Limits = Limits { bytes: 512, fields: 24, target: 128 };

/// Reads the bytes as the head of a request: whole, in any pieces, and as a naive parser and `httparse` do.
pub fn fuzz_request_head(bytes: &[u8]) {
    let whole = read(bytes, &mut Feed::whole(), |_, input, spare| request(input, &LIMITS, spare));
    let whole = whole.map(|(head, rest)| (of_request(&head), rest)).map_err(of_refused);
    for feed in feeds(bytes) {
        let cut = read(bytes, &mut feed.clone(), |head, input, spare| head.request(input, &LIMITS, spare));
        let cut = cut.map(|(head, rest)| (of_request(&head), rest)).map_err(of_refused);
        assert_same(&whole, &cut, &feed);
    }
    let expected = model::request(bytes, &LIMITS);
    match (&whole, &expected) {
        (Ok((text, rest)), model::Verdict::Read { text: expected, length }) => {
            assert_eq!(text, expected);
            assert_eq!(rest, &bytes[*length..]);
        }
        (Err(Some((reason, ..))), model::Verdict::Refused(expected)) => assert_eq!(reason, expected),
        (Err(None), model::Verdict::More) => {}
        // Garbage is found out early, or not.
        (Err(Some((Reason::BadRequest, ..))), model::Verdict::More) => {}
        _ => panic!("{whole:?} is not {expected:?}"),
    }
    let read = read(bytes, &mut Feed::whole(), |_, input, spare| request(input, &LIMITS, spare));
    if let Ok((head, rest)) = read {
        let taken = &bytes[..bytes.len() - rest.len()];
        assert!(taken.len() - head.length <= 4 && head.length <= LIMITS.bytes);
        assert!(head.fields.len() <= LIMITS.fields && head.target().len() <= LIMITS.target);
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut theirs = httparse::Request::new(&mut fields);
        let is_text = std::str::from_utf8(&head.target()).is_ok();
        if is_text && matches!(&head_version(taken), b"HTTP/1.0" | b"HTTP/1.1") {
            assert_eq!(theirs.parse(taken), Ok(httparse::Status::Complete(taken.len())));
            assert_eq!(theirs.method, Some(head.method.as_str()));
            assert_eq!(theirs.path.map(str::as_bytes), Some(&head.target()[..]));
            assert_eq!(theirs.version == Some(0), head.version == Version::Http10);
            assert_fields(&head.fields, theirs.headers);
        }
        assert!(head.framing != Framing::UntilClose);
        assert_written_is_read(&head.fields);
        assert_map(&head.fields);
    }
}

/// Reads the bytes as the head of a response: whole, in any pieces, and as `httparse` does.
pub fn fuzz_response_head(bytes: &[u8]) {
    for to in [Method::GET, Method::HEAD] {
        let whole = read(bytes, &mut Feed::whole(), |_, input, spare| response(input, &to, spare));
        let whole = whole.map(|(head, rest)| (of_response(&head), rest));
        for feed in feeds(bytes) {
            let cut = read(bytes, &mut feed.clone(), |head, input, spare| head.response(input, &to, spare));
            assert_same(&whole, &cut.map(|(head, rest)| (of_response(&head), rest)), &feed);
        }
        let mut fields = [httparse::EMPTY_HEADER; 128];
        let mut theirs = httparse::Response::new(&mut fields);
        let parsed = theirs.parse(bytes);
        match (read(bytes, &mut Feed::whole(), |_, input, spare| response(input, &to, spare)), parsed) {
            (Ok((head, rest)), Ok(httparse::Status::Complete(length))) => {
                assert_eq!(rest, &bytes[length..]);
                assert_eq!(theirs.code, Some(head.status.as_u16()));
                let phrase = theirs.reason.unwrap_or_default().as_bytes();
                assert!(phrase == head.reason() || phrase.is_empty() && !head.reason().is_ascii());
                let has_length = head.fields.contains("content-length");
                if has_length || !theirs.headers.iter().any(|field| is_length(field.name)) {
                    assert_fields(&head.fields, theirs.headers);
                }
                assert_written_is_read(&head.fields);
                assert_map(&head.fields);
            }
            // A version that is still to be, which it knows nothing of.
            (Ok((head, _)), Err(httparse::Error::Version)) => assert_eq!(head.version, Version::Http11),
            (Ok((head, _)), other) => panic!("{head:?} was read, but {other:?}"),
            // What its grammar lets pass has two meanings, or none.
            (Err(Some(malformed)), Ok(httparse::Status::Complete(_))) => {
                let is_status = !(100..600).contains(&theirs.code.unwrap_or_default());
                let is_framing =
                    |name: &str| is_length(name) || name.eq_ignore_ascii_case("transfer-encoding");
                let has_framing = theirs.headers.iter().any(|field| is_framing(field.name));
                assert!(is_status || has_framing, "{malformed:?}");
            }
            (Err(None), Ok(httparse::Status::Complete(_))) => panic!("no end was found"),
            (Err(_), _) => {}
        }
    }
}

fn is_length(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-length")
}

/// The version at the end of the request line.
fn head_version(taken: &[u8]) -> [u8; 8] {
    let start = taken.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or_default();
    let end = start + taken[start..].iter().position(|byte| *byte == b'\r').unwrap_or_default();
    *taken[..end].last_chunk().unwrap_or(&[0; 8])
}

/// How bytes are cut into pieces.
#[derive(Clone, Debug)]
struct Feed {
    random: fastrand::Rng,
    most: usize,
}

impl Feed {
    fn whole() -> Self {
        Self { random: fastrand::Rng::with_seed(0), most: usize::MAX }
    }

    fn piece(&mut self, left: usize) -> usize {
        if self.most == usize::MAX { left } else { self.random.usize(1..=self.most).min(left) }
    }
}

/// Byte by byte, and in pieces of several lengths that depend on nothing but the bytes.
fn feeds(bytes: &[u8]) -> impl Iterator<Item = Feed> {
    let seed = bytes.iter().fold(bytes.len() as u64, |seed, byte| seed.rotate_left(7) ^ u64::from(*byte));
    let of = move |most| Feed { random: fastrand::Rng::with_seed(seed ^ most as u64), most };
    [usize::MAX, 1, 3, 40, 200].into_iter().map(of)
}

/// Feeds the bytes until there is a head or a refusal, or nothing is left (`Err(None)`); with what is behind the head.
fn read<T, E>(
    bytes: &[u8],
    feed: &mut Feed,
    mut parse: impl FnMut(&mut Gathered, &mut Bytes, &mut Fields) -> Result<Option<T>, E>,
) -> Result<(T, Vec<u8>), Option<E>> {
    let (mut gathered, mut spare, mut at) = (Gathered::default(), Fields::default(), 0);
    while at < bytes.len() {
        let piece = feed.piece(bytes.len() - at);
        let mut input = Bytes::copy_from_slice(&bytes[at..at + piece]);
        at += piece;
        if let Some(head) = parse(&mut gathered, &mut input, &mut spare).map_err(Some)? {
            assert!(gathered.is_empty() && spare.is_empty());
            return Ok((head, [&input[..], &bytes[at..]].concat()));
        }
    }
    Err(None)
}

fn assert_same<T: PartialEq + std::fmt::Debug, E: PartialEq + std::fmt::Debug>(
    whole: &Result<T, Option<E>>,
    cut: &Result<T, Option<E>>,
    feed: &Feed,
) {
    // What has no end yet is looked at only now and then.
    let waits = matches!((whole, cut), (Err(Some(_)), Err(None)));
    assert!(waits || whole == cut, "{whole:?} in pieces of {} is {cut:?}", feed.most);
}

/// All that it says.
fn of_request(head: &RequestHead) -> String {
    let RequestHead { method, version, fields, framing, keeps_alive, .. } = head;
    let RequestHead { awaits_consent, takes_trailers, length, .. } = head;
    let fields = of_fields(fields);
    let target = head.target();
    let target = target.escape_ascii();
    let says = format!("{keeps_alive} {awaits_consent} {takes_trailers}");
    format!("{method} {target} {version:?} {framing:?} {says} {length}\n{fields}")
}

fn of_response(head: &ResponseHead) -> String {
    let ResponseHead { version, status, fields, framing, announced, keeps_alive, .. } = head;
    let (fields, reason) = (of_fields(fields), head.reason().escape_ascii());
    format!("{version:?} {} {reason} {framing:?} {announced:?} {keeps_alive}\n{fields}", status.as_u16())
}

fn of_fields(fields: &Fields) -> String {
    fields.iter().map(|field| format!("{}: {}\n", field.name(), field.value().escape_ascii())).collect()
}

fn of_refused(refused: Option<Refused>) -> Option<(Reason, &'static str)> {
    refused.map(|refused| (refused.reason, refused.why))
}

fn assert_fields(ours: &Fields, theirs: &[httparse::Header<'_>]) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!((ours.name(), ours.value()), (theirs.name, theirs.value));
        assert_eq!(ours.name_bytes(), theirs.name.as_bytes());
        assert_eq!(ours.known(), Known::of(theirs.name.to_ascii_lowercase().as_bytes()));
    }
}

/// The next hop reads the same.
fn assert_written_is_read(fields: &Fields) {
    let mut text = b"GET / HTTP/1.1\r\n".to_vec();
    fields.lines(Classes::FRAMING, |piece| text.extend_from_slice(piece));
    text.extend_from_slice(b"\r\n");
    let mut input = Bytes::from(text);
    let limits = Limits { bytes: usize::MAX, fields: usize::MAX, target: 1 };
    let head = request(&mut input, &limits, &mut Fields::default());
    let head =
        head.unwrap_or_else(|refused| panic!("{refused:?}")).unwrap_or_else(|| panic!("it has no end"));
    let mut expected = fields.clone();
    expected.retain(|field| !Classes::FRAMING.has(field.known()));
    assert!(input.is_empty());
    assert_eq!(of_fields(&head.fields), of_fields(&expected));
}

/// The `http` crate takes all of them.
fn assert_map(fields: &Fields) {
    let map = HeaderMap::from(fields);
    assert_eq!(map.len(), fields.len());
    for field in fields.iter() {
        let ours = fields.get_all(field.name());
        assert!(ours.eq(map.get_all(field.name()).iter().map(http::HeaderValue::as_bytes)));
    }
    assert_eq!(Fields::from(&map).len(), fields.len());
}

#[cfg(test)]
mod tests;
