//! Bytes to a config that has the language's own structure, and most often is right: the compiler casts it or says why
//! not, and what it accepts, it accepts again when it is written out.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/fuzzed/mod.rs"]
mod fuzzed;
#[path = "../../tests/random/mod.rs"]
mod random;

fuzz_target!(|bytes: &[u8]| fuzzed::text(&random::config(&mut random::Choices::of(bytes))));
