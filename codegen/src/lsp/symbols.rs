//! The outline of a text: its sections, and in them the upstreams, routes and tests.

use super::document::Document;
use super::scan::{Entry, Step, unquoted};
use crate::source::Span;
use lsp_types::{DocumentSymbol, SymbolKind};

pub(super) fn symbols(document: &Document) -> Vec<DocumentSymbol> {
    let entries = &document.outline.entries;
    let sections = entries.chunk_by(|a, b| a.path.first() == b.path.first());
    sections.filter_map(|entries| section(document, entries)).collect()
}

fn section(document: &Document, entries: &[Entry]) -> Option<DocumentSymbol> {
    let Step::Key(name) = entries.first()?.path.first()? else { return None };
    let groups =
        entries.chunk_by(|a, b| a.path.get(1) == b.path.get(1)).filter(|group| group[0].path.len() > 1);
    let children: Vec<DocumentSymbol> = match name.as_str() {
        "upstreams" | "routes" | "tests" => groups.filter_map(|group| entry(document, name, group)).collect(),
        _ => Vec::new(),
    };
    Some(symbol(document, name.clone(), None, SymbolKind::NAMESPACE, entries, children))
}

/// An upstream, a route or a test.
fn entry(document: &Document, section: &str, entries: &[Entry]) -> Option<DocumentSymbol> {
    let of = |key: &str| {
        let is_it = |entry: &&Entry| matches!(&entry.path[2..], [Step::Key(own)] if own == key);
        let value = entries.iter().filter(|entry| entry.path.len() == 3).find(is_it)?.value.clone()?;
        Some(unquoted(&document.text[value]))
    };
    let (name, detail, kind) = match section {
        "upstreams" => match entries.first()?.path.get(1)? {
            Step::Key(name) => (name.clone(), None, SymbolKind::CLASS),
            Step::Index(_) => return None,
        },
        "routes" => {
            let path = of("path").map(|path| of("host").unwrap_or_default() + &path);
            (of("name").or_else(|| path.clone())?, path, SymbolKind::FUNCTION)
        }
        _ => (of("request")?, None, SymbolKind::EVENT),
    };
    Some(symbol(document, name, detail, kind, entries, Vec::new()))
}

// `deprecated` is a field that has to be filled in.
#[allow(deprecated)]
fn symbol(
    document: &Document,
    name: String,
    detail: Option<String>,
    kind: SymbolKind,
    entries: &[Entry],
    children: Vec<DocumentSymbol>,
) -> DocumentSymbol {
    let spans = || entries.iter().flat_map(|entry| [entry.key.as_ref(), entry.value.as_ref()]).flatten();
    let start = spans().map(|span| span.start).min().unwrap_or(0);
    let end = spans().map(|span| span.end).max().unwrap_or(start);
    let first: Span = spans().find(|span| span.start == start).cloned().unwrap_or(start..start);
    let children = (!children.is_empty()).then_some(children);
    DocumentSymbol {
        // An editor takes no empty name.
        name: if name.is_empty() { "-".to_owned() } else { name },
        detail,
        kind,
        tags: None,
        deprecated: None,
        range: document.range(&(start..end)),
        selection_range: document.range(&first),
        children,
    }
}
