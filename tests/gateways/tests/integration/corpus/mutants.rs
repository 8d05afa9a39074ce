//! Entries that were changed at random: what comes of them nobody has written down, but the judge has the same question.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;

use castgate_test_support::{Gateway, Upstream};

use super::recorder::{MARK, Recorder};
use super::{PATIENCE, corpus, judge, log, settled};
use crate::testbed::launch;

const MUTANTS: usize = 2_000;
/// Many wait for a body that never comes, until limits.yml has enough of it.
const CLIENTS: usize = 60;
/// Ends a connection, unless it is taken for something else.
const LAST: &[u8] = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
/// What parsers stumble over.
const STUMBLING_BLOCKS: [&[u8]; 20] = [
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b"\0",
    b"\x0b",
    b"\x7f",
    b"\xff",
    b":",
    b";",
    b",",
    b"#",
    b"0",
    b"0\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"GET /p HTTP/1.1\r\nHost: a\r\n\r\n",
    b"Connection: close\r\n",
];

/// `CASTGATE_SEED=17` begins with another one.
fn seed() -> u64 {
    std::env::var("CASTGATE_SEED").map_or(7, |text| text.parse().expect("CASTGATE_SEED is a number"))
}

fn mutant(random: &mut fastrand::Rng, all: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.choice(all).cloned().unwrap_or_default();
    for _ in 0..random.usize(1..=3) {
        let (from, to) = (random.usize(0..=bytes.len()), random.usize(0..=bytes.len()));
        let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 40));
        match random.u8(0..5) {
            0 => drop(bytes.drain(from..to)),
            1 => drop(bytes.splice(from..from, bytes[from..to].to_vec())),
            2 => drop(bytes.splice(from..from, random.choice(STUMBLING_BLOCKS).unwrap_or_default().to_vec())),
            3 if from < bytes.len() => bytes[from] = random.u8(..),
            _ => {
                let other = random.choice(all).cloned().unwrap_or_default();
                bytes.truncate(from);
                bytes.extend_from_slice(&other[random.usize(0..=other.len())..]);
            }
        }
    }
    bytes
}

/// The ids of the backend's answers to these bytes.
fn answered(gateway: &Gateway, bytes: &[u8]) -> Vec<String> {
    let mut client = gateway.connect();
    client.set_timeout(PATIENCE);
    _ = client.try_send([bytes, LAST].concat());
    let answers = std::iter::from_fn(|| client.read_response_to("GET").ok());
    let of_backend = answers.filter(|response| response.header(MARK).is_some());
    of_backend.filter_map(|response| response.header("x-request-id").map(str::to_owned)).collect()
}

#[test]
fn nor_does_it_when_the_bytes_are_changed_at_random() {
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    // An answer to HEAD has no body, and a changed HEAD does not say which answers are; large ones take their time.
    let is_of_use = |bytes: &Vec<u8>| bytes.len() < 3_000 && !bytes.windows(4).any(|four| four == b"HEAD");
    let all: Vec<Vec<u8>> = corpus().into_iter().map(|entry| entry.bytes).filter(is_of_use).collect();
    let mutants: Vec<Vec<u8>> = (0..MUTANTS).map(|_| mutant(&mut random, &all)).collect();
    let (recorder, nobody) = (Recorder::start(), Upstream::echo());
    let gateway = launch("limits", [&nobody, &nobody, &nobody]).env("A", recorder.url()).start();
    let waiting = Mutex::new(mutants.iter());
    let next = || waiting.lock().unwrap().next();
    let take = || {
        let mut taken = Vec::new();
        while let Some(bytes) = next() {
            let place = String::from_utf8_lossy(bytes).escape_debug().to_string();
            taken.extend(answered(&gateway, bytes).into_iter().map(|id| (id, place.clone())));
        }
        taken
    };
    let answers: BTreeMap<String, String> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(take)).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    assert!(answers.len() > MUTANTS / 20, "only {} answers came from the backend", answers.len());
    let got = settled(&recorder);
    let ids: BTreeSet<&str> = answers.keys().chain(got.requests.keys()).map(String::as_str).collect();
    let logged = log(&gateway, &ids);
    let left = |id: &str| logged.iter().any(|(of, status)| of == id && *status == 499);
    let mut faults: Vec<String> = got.faults.iter().map(|(_, fault)| fault.clone()).collect();
    faults.extend(judge::match_up(&got, &answers, left));
    assert!(faults.is_empty(), "CASTGATE_SEED={seed}\n{}", faults.join("\n"));
}
