//! The reference, `docs/configuration.md`: every key from its declaration; the middleware
//! from its registry; lints and diagnostics from their catalogues; and what no single key can say from `reference/*.md`.
//! Beside it a page for each lint.

mod diagnostics;
mod keys;
mod kind;
mod lints;
mod prose;

pub use diagnostics::{declared, declared_by_kind, of_any_key, of_file};
pub use keys::{Key, Section, sections};
pub use lints::{LintTexts, lint_page, lint_texts};

use crate::codes::{self, Code};
use crate::language::Words;
use crate::lint::Lint;

const TITLE: &str = "# gateway.yml, key by key\n\n<!-- Made by `castgate reference`; \
                     the texts are those of the keys in codegen/src/language, ast and middleware, and of codegen/src/reference. -->\n\n";

/// The whole page.
pub fn markdown() -> String {
    let mut page = Page { text: TITLE.to_owned() };
    page.say(prose::INTRO);
    page.say(prose::VALUES);
    for section in sections() {
        page.section(&section);
    }
    for text in [prose::FILES, prose::PRECEDENCE, prose::BACKENDS, prose::LATE, prose::REQUEST] {
        page.say(text);
    }
    page.lints();
    page.diagnostics();
    page.text.truncate(page.text.trim_end().len());
    page.text.push('\n');
    page.text
}

struct Page {
    text: String,
}

impl Page {
    fn heading(&mut self, level: usize, text: &str) {
        self.text.push_str(&format!("{} {text}\n\n", "#".repeat(level)));
    }

    fn say(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(text.trim_end());
            self.text.push_str("\n\n");
        }
    }

    fn section(&mut self, section: &Section) {
        let level = section.path.split('.').count() + 1;
        if section.path.is_empty() {
            self.heading(level, "Top level");
        } else {
            self.heading(level.min(4), &section.path);
        }
        self.say(&section.description);
        let (before, after) = prose::around(&section.path);
        before.iter().for_each(|text| self.say(text));
        if section.path.is_empty() {
            let (any, file) = (links(&of_any_key()), links(&of_file()));
            self.say(&format!("Anywhere: {any}. About the file as a whole: {file}."));
        }
        self.table(&section.keys);
        after.iter().for_each(|text| self.say(text));
    }

    fn table(&mut self, keys: &[Key]) {
        self.row(&["key", "type and unit", "default", "example", "", "diagnostics"]);
        self.row(&["---"; 6]);
        for key in keys {
            let example = key.example.as_ref().map_or(String::new(), |example| format!("`{example}`"));
            let name = format!("`{}`", key.name);
            self.row(&[&name, &key.kind, &key.default, &example, &key.meaning, &links(&key.codes)]);
        }
        self.text.push('\n');
    }

    fn lints(&mut self) {
        self.heading(2, "Lints");
        self.say(prose::LINTS);
        self.row(&["lint", "level", "code", ""]);
        self.row(&["---"; 4]);
        for lint in Lint::ALL {
            let (name, code) = (lint.name(), lint.code());
            let link = format!("[`{name}`]({})", page_of(*lint));
            self.row(&[&link, &level(*lint), &anchored(code), code.explanation()]);
        }
        self.text.push('\n');
    }

    fn diagnostics(&mut self) {
        self.heading(2, "Diagnostics");
        self.say(prose::DIAGNOSTICS);
        self.row(&["code", "", ""]);
        self.row(&["---"; 3]);
        for code in codes::ALL.iter().filter(|code| lint_of(code).is_none()) {
            self.row(&[&anchored(code), code.title, code.explanation()]);
        }
    }

    fn row(&mut self, cells: &[&str]) {
        if cells.iter().all(|cell| *cell == "---") {
            self.text.push_str(&format!("|{}|\n", cells.join("|")));
            return;
        }
        let cells: Vec<String> =
            cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        self.text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
}

/// The code, as a place to link to.
fn anchored(code: &Code) -> String {
    format!("<a id=\"{}\"></a>{}", code.id.to_lowercase(), code.id)
}

fn level(lint: Lint) -> String {
    format!("`{}`", lint.default_level().as_str())
}

/// Where the page of a lint is, from this one.
fn page_of(lint: Lint) -> String {
    format!("lints/{}.md", lint.name())
}

fn lint_of(code: &Code) -> Option<Lint> {
    Lint::ALL.iter().copied().find(|lint| lint.code() == code)
}

fn links(codes: &[&Code]) -> String {
    let links = codes.iter().map(|code| {
        let target = lint_of(code).map_or_else(|| format!("#{}", code.id.to_lowercase()), page_of);
        format!("[{}]({target})", code.id)
    });
    links.collect::<Vec<_>>().join(" ")
}
