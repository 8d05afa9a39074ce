//! From a name to the thing that has it: an upstream of a route, a route or an upstream of a test.

use super::document::Document;
use super::scan::{Entry, Step, unquoted};
use lsp_types::{GotoDefinitionResponse, Location};

pub(super) fn definition(document: &Document, byte: usize) -> Option<GotoDefinitionResponse> {
    let entries = &document.outline.entries;
    let is_here =
        |entry: &&Entry| entry.value.as_ref().is_some_and(|span| (span.start..=span.end).contains(&byte));
    let reference = entries.iter().find(is_here)?;
    let name = unquoted(&document.text[reference.value.clone()?]);
    let Some(Step::Key(key)) = reference.path.last() else { return None };
    let span = match key.as_str() {
        "upstream" => entries.iter().find_map(|entry| match entry.path.as_slice() {
            [Step::Key(section), Step::Key(own)] if section == "upstreams" && *own == name => {
                entry.key.clone()
            }
            _ => None,
        }),
        "route" => entries.iter().find_map(|entry| match entry.path.as_slice() {
            [Step::Key(section), Step::Index(_), Step::Key(key)] if section == "routes" && key == "name" => {
                entry.value.clone().filter(|span| unquoted(&document.text[span.clone()]) == name)
            }
            _ => None,
        }),
        _ => None,
    }?;
    Some(GotoDefinitionResponse::Scalar(Location::new(document.uri.clone(), document.range(&span))))
}
