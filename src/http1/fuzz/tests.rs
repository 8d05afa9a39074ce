use super::*;
use proptest::prelude::*;

const REQUESTS: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nPOST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n",
    "PUT * HTTP/1.0\r\nConnection: close, Keep-Alive\r\nX-Y:  z \r\nE:\r\n\r\n",
    "POST http://a/b HTTP/1.9\r\nTransfer-Encoding: chunked\r\nx_y.z: a\tb\r\nx_y.z: \u{e9}\r\n\r\n0\r\n\r\n",
    "A / HTTP/1.1\r\n1: 1\r\n2: 2\r\n3: 3\r\n4: 4\r\n5: 5\r\n6: 6\r\n7: 7\r\n8: 8\r\n9: 9\r\na: a\r\nb: b\r\nc: c\r\nd: d\r\ne: e\r\nf: f\r\n\
     g: g\r\nh: h\r\ni: i\r\nj: j\r\nk: k\r\nl: l\r\nm: m\r\nn: n\r\n\r\n",
];

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 5\r\n\r\nhello",
    "\n\r\nHTTP/1.0 404 Not Found\nConnection: keep-alive\nX:  y \n\nbody",
    "HTTP/1.1 299\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 103 Early \u{e9} Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 304 X\r\n1: 1\r\n2: 2\r\n3: 3\r\n4: 4\r\n5: 5\r\n6: 6\r\n7: 7\r\n8: 8\r\n9: 9\r\na: a\r\nb: b\r\nc: c\r\nd: d\r\ne: e\r\n\
     f: f\r\ng: g\r\nh:h\r\n\r\n",
];

/// What heads are made of, and what they must not be.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b":",
    b",",
    b"#",
    b"\0",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"chunked",
    b"Content-Length: 1\r\n",
    b"Content-Length: 18446744073709551616\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"HTTP/1.1",
    b"HTTP/2.0",
    b"HTTP/1.0",
    b"GET / HTTP/1.1\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"a: b\r\n",
    b" folded\r\n",
    b"0",
    b"_",
];

/// Changes a text in a few places.
fn mutate(text: &mut Vec<u8>, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(0..4) {
        let place = random.usize(..=text.len());
        let end = (place + random.usize(..12)).min(text.len());
        match random.u8(..6) {
            0 => drop(text.splice(place..place, PIECES[random.usize(..PIECES.len())].iter().copied())),
            1 => drop(text.splice(place..end, PIECES[random.usize(..PIECES.len())].iter().copied())),
            2 => drop(text.drain(place..end)),
            3 => text.truncate(place),
            4 => {
                let piece = text[place..end].to_vec();
                let count = random.usize(1..40);
                let many = piece.repeat(count);
                drop(text.splice(place..place, many));
            }
            _ => {
                if let Some(byte) = text.get_mut(place) {
                    *byte = random.u8(..);
                }
            }
        }
    }
}

fn run(seeds: &[&str], check: fn(&[u8])) {
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..2_500 {
        let mut text = seeds[round % seeds.len()].as_bytes().to_vec();
        if round >= seeds.len() {
            mutate(&mut text, &mut random);
        }
        // What is wrong with it is said with the text that it was found in.
        let checked = std::panic::catch_unwind(|| check(&text));
        assert!(checked.is_ok(), "b\"{}\"", text.escape_ascii());
    }
}

#[test]
fn mutated_requests_are_read_as_they_must_be() {
    run(REQUESTS, fuzz_request_head);
}

#[test]
fn mutated_responses_are_read_as_they_must_be() {
    run(RESPONSES, fuzz_response_head);
}

proptest! {
    #[test]
    fn pieces_of_heads_are_read_as_they_must_be(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30),
        is_request in any::<bool>(),
    ) {
        let start = if is_request { &b"GET / HTTP/1.1\r\n"[..] } else { b"HTTP/1.1 200 OK\r\n" };
        let text = [start, &pieces.concat()].concat();
        fuzz_request_head(&text);
        fuzz_response_head(&text);
    }

    #[test]
    fn garbage_never_panics(text in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz_request_head(&text);
        fuzz_response_head(&text);
    }
}
