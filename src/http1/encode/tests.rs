//! The model with arbitrary steps, and what a connection sees of the usual ones.

use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::model::{Step, check};
use super::*;

fn framing() -> impl Strategy<Value = Framing> {
    prop_oneof![
        1 => Just(Framing::Nothing),
        1 => (0u64..60).prop_map(Framing::Length),
        1 => (COPY as u64 - 2..3 * COPY as u64).prop_map(Framing::Length),
        3 => Just(Framing::Chunked),
        1 => Just(Framing::UntilClose),
    ]
}

fn data() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0usize..40, 1 => COPY - 2..COPY + 3, 1 => COPY..3 * COPY]
}

fn take() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0usize..60, 1 => 0..3 * COPY, 2 => Just(usize::MAX)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (framing(), 0usize..40).prop_map(|(framing, head)| Step::Begin(framing, head)),
        1 => (0usize..20).prop_map(Step::Interim),
        8 => data().prop_map(Step::Data),
        3 => (0usize..3).prop_map(Step::End),
        1 => Just(Step::BreakOff),
        1 => Just(Step::TakeBuffer),
        1 => Just(Step::Renew),
        8 => take().prop_map(Step::Take),
    ]
}

/// A message as its driver sends it, now and then with something wrong; what is right gets far.
fn message() -> impl Strategy<Value = Vec<Step>> {
    let piece = (data(), prop::option::of(take()));
    let odd = prop::option::weighted(0.1, step());
    (0u8..4, 0usize..40, prop::collection::vec(piece, 0..6), 0usize..3, odd, any::<prop::sample::Index>())
        .prop_map(|(kind, head, pieces, trailers, odd, place)| {
            let sum: usize = pieces.iter().map(|(length, _)| length).sum();
            let framing = match kind {
                0 => Framing::Length(sum as u64),
                1 => Framing::UntilClose,
                _ => Framing::Chunked,
            };
            let mut steps = vec![Step::Begin(framing, head)];
            for (length, take) in pieces {
                steps.push(Step::Data(length));
                steps.extend(take.map(Step::Take));
            }
            steps.push(Step::End(trailers));
            if let Some(odd) = odd {
                steps.insert(place.index(steps.len()), odd);
            }
            steps.push(Step::Take(usize::MAX));
            steps
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn what_is_called_sent_is_one_complete_message(steps in prop::collection::vec(step(), 0..24)) {
        check(steps);
    }

    #[test]
    fn messages_follow_each_other_whole(messages in prop::collection::vec(message(), 1..4)) {
        check(messages.concat());
    }

    #[test]
    fn little_waits_if_the_room_is_respected(
        steps in prop::collection::vec((data(), prop::option::of(0usize..3_000)), 0..60),
        chunked in any::<bool>(),
    ) {
        let mut encoder = Encoder::default();
        encoder.begin(if chunked { Framing::Chunked } else { Framing::UntilClose });
        for (length, take) in steps {
            if encoder.has_room() {
                encoder.data(Bytes::from(vec![b'x'; length])).unwrap();
                let waits: usize = encoder.slices().iter().map(|slice| slice.len()).sum();
                prop_assert!(waits <= 2 * COPY + length + 40, "{waits}");
                prop_assert!(encoder.front.capacity() <= 4 * COPY + 100 && encoder.back.capacity() <= KEPT);
                prop_assert!(encoder.runs.len() <= PIECES + 1);
            }
            let waits: usize = encoder.slices().iter().map(|slice| slice.len()).sum();
            encoder.advance(take.unwrap_or(waits).min(waits));
        }
    }
}

fn start(framing: Framing) -> Encoder {
    let mut encoder = Encoder::default();
    encoder.buffer().extend_from_slice(b"HEAD\r\n\r\n");
    encoder.begin(framing);
    encoder
}

/// All that waits, in the slices in which it waits.
fn waiting(encoder: &Encoder) -> Vec<String> {
    let slices = encoder.slices();
    slices
        .iter()
        .filter(|slice| !slice.is_empty())
        .map(|slice| String::from_utf8_lossy(slice).into_owned())
        .collect()
}

#[test]
fn a_head_and_a_small_body_are_one_buffer() {
    let mut encoder = start(Framing::Length(5));
    encoder.data(Bytes::from_static(b"hello")).unwrap();
    assert!(encoder.is_whole() && !encoder.is_done());
    assert_eq!(waiting(&encoder), ["HEAD\r\n\r\nhello"]);
    assert_eq!((encoder.advance(10), encoder.is_done()), (2, false));
    assert_eq!((encoder.advance(3), encoder.is_done()), (3, true));
    let mut encoder = start(Framing::Chunked);
    encoder.data(Bytes::from_static(b"hello")).unwrap();
    encoder.data(Bytes::from_static(b" world, how are you?")).unwrap();
    let mut sum = Fields::default();
    sum.append(&HeaderName::from_static("x-sum"), &HeaderValue::from_static("1"));
    encoder.end(Some(&sum)).unwrap();
    let text = "HEAD\r\n\r\n5\r\nhello\r\n14\r\n world, how are you?\r\n0\r\nx-sum: 1\r\n\r\n";
    assert_eq!(waiting(&encoder), [text]);
    assert_eq!((encoder.advance(text.len()), encoder.is_done()), (25, true));
}

#[test]
fn an_interim_response_counts_for_nothing_however_it_leaves() {
    let mut encoder = Encoder::default();
    encoder.buffer().extend_from_slice(b"HTTP/1.1 103 Early Hints\r\n\r\n");
    assert!(!encoder.is_done() && !encoder.is_whole());
    assert_eq!(encoder.advance(9), 0);
    encoder.buffer().extend_from_slice(b"HEAD\r\n\r\n");
    encoder.begin(Framing::Length(5));
    encoder.data(Bytes::from_static(b"hello")).unwrap();
    assert_eq!(waiting(&encoder), ["103 Early Hints\r\n\r\nHEAD\r\n\r\nhello"]);
    assert_eq!((encoder.advance(29), encoder.advance(3), encoder.is_done()), (2, 3, true));
}

#[test]
fn few_pieces_wait_however_small_they_are() {
    let mut encoder = start(Framing::Chunked);
    let pieces = (0..1_000).take_while(|_| {
        let has_room = encoder.has_room();
        encoder.data(Bytes::from_static(b"x")).unwrap();
        has_room
    });
    assert_eq!(pieces.count(), PIECES - 1);
    encoder.advance(usize::MAX);
    assert!(encoder.has_room() && encoder.runs.len() == 1);
}

#[test]
fn large_data_is_not_copied() {
    let data = Bytes::from(vec![b'x'; COPY + 1]);
    let mut encoder = start(Framing::Chunked);
    encoder.data(data.clone()).unwrap();
    assert!(!encoder.has_room());
    encoder.end(None).unwrap();
    let slices = encoder.slices();
    assert_eq!((&slices[0][..], &slices[2][..]), (&b"HEAD\r\n\r\n2001\r\n"[..], &b"\r\n0\r\n\r\n"[..]));
    assert_eq!(slices[1].as_ptr(), data.as_ptr());
    // What was taken is let go.
    assert_eq!(encoder.advance(14 + data.len()), data.len() as u64);
    assert!(encoder.data.is_empty() && data.is_unique());
    assert_eq!(waiting(&encoder), ["\r\n0\r\n\r\n"]);
    assert_eq!((encoder.advance(7), encoder.is_done()), (0, true));
}

#[test]
fn the_memory_is_used_again_and_can_be_lent() {
    let mut encoder = Encoder::default();
    let mut spare = Vec::new();
    let mut memory = None;
    for round in 0..6 {
        *encoder.buffer() = spare;
        encoder.buffer().extend_from_slice(b"HEAD\r\n\r\n");
        encoder.begin(Framing::Chunked);
        encoder.data(Bytes::from_static(&[b'x'; 100])).unwrap();
        assert!(encoder.take_buffer().is_empty() && !encoder.is_empty(), "while something waits");
        encoder.advance(usize::MAX);
        assert!(encoder.is_empty() && encoder.take_buffer().capacity() == 0, "within a message");
        encoder.data(Bytes::from(vec![b'x'; COPY + 1])).unwrap();
        encoder.end(None).unwrap();
        encoder.advance(usize::MAX);
        assert!(encoder.is_done());
        let back = encoder.back.as_ptr();
        spare = encoder.take_buffer();
        assert_eq!(*memory.get_or_insert((spare.as_ptr(), back)), (spare.as_ptr(), back), "{round}");
        assert!(spare.is_empty() && spare.capacity() > 0 && encoder.front.capacity() == 0);
        assert!(encoder.back.capacity() <= KEPT);
    }
}

#[test]
fn what_has_failed_stays_failed() {
    type Failure = fn(&mut Encoder) -> Result<(), Malformed>;
    let failures: [Failure; 4] = [
        |encoder| encoder.data(Bytes::from_static(b"123456")),
        |encoder| encoder.data(Bytes::from_static(b"1234")).and_then(|()| encoder.end(None)),
        |encoder| {
            encoder.data(Bytes::from_static(b"12345"))?;
            encoder.advance(usize::MAX);
            encoder.data(Bytes::from_static(b"6"))
        },
        |encoder| {
            encoder.break_off();
            encoder.end(None)
        },
    ];
    for fail in failures {
        let mut encoder = start(Framing::Length(5));
        assert!(fail(&mut encoder).is_err());
        for _ in 0..2 {
            assert!(waiting(&encoder).is_empty() && encoder.is_empty() && !encoder.is_done());
            assert!(encoder.data(Bytes::new()).is_err() && encoder.end(None).is_err());
            encoder.buffer().extend_from_slice(b"HEAD\r\n\r\n");
            encoder.begin(Framing::Nothing);
            assert_eq!(encoder.advance(8), 0);
        }
    }
}

#[test]
fn sizes_are_written_as_they_are() {
    for size in [1, 9, 10, 15, 16, 255, 256, 8 * 1024 + 1, usize::MAX] {
        let (text, start) = size_line(size);
        assert_eq!(String::from_utf8_lossy(&text[start..]), format!("{size:x}\r\n"));
    }
}
