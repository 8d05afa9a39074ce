//! The compiler's diagnostics as an editor wants them.

use super::document::Document;
use crate::diagnostic::{Diagnostics, Edit, Severity};
use crate::{Source, analyse};
use lsp_types::{DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range};

/// A problem, and what would mend it.
pub(super) struct Problem {
    pub(super) shown: lsp_types::Diagnostic,
    pub(super) edits: Vec<Edit>,
}

pub(super) fn problems(document: &Document) -> Vec<Problem> {
    let mut sink = Diagnostics::new();
    let mut source = Source::new(document.name(), document.text.as_str());
    // What is right has no problems to show.
    let _ = analyse(&mut source, &mut sink);
    sink.sorted().into_iter().map(|problem| shown(document, problem)).collect()
}

fn shown(document: &Document, problem: &crate::diagnostic::Diagnostic) -> Problem {
    let mut labels = problem.labels.iter();
    let primary = labels.next();
    let mut message = problem.title.clone();
    if let Some(label) = primary.filter(|label| !label.text.is_empty()) {
        message.push_str(&format!(": {}", label.text));
    }
    for help in &problem.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let related: Vec<DiagnosticRelatedInformation> = labels
        .map(|label| DiagnosticRelatedInformation {
            location: Location::new(document.uri.clone(), document.range(&label.span)),
            message: label.text.clone(),
        })
        .collect();
    let severity = match problem.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
    };
    let shown = lsp_types::Diagnostic {
        range: primary.map_or_else(Range::default, |label| document.range(&label.span)),
        severity: Some(severity),
        code: Some(NumberOrString::String(problem.code.id.to_owned())),
        source: Some("castgate".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..lsp_types::Diagnostic::default()
    };
    Problem { shown, edits: problem.edits.clone() }
}
