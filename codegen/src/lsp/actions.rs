//! Suggested edits as code actions.

use super::document::Document;
use super::problems::{Problem, problems};
use super::project::Project;
use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Range, WorkspaceEdit};

/// What would mend the problems within these lines.
// The map is the protocol's; nothing changes a key.
#[allow(clippy::mutable_key_type)]
pub(super) fn actions(document: &Document, project: &Project, range: Range) -> Vec<CodeActionOrCommand> {
    let is_here = |own: &Range| own.start.line <= range.end.line && range.start.line <= own.end.line;
    let mut actions = Vec::new();
    let is_in_it = |problem: &Problem| problem.uris.iter().any(|uri| uri.as_str() == document.uri.as_str());
    let problems = problems(project).into_iter().filter(is_in_it);
    for problem in problems.filter(|problem| is_here(&problem.shown.range)) {
        let is_only = problem.edits.len() == 1;
        for edit in problem.edits {
            let replacement = edit.edit.new_text.clone();
            let changes = [(edit.uri, vec![edit.edit])].into_iter().collect();
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: format!("{}: `{}`", edit.title.trim_end_matches('?'), replacement.trim()),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![problem.shown.clone()]),
                edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
                is_preferred: Some(is_only),
                ..CodeAction::default()
            }));
        }
    }
    actions
}
