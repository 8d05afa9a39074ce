//! From a name to the thing that has it: an upstream of a route, a route or an upstream of a test.

use super::document::Document;
use super::names;
use super::project::Project;
use lsp_types::{GotoDefinitionResponse, Location};

pub(super) fn definition(
    document: &Document,
    project: &Project,
    byte: usize,
) -> Option<GotoDefinitionResponse> {
    let name = names::at(document, byte).filter(|name| !name.is_given)?;
    let place = |file: &Document| names::given(file, name.kind).find(|given| given.text == name.text);
    let places = project.files().iter().filter_map(|file| Some((&file.document, place(&file.document)?)));
    // Of layers, the last one that says it.
    let (file, given) = places.last()?;
    Some(GotoDefinitionResponse::Scalar(Location::new(file.uri.clone(), file.range(&given.span))))
}
