//! The fuzzer's functions with its seeds and with seeded mutations of them: bounded, and the same each time.

use std::fs;
use std::path::Path;

use super::*;
use crate::http1::fuzz::{fuzz_request_head, fuzz_response_head};

/// What bodies are made of, and what they must not be.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b";",
    b"=",
    b"\"",
    b"\\",
    b":",
    b"0",
    b"5",
    b"a",
    b"F",
    b"0\r\n",
    b"0\r\n\r\n",
    b"\r\n0\r\n\r\n",
    b"5\r\nhello\r\n",
    b"5;a=b\r\nhello\r\n",
    b"5;a=\"b\\\"\"\r\nhello\r\n",
    b"a: b\r\n",
    b"a:b\n",
    b" a:b\r\n",
    b"\0",
    b"\x7f",
    b"\xff",
    b"ffffffffffffffff",
    b"8000000000000000\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
];

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds: Vec<(String, Vec<u8>)> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), fs::read(&path).unwrap())
        })
        .collect();
    seeds.sort();
    assert!(seeds.len() > 3, "few seeds in {}", directory.display());
    seeds
}

/// Changes a text in a few places.
fn mutate(text: &mut Vec<u8>, random: &mut fastrand::Rng) {
    for _ in 0..random.usize(0..4) {
        let place = random.usize(..=text.len());
        let end = (place + random.usize(..8)).min(text.len());
        match random.u8(..6) {
            0 => drop(text.splice(place..place, random.choice(PIECES).unwrap().iter().copied())),
            1 => drop(text.splice(place..end, random.choice(PIECES).unwrap().iter().copied())),
            2 => drop(text.drain(place..end)),
            3 => text.truncate(place),
            4 => {
                let many = text[place..end].repeat(random.usize(1..30));
                drop(text.splice(place..place, many));
            }
            _ => text.iter_mut().skip(place).take(1).for_each(|byte| *byte = random.u8(..)),
        }
    }
}

fn run(target: &str, rounds: usize, check: fn(&[u8])) {
    let seeds = seeds(target);
    let mut random = fastrand::Rng::with_seed(11);
    for (path, seed) in &seeds {
        assert!(std::panic::catch_unwind(|| check(seed)).is_ok(), "{path}");
    }
    for round in 0..rounds {
        let mut text = seeds[round % seeds.len()].1.clone();
        mutate(&mut text, &mut random);
        // What is wrong with it is said with the bytes that it was found in.
        let checked = std::panic::catch_unwind(|| check(&text));
        assert!(checked.is_ok(), "{target}: b\"{}\"", text.escape_ascii());
    }
}

#[test]
fn mutated_bodies_are_read_as_they_must_be() {
    run("body", 6_000, fuzz_body);
}

#[test]
fn mutated_steps_write_whole_messages_or_none() {
    run("encode", 3_000, fuzz_encode);
}

#[test]
fn the_seeds_of_heads_are_read_as_they_must_be() {
    run("head", 0, fuzz_request_head);
    run("response", 0, fuzz_response_head);
}

/// A reader that agrees with everything would find nothing.
#[test]
fn the_other_reader_reads() {
    assert_eq!(bodies(b"5\r\nhello\r\n0\r\n\r\n"), [&b"hello"[..], b""]);
    assert_eq!(bodies(b"5\r\nhelloX"), [b""; 0]);
    assert_eq!(bodies(b"0\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"), [&b""[..], b"hi", b""]);
}
