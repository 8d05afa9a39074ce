//! What must hold of any bytes that are read as a body, and of any steps by which a message is written: functions for
//! fuzzing, which panic where it does not. Tests call them with seeded mutations, and a fuzzer with what it finds.

mod peer;

use super::Framing;
use super::body::Decoder;
use super::body::model::{check, decode};
use super::encode::model::{self, Step};
use super::naive::Reading;
use peer::bodies;

/// Reads the bytes as a chunked body: of a request or of a response, in pieces as large as the first byte says, as the
/// naive reader does; and where a request has a whole one, hyper finds the same body there, and the same next request.
pub fn fuzz_body(bytes: &[u8]) {
    let Some((&first, text)) = bytes.split_first() else { return };
    let (padded, size) = (first & 1 == 1, usize::from(first >> 1));
    let cuts = (0..text.len()).step_by(size.max(1)).take(if size == 0 { 0 } else { text.len() });
    check(text, cuts, padded);
    if let Reading::Whole(body, length) = decode(&mut Decoder::request(Framing::Chunked), &[text])
        && length < 8 * 1024
    {
        let others = bodies(&text[..length]);
        assert_eq!(others, [&body.data[..], b""], "another body, or another next request");
    }
}

/// Takes the bytes for steps, and writes messages by them.
pub fn fuzz_encode(bytes: &[u8]) {
    model::check(steps(bytes));
}

/// One step of two bytes: what, and how much.
fn steps(bytes: &[u8]) -> impl Iterator<Item = Step> {
    bytes.as_chunks::<2>().0.iter().take(256).map(|&[what, much]| {
        let (kind, much) = (what & 7, usize::from(much));
        let large = match what >> 6 {
            0 | 1 => 0,
            // Around what is copied.
            2 => 8 * 1024 - 128,
            _ => 20_000,
        };
        match kind {
            0 => {
                let framing = match what >> 3 & 3 {
                    0 => Framing::Nothing,
                    1 => Framing::Length((much + large) as u64),
                    2 => Framing::Chunked,
                    _ => Framing::UntilClose,
                };
                Step::Begin(framing, much % 16)
            }
            1..=3 => Step::Data(much + large),
            4 => Step::End(much % 4),
            5 if what >> 3 & 7 == 0 => Step::BreakOff,
            5 if what >> 3 & 7 == 1 => Step::Interim(much),
            5 if what >> 3 & 7 == 2 => Step::TakeBuffer,
            5 if what >> 3 & 7 == 3 => Step::Renew,
            5 => Step::Take(usize::MAX),
            _ => Step::Take(much + large),
        }
    })
}

#[cfg(test)]
mod tests;
