//! Bytes to a gateway or a report: one of the two, never both, never a panic.
#![no_main]

use castgate_codegen::{Diagnostics, Source, Style, compile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut sink = Diagnostics::new();
    let mut source = Source::from_bytes("gateway.yml", bytes.to_vec(), &mut sink);
    let result = compile(&mut source, &mut sink);
    assert_eq!(result.is_err(), !sink.is_empty());
    let report = sink.render(&source, Style::Plain);
    assert_eq!(report.is_empty(), result.is_ok());
    // A report must be harmless to the terminal that shows it.
    assert!(!report.chars().any(|char| char.is_control() && char != '\n'));
});
