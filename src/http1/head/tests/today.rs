//! Against the codec towards backends that this one takes the place of, as long as it is there.

// Its modules name each other so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Malformed(&'static str);
#[allow(dead_code)]
#[path = "../../../upstream/http1/body.rs"]
mod body;
#[allow(dead_code)]
#[path = "../../../upstream/http1/response.rs"]
mod old;

use crate::fields::{Fields, Known};
use crate::http1::Framing;
use crate::http1::head::response;
use body::Decoder;
use bytes::Bytes;
use http::{HeaderMap, Method};
use proptest::prelude::*;

const LINES: &[&str] = &[
    "Content-Length: 5\r\n",
    "Content-Length: x\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, X-Hop\r\n",
    "X-Hop: 1\r\n",
    "Keep-Alive: timeout=5\r\n",
    "Proxy-Authenticate: x\r\n",
    "Upgrade: h2c\r\n",
    "Set-Cookie: a\r\n",
    "Set-Cookie: b\n",
    "X:\r\n",
    "X : y\r\n",
    " x\r\n",
    "Date: \u{e9}\r\n",
    "A: \u{0}\r\n",
    "\r",
];

/// What goes on of a head, by the rules that were the codec's and are the table's.
fn end_to_end(fields: &Fields) -> HeaderMap {
    let mut fields = fields.clone();
    let options: Vec<Vec<u8>> = fields.connection_options().map(<[u8]>::to_vec).collect();
    let is_nominated = |name: &str| options.iter().any(|option| option.eq_ignore_ascii_case(name.as_bytes()));
    fields.retain(|field| {
        let is_length = field.known() == Known::ContentLength;
        !field.known().ends_in_responses() && (is_length || !is_nominated(field.name()))
    });
    HeaderMap::from(&fields)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn both_read_a_response_alike(
        version in prop::sample::select(vec!["1.1", "1.0", "2.0"]),
        status in prop::sample::select(vec!["200 OK", "204 X", "304 X", "299 Y", "404", "99 X", "200 \u{1}"]),
        lines in prop::collection::vec(prop::sample::select(LINES), 0..6),
        to_head in any::<bool>(),
        end in prop::sample::select(vec!["\r\n", "\n", "\r\nrest", ""]),
    ) {
        let text = format!("HTTP/{version} {status}\r\n{}{end}", lines.concat());
        let (mut ours, mut theirs) = (Bytes::from(text.clone()), Bytes::from(text.clone()));
        let (mut map, method) = (HeaderMap::new(), if to_head { Method::HEAD } else { Method::GET });
        let old = old::parse(&mut theirs, &mut map, to_head);
        match (response(&mut ours, &method, &mut Fields::default()), old) {
            (Ok(Some(new)), Ok(Some(old))) => {
                prop_assert_eq!(ours, theirs);
                prop_assert_eq!((new.status, new.keeps_alive), (old.status, old.keep_alive));
                match (new.framing, old.body) {
                    (Framing::Nothing, Decoder::Length(0))
                    | (Framing::Chunked, Decoder::Chunked(_))
                    | (Framing::UntilClose, Decoder::UntilClose) => {}
                    (Framing::Length(new), Decoder::Length(old)) => prop_assert_eq!(new, old),
                    (new, old) => panic!("{new:?} is not {old:?}"),
                }
                prop_assert_eq!(end_to_end(&new.fields), map);
            }
            (Ok(None), Ok(None)) | (Err(_), Err(_)) => {}
            (new, old) => panic!("{text:?}: {new:?} is not {old:?}"),
        }
    }
}
