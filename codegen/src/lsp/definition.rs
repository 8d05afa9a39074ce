//! From a name to the thing that has it: an upstream of a route, a route or an upstream of a test.

use super::document::Document;
use super::project::Project;
use super::scan::{Entry, Step, unquoted};
use crate::source::Span;
use lsp_types::{GotoDefinitionResponse, Location};

pub(super) fn definition(
    document: &Document,
    project: &Project,
    byte: usize,
) -> Option<GotoDefinitionResponse> {
    let entries = &document.outline.entries;
    let is_here =
        |entry: &&Entry| entry.value.as_ref().is_some_and(|span| (span.start..=span.end).contains(&byte));
    let reference = entries.iter().find(is_here)?;
    let name = unquoted(&document.text[reference.value.clone()?]);
    let Some(Step::Key(key)) = reference.path.last() else { return None };
    let places =
        project.files().iter().filter_map(|file| Some((&file.document, place(&file.document, key, &name)?)));
    // Of layers, the last one that says it.
    let (file, span) = places.last()?;
    Some(GotoDefinitionResponse::Scalar(Location::new(file.uri.clone(), file.range(&span))))
}

/// Where a file has the thing of this name.
fn place(file: &Document, key: &str, name: &str) -> Option<Span> {
    let entries = &file.outline.entries;
    match key {
        "upstream" => entries.iter().find_map(|entry| match entry.path.as_slice() {
            [Step::Key(section), Step::Key(own)] if section == "upstreams" && *own == name => {
                entry.key.clone()
            }
            _ => None,
        }),
        "route" => entries.iter().find_map(|entry| match entry.path.as_slice() {
            [Step::Key(section), Step::Index(_), Step::Key(key)] if section == "routes" && key == "name" => {
                entry.value.clone().filter(|span| unquoted(&file.text[span.clone()]) == name)
            }
            _ => None,
        }),
        _ => None,
    }
}
