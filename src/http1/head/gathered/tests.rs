use super::*;
use bytes::BufMut;

const LIMITS: Limits = Limits { bytes: 64 * 1024, fields: 200, target: 8 * 1024 };
const BLOCK: usize = 64 * 1024;

/// What came, as a part of the block that it was read into.
fn arrive(block: &mut BytesMut, piece: &[u8]) -> Bytes {
    block.put_slice(piece);
    block.split().freeze()
}

/// Whether nobody else keeps the block.
fn is_free(block: &mut BytesMut) -> bool {
    block.try_reclaim(BLOCK)
}

#[test]
fn the_work_for_a_dripping_head_is_linear_in_its_length() {
    let long = "y".repeat(LIMITS.bytes - 4_000);
    let lines: String = (0..100).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let text = format!("\r\n\r\nGET /{} HTTP/1.1\r\n{lines}x: {long}\r\n\r\n", "z".repeat(1_000));
    let (mut gathered, mut spare, mut parsed) = (Gathered::default(), Fields::default(), 0);
    for (index, byte) in text.bytes().enumerate() {
        let parse = |bytes: &mut Bytes| {
            parsed += bytes.len();
            request(bytes, &LIMITS, &mut spare)
        };
        let head = gathered.parse(&mut Bytes::copy_from_slice(&[byte]), LIMITS.bytes, parse).unwrap();
        assert_eq!(head.is_some(), index + 1 == text.len());
    }
    assert!(parsed < 4 * text.len(), "{parsed} bytes were parsed for {}", text.len());
}

#[test]
fn many_lines_that_drip_are_no_more_work_than_that() {
    let limits = Limits { fields: usize::MAX, ..LIMITS };
    let text = format!("GET / HTTP/1.1\r\n{}\r\n", "a:\r\n".repeat(limits.bytes / 5));
    for size in [1, 2, 3, 50] {
        let (mut gathered, mut spare, mut parsed) = (Gathered::default(), Fields::default(), 0);
        let heads = text.as_bytes().chunks(size).filter(|piece| {
            let parse = |bytes: &mut Bytes| {
                parsed += bytes.len();
                request(bytes, &limits, &mut spare)
            };
            gathered.parse(&mut Bytes::copy_from_slice(piece), limits.bytes, parse).unwrap().is_some()
        });
        assert_eq!(heads.count(), 1);
        assert!(parsed < 4 * text.len() + AHEAD as usize, "{parsed} bytes were parsed for {}", text.len());
    }
}

#[test]
fn a_broken_line_is_found_out_when_it_has_come() {
    let lines: Vec<String> = (0..15).map(|number| format!("x-{number}: {}\r\n", "y".repeat(40))).collect();
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{}", lines.concat());
    for size in [1, 7, 30, head.len()] {
        let (mut gathered, mut spare) = (Gathered::default(), Fields::default());
        let mut come = |piece: &[u8]| {
            gathered
                .request(&mut Bytes::copy_from_slice(piece), &LIMITS, &mut spare)
                .map(|head| head.is_some())
        };
        assert!(head.as_bytes().chunks(size).all(|piece| matches!(come(piece), Ok(false))));
        assert!(matches!(come(b"b a d: c\r"), Ok(false)), "it is no line yet");
        assert!(come(b"\nx: y").is_err(), "{size}");
    }
}

#[test]
fn a_head_that_drips_keeps_no_block_and_one_that_is_whole_is_not_copied() {
    let (mut block, mut gathered, mut spare) =
        (BytesMut::with_capacity(BLOCK), Gathered::default(), Fields::default());
    let mut input = arrive(&mut block, b"GET / HTTP/1.1\r\nHost");
    assert!(gathered.request(&mut input, &LIMITS, &mut spare).unwrap().is_none());
    assert!(input.is_empty() && gathered.len() == 20 && is_free(&mut block));
    let mut input = arrive(&mut block, b": a\r\n\r\nbody");
    let head = gathered.request(&mut input, &LIMITS, &mut spare).unwrap().unwrap();
    assert_eq!((head.fields.get("host"), &input[..]), (Some(&b"a"[..]), &b"body"[..]));
    drop(input);
    assert!(gathered.is_empty() && is_free(&mut block));

    let mut input = arrive(&mut block, b"GET /path HTTP/1.1\r\n\r\n");
    let before = input.as_ptr();
    let head = gathered.request(&mut input, &LIMITS, &mut spare).unwrap().unwrap();
    assert_eq!(head.target().as_ptr().addr(), before.addr() + 4);
}

#[test]
fn a_body_is_not_copied_behind_its_head() {
    let (mut gathered, mut spare) = (Gathered::default(), Fields::default());
    assert!(
        gathered
            .response(&mut Bytes::from("HTTP/1.1 200 OK\r\n\r"), &Method::GET, &mut spare)
            .unwrap()
            .is_none()
    );
    let mut input = Bytes::from([b"\n", &[b'x'; 10_000][..]].concat());
    let body = input.slice(1..);
    assert!(gathered.response(&mut input, &Method::GET, &mut spare).unwrap().is_some());
    assert_eq!((input.as_ptr(), input.len()), (body.as_ptr(), body.len()));
}

#[test]
fn garbage_is_found_out_although_its_head_never_ends() {
    let found_after = |start: &str, byte: u8| {
        let (mut gathered, mut spare) = (Gathered::default(), Fields::default());
        assert!(gathered.request(&mut Bytes::from(start.to_owned()), &LIMITS, &mut spare).unwrap().is_none());
        (1..LIMITS.bytes * 2)
            .find(|_| gathered.request(&mut Bytes::from(vec![byte]), &LIMITS, &mut spare).is_err())
    };
    assert!(found_after("GET", b'\0').unwrap() <= 3);
    assert!(found_after("GET / HTTP/1.1\r\nx: ", 0).unwrap() <= 20);
    assert_eq!(found_after("GET / HTTP/1.1\r\nx: ", b'y').unwrap(), LIMITS.bytes - 19);
}

#[test]
fn what_came_of_the_line_is_known() {
    let (mut gathered, mut spare) = (Gathered::default(), Fields::default());
    assert!(gathered.line(&LIMITS).is_none());
    assert!(gathered.request(&mut Bytes::from("DELETE /a"), &LIMITS, &mut spare).unwrap().is_none());
    assert_eq!(gathered.line(&LIMITS), Some((Method::DELETE, Bytes::from("/a"))));
    assert!(gathered.request(&mut Bytes::from("b HTT"), &LIMITS, &mut spare).unwrap().is_none());
    assert_eq!(gathered.line(&LIMITS), Some((Method::DELETE, Bytes::from("/ab"))));
}

#[test]
fn a_limit_is_kept_whatever_comes_at_once() {
    let limits = Limits { bytes: 100, ..LIMITS };
    for size in [1, 7, 99, 100, 101, 1_000] {
        let (mut gathered, mut spare) = (Gathered::default(), Fields::default());
        let text = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(2_000));
        let refused = text.as_bytes().chunks(size).find_map(|piece| {
            let mut input = Bytes::copy_from_slice(piece);
            gathered.request(&mut input, &limits, &mut spare).err()
        });
        assert_eq!(refused.unwrap().reason, crate::error::Reason::HeadersTooLarge, "{size}");
    }
}
