//! What holds for whatever the fuzzer makes. Its targets are no more than a call of this, and tests call it too: a target that is built on
//! demand only would go stale unseen.
// Every user takes in the whole module, and uses the part it needs.
#![allow(dead_code)]

use castgate_codegen::{Cast, Diagnostics, Source, Style, analyse, compile, normal};

/// Any bytes: a gateway or a report, and never a panic.
pub(crate) fn bytes(bytes: &[u8]) {
    let mut sink = Diagnostics::new();
    let source = Source::from_bytes("gateway.yml", bytes.to_vec(), &mut sink);
    answer(source, sink);
}

/// A config that has the language's own structure: what is accepted is accepted again when it is written out.
pub(crate) fn text(text: &str) {
    let Some(cast) = answer(Source::new("gateway.yml", text), Diagnostics::new()) else { return };
    let mut normal = Source::new("gateway.yml", normal::text(&cast.model));
    let mut sink = Diagnostics::new();
    assert!(analyse(&mut normal, &mut sink).is_ok(), "{}", sink.render(&normal, Style::Plain));
}

fn answer(mut source: Source, mut sink: Diagnostics) -> Option<Cast> {
    let result = compile(&mut source, &mut sink);
    assert_eq!(result.is_err(), sink.has_errors());
    let report = sink.render(&source, Style::Plain);
    assert_eq!(report.is_empty(), sink.is_empty());
    // A report must be harmless to the terminal that shows it.
    assert!(!report.chars().any(|char| char.is_control() && char != '\n'), "{report:?}");
    result.ok()
}
