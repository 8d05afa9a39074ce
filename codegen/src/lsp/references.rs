//! Where a name is used, and its change everywhere at once.

use super::document::Document;
use super::names::{self, Name};
use super::project::Project;
use crate::diagnostic::quoted;
use crate::resolve::names::{is_name, label};
use crate::yaml::Tree;
use lsp_types::{Location, PrepareRenameResponse, TextEdit, Uri, WorkspaceEdit};
use std::collections::BTreeMap;

pub(super) fn references(
    document: &Document,
    project: &Project,
    byte: usize,
    with_given: bool,
) -> Option<Vec<Location>> {
    let name = names::at(document, byte)?;
    let places = names::places(project, &name).into_iter().filter(|(_, place)| with_given || !place.is_given);
    Some(places.map(|(file, place)| Location::new(file.uri.clone(), file.range(&place.span))).collect())
}

/// What would be renamed.
pub(super) fn prepare(document: &Document, byte: usize) -> Option<PrepareRenameResponse> {
    let Name { text, span, .. } = names::at(document, byte)?;
    Some(PrepareRenameResponse::RangeWithPlaceholder { range: document.range(&span), placeholder: text })
}

/// The new name at every place; the error is for the editor to show.
// The map is the protocol's; nothing changes a key.
#[allow(clippy::mutable_key_type)]
pub(super) fn rename(
    document: &Document,
    project: &Project,
    byte: usize,
    new: &str,
) -> Result<Option<WorkspaceEdit>, String> {
    let Some(name) = names::at(document, byte) else { return Ok(None) };
    if !is_name(new) {
        return Err(format!("{} cannot be a name: {}", quoted(new), label(new)));
    }
    let places = names::places(project, &name);
    let all =
        project.files().iter().flat_map(|file| names::of(&file.document).map(|name| (&file.document, name)));
    let is_taken = all.filter(|(_, other)| other.is_given && other.text == new).any(|(file, other)| {
        let is_upstream = names::is_upstream(file, &other);
        places
            .iter()
            .any(|(file, place)| place.kind == other.kind || is_upstream && names::is_upstream(file, place))
    });
    if is_taken && new != name.text {
        return Err(format!("there is a `{new}` already"));
    }
    let written = Tree::text(new).one_line();
    let mut changes: BTreeMap<&str, (Uri, Vec<TextEdit>)> = BTreeMap::new();
    for (file, place) in places {
        let edit = TextEdit::new(file.range(&place.span), written.clone());
        changes.entry(file.uri.as_str()).or_insert_with(|| (file.uri.clone(), Vec::new())).1.push(edit);
    }
    let changes = changes.into_values().collect();
    Ok(Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }))
}
