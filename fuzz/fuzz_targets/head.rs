//! Bytes, as they are, to the head of a request.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castgate::fuzzing::fuzz_request_head(bytes));
