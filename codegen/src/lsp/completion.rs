//! What could be written at the cursor: keys by the schema, words by the schema, names by the config.

use super::document::Document;
use super::keys;
use super::project::Project;
use super::scan::{End, Step, scan, unquoted};
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, MarkupContent, MarkupKind,
    TextEdit,
};
use serde_json::Value;
use std::rc::Rc;

pub(super) fn completion(
    document: &Document,
    project: impl FnOnce() -> Rc<Project>,
    schema: &Value,
    byte: usize,
) -> Vec<CompletionItem> {
    let before = &document.text[..byte];
    let mut end = scan(before).end;
    if before.is_empty() || before.ends_with('\n') {
        // Nothing is typed yet; where a key would go is the first column.
        end = End { path: Vec::new(), is_value: false, start: byte };
    }
    let span = end.start.min(byte)..byte;
    let edit = |text: String| CompletionTextEdit::Edit(TextEdit::new(document.range(&span), text));
    let mut items = Vec::new();
    if !end.is_value {
        for key in keys::keys(schema, &end.path) {
            if is_written(document, &end.path, key.name, &span) {
                continue;
            }
            let documentation = keys::description(schema, key.schema);
            items.push(CompletionItem {
                label: key.name.to_owned(),
                kind: Some(CompletionItemKind::PROPERTY),
                detail: key.schema.get("default").map(|value| format!("default: {}", keys::plain(value))),
                documentation: documentation.map(markdown),
                text_edit: Some(edit(format!("{}: ", key.name))),
                ..CompletionItem::default()
            });
        }
    }
    // Behind a dash it may be either.
    if end.is_value || items.is_empty() {
        let words =
            keys::words(schema, &end.path).into_iter().map(|word| (word, CompletionItemKind::ENUM_MEMBER));
        let names = names(project, &end.path).into_iter().map(|name| (name, CompletionItemKind::REFERENCE));
        items.extend(words.chain(names).map(|(label, kind)| CompletionItem {
            text_edit: Some(edit(label.clone())),
            label,
            kind: Some(kind),
            ..CompletionItem::default()
        }));
    }
    items
}

fn markdown(value: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

/// Whether the map has this key already, somewhere else.
fn is_written(document: &Document, map: &[Step], name: &str, here: &crate::source::Span) -> bool {
    document.outline.entries.iter().any(|entry| {
        let is_here = entry.key.as_ref().is_some_and(|key| key.start == here.start);
        !is_here
            && entry
                .path
                .split_last()
                .is_some_and(|(last, around)| around == map && matches!(last, Step::Key(key) if key == name))
    })
}

/// Names of things of the config.
fn names(project: impl FnOnce() -> Rc<Project>, path: &[Step]) -> Vec<String> {
    let names = match path.last() {
        Some(Step::Key(key)) if key == "upstream" => upstreams,
        Some(Step::Key(key)) if key == "route" => routes,
        _ => return Vec::new(),
    };
    let mut all: Vec<String> = Vec::new();
    for name in project().files().iter().flat_map(|file| names(&file.document)) {
        // Layers may say it again.
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

fn upstreams(document: &Document) -> Vec<String> {
    let names = document.outline.entries.iter().filter_map(|entry| match entry.path.as_slice() {
        [Step::Key(section), Step::Key(name)] if section == "upstreams" => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

fn routes(document: &Document) -> Vec<String> {
    let names = document.outline.entries.iter().filter_map(|entry| match entry.path.as_slice() {
        [Step::Key(section), Step::Index(_), Step::Key(key)] if section == "routes" && key == "name" => {
            entry.value.clone().map(|span| unquoted(&document.text[span]))
        }
        _ => None,
    });
    names.collect()
}
