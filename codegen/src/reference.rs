//! The reference, `docs/configuration.md`: every key from the schema, and with it from the doc comments; the middleware
//! from its registry; lints and diagnostics from their catalogues; and what no single key can say from `reference/*.md`.

mod kind;
mod prose;

use crate::codes;
use crate::lint::Lint;
use crate::middleware::NAMES;
use crate::schema::schema;
use serde_json::Value;
use std::collections::BTreeSet;

const TITLE: &str = "# gateway.yml, key by key\n\n<!-- Made by `castgate reference`; \
                     the texts are the doc comments of codegen/src/ast, and codegen/src/reference. -->\n\n";

/// The top-level sections in the order in which they are read.
const ORDER: [&str; 8] =
    ["server", "admin", "upstreams", "middleware", "routes", "tests", "observability", "lints"];

/// The whole page.
pub fn markdown() -> String {
    let schema = schema();
    let mut page = Page { schema: &schema, text: TITLE.to_owned(), seen: BTreeSet::new() };
    page.say(prose::INTRO);
    page.say(prose::VALUES);
    page.heading(2, "Top level");
    page.say(prose::TOP);
    page.table(&schema);
    for name in ORDER {
        let key = &schema["properties"][name];
        page.heading(2, name);
        page.key_section(name, key, 3);
    }
    for text in [prose::FILES, prose::PRECEDENCE, prose::BACKENDS, prose::LATE] {
        page.say(text);
    }
    page.lints();
    page.diagnostics();
    page.text.truncate(page.text.trim_end().len());
    page.text.push('\n');
    page.text
}

struct Page<'s> {
    schema: &'s Value,
    text: String,
    /// Definitions which have a section.
    seen: BTreeSet<String>,
}

impl Page<'_> {
    fn heading(&mut self, level: usize, text: &str) {
        self.text.push_str(&format!("{} {text}\n\n", "#".repeat(level)));
    }

    fn say(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push_str("\n\n");
    }

    /// The body of the section of a key, and the sections of the keys in it.
    fn key_section(&mut self, path: &str, key: &Value, level: usize) {
        let Some((name, definition)) = kind::definition(self.schema, key) else { return };
        if !self.seen.insert(name.to_owned()) {
            return;
        }
        // `keepalive:` alone says no more than the heading.
        let description = definition["description"].as_str().filter(|text| !text.ends_with(":`"));
        description.iter().for_each(|text| self.say(text));
        let (before, after) = prose::around(path);
        before.iter().for_each(|text| self.say(text));
        self.table(definition);
        after.iter().for_each(|text| self.say(text));
        for (name, key) in in_order(definition) {
            let path = format!("{path}.{name}");
            let is_new =
                kind::definition(self.schema, key).is_some_and(|(name, _)| !self.seen.contains(name));
            // Two keys of the same form (`request` and `response`) have one section.
            if is_new {
                self.heading(level, &path);
                self.key_section(&path, key, (level + 1).min(4));
            }
        }
    }

    fn table(&mut self, definition: &Value) {
        self.text.push_str("| key | type | default | |\n|---|---|---|---|\n");
        for (name, key) in in_order(definition) {
            let (description, default) = kind::description(key);
            let cells = [format!("`{name}`"), kind::kind(self.schema, key), default, description];
            let cells: Vec<String> =
                cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
            self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        self.text.push('\n');
    }

    fn lints(&mut self) {
        self.heading(2, "Lints");
        self.say(prose::LINTS);
        self.text.push_str("| lint | level | code | |\n|---|---|---|---|\n");
        for lint in Lint::ALL {
            let level = format!("{:?}", lint.default_level()).to_lowercase();
            let (name, code) = (lint.name(), lint.code());
            self.text.push_str(&format!(
                "| `{name}` | `{level}` | {} | {} |\n",
                code.id,
                cell(code.explanation)
            ));
        }
        self.text.push('\n');
    }

    fn diagnostics(&mut self) {
        self.heading(2, "Diagnostics");
        self.say(prose::DIAGNOSTICS);
        self.text.push_str("| code | | |\n|---|---|---|\n");
        let is_lint = |id: &str| Lint::ALL.iter().any(|lint| lint.code().id == id);
        for code in codes::ALL.iter().filter(|code| !is_lint(code.id)) {
            self.text.push_str(&format!("| {} | {} | {} |\n", code.id, code.title, cell(code.explanation)));
        }
    }
}

/// Keys by name; middleware in the order of execution, which means something.
fn in_order(definition: &Value) -> Vec<(&str, &Value)> {
    let keys = definition["properties"].as_object().into_iter().flatten();
    let mut keys: Vec<(&str, &Value)> = keys.map(|(name, key)| (name.as_str(), key)).collect();
    let place = |name: &str| NAMES.iter().position(|other| *other == name);
    if keys.iter().all(|(name, _)| place(name).is_some()) {
        keys.sort_by_key(|(name, _)| place(name));
    }
    keys
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
