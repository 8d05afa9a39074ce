//! Bytes, as they are, to the head of a response.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castgate::fuzzing::fuzz_response_head(bytes));
