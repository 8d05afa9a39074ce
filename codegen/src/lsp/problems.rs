//! The compiler's diagnostics as an editor wants them.

use super::document::Document;
use super::project::Project;
use crate::analyse;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use lsp_types::{
    DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range, TextEdit,
};

/// A problem, and what would mend it.
pub(super) struct Problem {
    pub(super) shown: lsp_types::Diagnostic,
    pub(super) edits: Vec<Edit>,
}

/// A suggested change to one of the files.
pub(super) struct Edit {
    pub(super) title: String,
    pub(super) uri: lsp_types::Uri,
    pub(super) edit: TextEdit,
}

/// The problems of one file of a config.
pub(super) fn problems(document: &Document, project: &mut Project) -> Vec<Problem> {
    let mut sink = Diagnostics::new();
    // What is right has no problems to show.
    let _ = analyse(&mut project.source, &mut sink);
    sink.sorted().into_iter().filter_map(|problem| shown(document, project, problem)).collect()
}

/// `None`: it is one of another file. What is in none is shown at the beginning of the first.
fn shown(document: &Document, project: &Project, problem: &Diagnostic) -> Option<Problem> {
    let mut labels = problem.labels.iter();
    let primary = labels.next();
    let (file, range) = match primary.and_then(|label| project.place(&label.span)) {
        Some((file, span)) => (file, file.range(&span)),
        None => (project.files().next()?, Range::default()),
    };
    if file.uri.as_str() != document.uri.as_str() {
        return None;
    }
    let mut message = problem.title.clone();
    if let Some(label) = primary.filter(|label| !label.text.is_empty()) {
        message.push_str(&format!(": {}", label.text));
    }
    for help in &problem.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let related = labels.filter_map(|label| {
        let (file, span) = project.place(&label.span)?;
        let location = Location::new(file.uri.clone(), file.range(&span));
        Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
    });
    let related: Vec<DiagnosticRelatedInformation> = related.collect();
    let severity = match problem.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
    };
    let shown = lsp_types::Diagnostic {
        range,
        severity: Some(severity),
        code: Some(NumberOrString::String(problem.code.id.to_owned())),
        source: Some("castgate".to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..lsp_types::Diagnostic::default()
    };
    let edits = problem.edits.iter().filter_map(|edit| {
        let (file, span) = project.place(&edit.span)?;
        Some(Edit {
            title: edit.title.clone(),
            uri: file.uri.clone(),
            edit: TextEdit::new(file.range(&span), edit.replacement.clone()),
        })
    });
    Some(Problem { shown, edits: edits.collect() })
}
