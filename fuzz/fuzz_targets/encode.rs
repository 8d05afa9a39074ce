//! Bytes to steps by which messages are written.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| castgate::fuzzing::fuzz_encode(bytes));
