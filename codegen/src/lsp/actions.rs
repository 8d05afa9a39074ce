//! Suggested edits as code actions.

use super::document::Document;
use super::problems::problems;
use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Range, TextEdit, WorkspaceEdit};

/// What would mend the problems within these lines.
// The map is the protocol's; nothing changes a key.
#[allow(clippy::mutable_key_type)]
pub(super) fn actions(document: &Document, range: Range) -> Vec<CodeActionOrCommand> {
    let is_here = |own: &Range| own.start.line <= range.end.line && range.start.line <= own.end.line;
    let mut actions = Vec::new();
    for problem in problems(document).into_iter().filter(|problem| is_here(&problem.shown.range)) {
        let is_only = problem.edits.len() == 1;
        for edit in problem.edits {
            let text_edit = TextEdit::new(document.range(&edit.span), edit.replacement.clone());
            let changes = [(document.uri.clone(), vec![text_edit])].into_iter().collect();
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: format!("{}: `{}`", edit.title.trim_end_matches('?'), edit.replacement.trim()),
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
