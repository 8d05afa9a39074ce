//! Bytes to a config that has the language's own structure, and most often is right: the compiler casts it or says why
//! not, and what it accepts, it accepts again when it is written out.
#![no_main]

use castgate_codegen::{Diagnostics, Source, Style, analyse, compile, normal};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/random/mod.rs"]
mod random;

fuzz_target!(|bytes: &[u8]| {
    let text = random::config(&mut random::Choices::of(bytes));
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", text);
    let result = compile(&mut source, &mut sink);
    assert_eq!(result.is_err(), sink.has_errors());
    let report = sink.render(&source, Style::Plain);
    assert!(!report.chars().any(|char| char.is_control() && char != '\n'));
    let Ok(cast) = result else { return };
    let normal = Source::new("gateway.yml", normal::text(&cast.model));
    let mut sink = Diagnostics::new();
    assert!(analyse(&normal, &mut sink).is_ok(), "{}", sink.render(&normal, Style::Plain));
});
