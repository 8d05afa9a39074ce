//! Bytes to a config that has the language's own structure, and most often is right: what the compiler makes of it is
//! Rust, the same every time, and a config that is written out means the same again.
#![no_main]

use castgate_codegen::{Diagnostics, Source, Style, compile, normal};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/random/mod.rs"]
mod random;

fuzz_target!(|bytes: &[u8]| {
    let text = random::config(&mut random::Choices::of(bytes));
    let mut sink = Diagnostics::new();
    let source = Source::new("gateway.yml", text);
    let result = compile(&source, &mut sink);
    assert_eq!(result.is_err(), sink.has_errors());
    let report = sink.render(&source, Style::Plain);
    assert!(!report.chars().any(|char| char.is_control() && char != '\n'));
    let Ok(cast) = result else { return };
    let again = compile(&source, &mut Diagnostics::new());
    assert!(again.is_ok_and(|again| again.rust == cast.rust));
    let normal = Source::new("gateway.yml", normal::text(&cast.model));
    let mut sink = Diagnostics::new();
    assert!(compile(&normal, &mut sink).is_ok(), "{}", sink.render(&normal, Style::Plain));
});
