//! The help for the key under the cursor.

use super::document::Document;
use super::keys;
use crate::source::Span;
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

pub(super) fn hover(document: &Document, byte: usize) -> Option<Hover> {
    let has = |span: &Option<Span>| span.as_ref().is_some_and(|span| (span.start..=span.end).contains(&byte));
    let entry = document.outline.entries.iter().find(|entry| has(&entry.key) || has(&entry.value))?;
    let span = if has(&entry.key) { &entry.key } else { &entry.value };
    let mut text = keys::description(&entry.path)?;
    let words = keys::words(&entry.path);
    if words.len() > 1 {
        text.push_str(&format!("\n\nOne of `{}`.", words.join("`, `")));
    }
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: text });
    Some(Hover { contents, range: span.as_ref().map(|span| document.range(span)) })
}
