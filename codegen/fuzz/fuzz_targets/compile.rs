//! Bytes, as they are, to a gateway or a report.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzzed/mod.rs"]
mod fuzzed;

fuzz_target!(|bytes: &[u8]| fuzzed::bytes(bytes));
