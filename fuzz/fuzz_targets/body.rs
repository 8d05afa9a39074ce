//! A byte that says how, and then bytes that are read as a chunked body.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castgate::fuzzing::fuzz_body(bytes));
