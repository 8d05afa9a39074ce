//! What a text includes, as links to the files.

use super::document::Document;
use super::scan::{keys, unquoted};
use lsp_types::{DocumentLink, Uri};
use std::str::FromStr;

/// A pattern is no link: it may mean many files.
pub(super) fn links(document: &Document) -> Vec<DocumentLink> {
    let Some(directory) = document.path().and_then(|path| path.parent().map(std::path::Path::to_owned))
    else {
        return Vec::new();
    };
    let entries = document.outline.entries.iter();
    let included = entries.filter(|entry| keys(&entry.path).first() == Some(&"include"));
    let links = included.filter_map(|entry| {
        let span = entry.value.clone()?;
        let name = unquoted(&document.text[span.clone()]);
        if name.is_empty() || name.contains(['*', '?', '[']) {
            return None;
        }
        let target =
            Uri::from_str(&format!("file://{}", crate::encoded::path(directory.join(name).to_str()?)))
                .ok()?;
        Some(DocumentLink { range: document.range(&span), target: Some(target), tooltip: None, data: None })
    });
    links.collect()
}
