//! Suggested edits as code actions.

use super::document::Document;
use super::problems::mendable;
use super::project::Project;
use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Range, WorkspaceEdit};

/// What would mend the problems within these lines.
// The map is the protocol's; nothing changes a key.
#[allow(clippy::mutable_key_type)]
pub(super) fn actions(document: &Document, project: &Project, range: Range) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    for problem in mendable(project, &document.uri, &range) {
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
