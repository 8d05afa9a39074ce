//! What could be written at the cursor: keys and words of the language, names by the config.

use super::document::Document;
use super::fields;
use super::keys as language;
use super::names::{Kind, Name, given};
use super::project::Project;
use super::scan::{End, Step, keys, scan, unquoted};
use crate::language::Without;
use crate::pattern::{HostPattern, MatchKind, PathPattern, Segment};
use crate::place::Span;
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, MarkupContent, MarkupKind,
    TextEdit,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// More files than this are not offered.
const MOST_FILES: usize = 200;

pub(super) fn completion(
    document: &Document,
    project: impl FnOnce() -> Rc<Project>,
    byte: usize,
) -> Vec<CompletionItem> {
    let before = &document.text[..byte];
    let mut end = scan(before).end;
    if before.is_empty() || before.ends_with('\n') {
        // Nothing is typed yet; where a key would go is the first column.
        end = End { path: Vec::new(), is_value: false, start: byte };
    }
    let span = end.start.min(byte)..byte;
    let item = |label: &str, kind: CompletionItemKind, text: String, span: &Span| CompletionItem {
        label: label.to_owned(),
        kind: Some(kind),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(document.range(span), text))),
        ..CompletionItem::default()
    };
    let mut items = Vec::new();
    if !end.is_value {
        let mut known = language::keys(&end.path);
        // What has to be there goes first.
        known.sort_by_key(|key| ((key.without)() != Without::Required, key.name));
        for (place, key) in known.into_iter().enumerate() {
            if is_written(document, &end.path, key.name, &span) {
                continue;
            }
            let default = match (key.without)() {
                Without::Default(_, written) => written,
                _ => None,
            };
            items.push(CompletionItem {
                detail: default.map(|default| format!("default: {default}")),
                documentation: Some(markdown(key.description())),
                sort_text: Some(format!("{place:03}")),
                ..item(key.name, CompletionItemKind::PROPERTY, format!("{}: ", key.name), &span)
            });
        }
        let fields = fields::keys(&end.path).into_iter();
        items.extend(fields.map(|name| item(name, CompletionItemKind::FIELD, format!("{name}: "), &span)));
    }
    if let Some((start, parameters)) = parameters(document, &end, byte) {
        let parameter =
            |name: &String| item(name, CompletionItemKind::VARIABLE, name.clone(), &(start..byte));
        return parameters.iter().map(parameter).collect();
    }
    // Behind a dash it may be either.
    if end.is_value || items.is_empty() {
        let words =
            language::words(&end.path).into_iter().map(|word| (word, CompletionItemKind::ENUM_MEMBER));
        let names = names(project, &end.path).into_iter().map(|name| (name, CompletionItemKind::REFERENCE));
        let fields = fields::values(&end.path).into_iter();
        let fields = fields.map(|name| (name.to_owned(), CompletionItemKind::FIELD));
        let files = files(document, &end.path).into_iter().map(|name| (name, CompletionItemKind::FILE));
        let all = words.chain(names).chain(fields).chain(files);
        items.extend(all.map(|(label, kind)| item(&label, kind, label.clone(), &span)));
    }
    items
}

/// YAML files beside the text, and below it by one directory, for `include`.
fn files(document: &Document, path: &[Step]) -> Vec<String> {
    let is_include = keys(path).first() == Some(&"include");
    let Some(own) = document.path().filter(|_| is_include) else { return Vec::new() };
    let Some(directory) = own.parent() else { return Vec::new() };
    let in_directory = |directory: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
        entries.take(MOST_FILES).map(|entry| entry.path()).collect()
    };
    let here = in_directory(directory);
    let below = here.iter().filter(|path| path.is_dir()).flat_map(|path| in_directory(path));
    let is_yaml = |path: &&PathBuf| {
        path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") && path.is_file()
    };
    let all: Vec<PathBuf> = below.chain(here.iter().cloned()).collect();
    let mut names: Vec<String> = all
        .iter()
        .filter(is_yaml)
        .filter(|path| **path != own)
        .filter_map(|path| Some(path.strip_prefix(directory).ok()?.to_str()?.to_owned()))
        .take(MOST_FILES)
        .collect();
    names.sort();
    names
}

/// The parameters of the route's path and the labels of its hosts, behind a `{` in one of its templates; and where that is.
fn parameters(document: &Document, end: &End, byte: usize) -> Option<(usize, Vec<String>)> {
    let [Step::Key(routes), index @ Step::Index(_), rest @ ..] = end.path.as_slice() else { return None };
    if routes != "routes" || !matches!(keys(rest).as_slice(), ["rewrite"] | ["redirect", "to"]) {
        return None;
    }
    let typed = document.text.get(end.start.min(byte)..byte)?;
    let brace = typed.rfind('{').filter(|at| !typed[*at..].contains('}'))?;
    let is_path = |path: &[Step]| path.get(1) == Some(index) && keys(path) == ["routes", "", "path"];
    let path = document.outline.entries.iter().find(|entry| is_path(&entry.path))?;
    let text = unquoted(&document.text[path.value.clone()?]);
    let pattern = PathPattern::parse(&text, MatchKind::Prefix).ok()?;
    let is_host = |path: &[Step]| {
        path.get(1) == Some(index)
            && matches!(keys(path).as_slice(), ["routes", "", "host"] | ["routes", "", "host", ""])
    };
    let hosts = document.outline.entries.iter().filter(|entry| is_host(&entry.path));
    let hosts =
        hosts.filter_map(|entry| HostPattern::parse(&unquoted(&document.text[entry.value.clone()?])).ok());
    let labels: BTreeSet<String> = hosts.filter_map(|host| Some(format!("{{{}}}", host.label()?))).collect();
    let names = pattern.segments.iter().filter_map(Segment::parameter).chain(labels).collect();
    Some((end.start.min(byte) + brace, names))
}

fn markdown(value: String) -> Documentation {
    Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
}

/// Whether the map has this key already, somewhere else.
fn is_written(document: &Document, map: &[Step], name: &str, here: &Span) -> bool {
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
    let kind = match keys(path).as_slice() {
        [.., "upstream"] => Kind::Upstream,
        [.., "route"] => Kind::Route,
        [.., "listener"] | [.., "listener", ""] => Kind::Listener,
        _ => return Vec::new(),
    };
    let mut all: Vec<String> = Vec::new();
    for Name { text: name, .. } in project().files().iter().flat_map(|file| given(&file.document, kind)) {
        // Layers may say it again.
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}
