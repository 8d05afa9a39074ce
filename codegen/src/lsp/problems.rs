//! The compiler's diagnostics as an editor wants them.

use super::project::{File, Project};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::mends;
use crate::source::Span;
use lsp_types::{
    DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range, TextEdit, Uri,
};

/// More problems than this are of no use to anybody, and take long to place in a long line.
const MOST_SHOWN: usize = 1000;

/// A problem, and what would mend it.
pub(super) struct Problem {
    /// The names of the file that it is in.
    pub(super) uris: Vec<Uri>,
    pub(super) shown: lsp_types::Diagnostic,
    pub(super) edits: Vec<Edit>,
}

/// A suggested change to one of the files.
pub(super) struct Edit {
    pub(super) title: String,
    pub(super) uri: Uri,
    pub(super) edit: TextEdit,
}

/// The problems of all files of a config.
pub(super) fn problems(project: &Project) -> Vec<Problem> {
    of(project, &project.problems)
}

/// The problems of a text on these lines, with the edits that have been seen to mend them.
pub(super) fn mendable(project: &Project, uri: &Uri, lines: &Range) -> Vec<Problem> {
    let is_asked = |problem: &Diagnostic| {
        let place = problem.labels.first().and_then(|label| project.place(&label.span));
        place.is_some_and(|(file, span)| {
            let own = file.document.range(&span);
            file.uris.iter().any(|known| known.as_str() == uri.as_str())
                && own.start.line <= lines.end.line
                && lines.start.line <= own.end.line
        })
    };
    let mut asked = project.problems.sorted().into_iter().take(MOST_SHOWN);
    if !asked.any(|problem| !problem.edits.is_empty() && is_asked(problem)) {
        return Vec::new();
    }
    let mut proven = project.problems.clone();
    mends::prove_some(&project.source, &mut proven, is_asked);
    of(project, &proven)
}

fn of(project: &Project, problems: &Diagnostics) -> Vec<Problem> {
    let problems = problems.sorted().into_iter().take(MOST_SHOWN);
    problems.filter_map(|problem| shown(project, problem)).collect()
}

/// What is in no file is shown at the beginning of the first.
fn shown(project: &Project, problem: &Diagnostic) -> Option<Problem> {
    let mut labels = problem.labels.iter();
    let primary = labels.next();
    // Of one that could not be read there is nothing to see.
    let is_there = |(file, _): &(&File, Span)| !file.document.text.is_empty();
    let (file, range) = match primary.and_then(|label| project.place(&label.span)).filter(is_there) {
        Some((file, span)) => (file, file.document.range(&span)),
        None => (project.files().first()?, Range::default()),
    };
    let mut message = problem.title.clone();
    if let Some(label) = primary.filter(|label| !label.text.is_empty()) {
        message.push_str(&format!(": {}", label.text));
    }
    for help in &problem.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let related = labels.filter_map(|label| {
        let (file, span) = project.place(&label.span)?;
        let location = Location::new(file.document.uri.clone(), file.document.range(&span));
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
            uri: file.document.uri.clone(),
            edit: TextEdit::new(file.document.range(&span), edit.replacement.clone()),
        })
    });
    Some(Problem { uris: file.uris.clone(), edits: edits.collect(), shown })
}
