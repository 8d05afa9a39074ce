//! The reference is what `castgate reference` makes of the language.
//!
//! `UPDATE=1 cargo test -p castgate-codegen --test reference` writes `docs/configuration.md` and `docs/lints` anew.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::lint::{Level, Lint};
use castgate_codegen::{Diagnostics, Source, Style, analyse, codes, middleware::NAMES, reference, schema};
use std::process::Command;

const PAGE: &str = "../docs/configuration.md";
const LINTS: &str = "../docs/lints";

#[test]
fn the_page_is_up_to_date() {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all("../docs").unwrap();
        std::fs::write(PAGE, reference::markdown()).unwrap();
    }
    assert!(
        std::fs::read_to_string(PAGE).unwrap_or_default() == reference::markdown(),
        "{PAGE} is out of date: UPDATE=1 cargo test -p castgate-codegen --test reference"
    );
}

#[test]
fn everything_is_in_it() {
    let page = reference::markdown();
    let schema = schema::schema();
    let definitions = schema["definitions"].as_object().unwrap().values().chain([&schema]);
    let mut keys =
        definitions.filter_map(|definition| definition["properties"].as_object()).map(|keys| keys.len());
    let sections = reference::sections();
    assert_eq!(
        sections.iter().map(|section| section.keys.len()).sum::<usize>(),
        keys.by_ref().sum::<usize>(),
        "the schema has other keys"
    );
    for key in sections.iter().flat_map(|section| &section.keys) {
        let is_row = |line: &&str| {
            let has = |code: &codes::Code| line.contains(&format!("[{}](", code.id));
            line.starts_with(&format!("| `{}` |", key.name))
                && line.contains(&key.meaning.replace('|', "\\|"))
                && key.example.as_ref().is_none_or(|example| line.contains(&format!("| `{example}` |")))
                && key.codes.iter().all(|code| has(code))
        };
        assert!(page.lines().any(|line| is_row(&line)), "no row for {}", key.path);
    }
    for name in NAMES {
        assert!(page.contains(&format!("### middleware.{name}\n")), "no section for {name}");
    }
    for id in codes::ALL.iter().map(|code| code.id) {
        assert!(page.contains(&format!("| <a id=\"{}\"></a>{id} |", id.to_lowercase())), "no row for {id}");
    }
    for name in Lint::ALL.iter().map(|lint| lint.name()) {
        assert!(page.contains(&format!("| [`{name}`](lints/{name}.md) |")), "no row for {name}");
    }
    for heading in ["Values", "Precedence", "What backends get", "Late values"] {
        assert!(page.contains(&format!("\n## {heading}\n")), "no section {heading}");
    }
    for heading in ["Inheritance", "Path patterns"] {
        assert!(page.contains(&format!("\n### {heading}\n")), "no section {heading}");
    }
}

/// One page a lint, and no page of a lint that is gone.
#[test]
fn the_pages_of_lints_are_up_to_date() {
    let mut names: Vec<String> = Lint::ALL.iter().map(|lint| format!("{}.md", lint.name())).collect();
    names.sort();
    let there = || {
        let entries = std::fs::read_dir(LINTS).into_iter().flatten();
        let mut there: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        there.sort();
        there
    };
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(LINTS).unwrap();
        for stale in there().iter().filter(|name| !names.contains(name)) {
            std::fs::remove_file(format!("{LINTS}/{stale}")).unwrap();
        }
        for lint in Lint::ALL {
            std::fs::write(format!("{LINTS}/{}.md", lint.name()), reference::lint_page(*lint)).unwrap();
        }
    }
    let command = "UPDATE=1 cargo test -p castgate-codegen --test reference";
    assert_eq!(there(), names, "{LINTS} has other pages than there are lints: {command}");
    for lint in Lint::ALL {
        let path = format!("{LINTS}/{}.md", lint.name());
        let page = std::fs::read_to_string(&path).unwrap();
        assert!(page == reference::lint_page(*lint), "{path} is out of date: {command}");
    }
}

fn checked(lint: Lint, config: &str) -> (Diagnostics, String) {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", config);
    let result = analyse(&mut source, &mut sink);
    let report = sink.render(&source, Style::Plain);
    assert_eq!(result.is_err(), sink.has_errors(), "{}: {report}", lint.name());
    (sink, report)
}

#[test]
fn the_examples_of_lints_are_what_their_pages_say() {
    for lint in Lint::ALL.iter().copied() {
        let (name, texts) = (lint.name(), reference::lint_texts(lint));
        for text in [texts.why, texts.mend, texts.let_off] {
            assert!(!text.is_empty() && !text.contains("```"), "{name}: {text:?}");
        }
        let (sink, report) = checked(lint, texts.found);
        let found = sink.sorted();
        assert!(
            !found.is_empty() && found.iter().all(|problem| problem.code == lint.code()),
            "{name}: {report}"
        );

        let (_, report) = checked(lint, texts.mended);
        assert!(
            texts.mended.contains(&format!("{name}: deny")),
            "{name}: the mended config shows how to insist on it"
        );
        assert_eq!(report, "", "{name}");

        // An `allow` that lets nothing off would be reported by `unused-allow`.
        let Some(allowed) = texts.allowed else { continue };
        assert!(allowed.contains(&format!("{{lint: {name}, reason: ")), "{name}: {allowed}");
        let (_, report) = checked(lint, allowed);
        let is_on = ["warn", "deny"].iter().any(|level| allowed.contains(&format!("{name}: {level}")));
        assert!(is_on || lint.default_level() != Level::Allow, "{name}: there is nothing to be let off");
        assert_eq!(report, "", "{name}");
    }
    assert!(Lint::ALL.iter().filter(|lint| reference::lint_texts(**lint).allowed.is_some()).count() > 15);
}

#[test]
fn the_reports_of_lints_are_those_of_the_command() {
    let castgate = || Command::new(env!("CARGO_BIN_EXE_castgate"));
    let directory = format!("{}/lints", env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&directory).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    for lint in Lint::ALL.iter().copied() {
        let config = format!("{}\n", reference::lint_texts(lint).found);
        std::fs::write(format!("{directory}/gateway.yml"), config).unwrap();
        let check = castgate().args(["check", "gateway.yml"]).current_dir(&directory).output().unwrap();
        let page = castgate().args(["reference", "--lint", lint.name()]).output().unwrap();
        let (report, page) = (text(check.stderr), text(page.stdout));
        assert!(page.contains(&format!("\n```text\n{report}```\n")), "{page}\n{report}");
        assert_eq!(page, reference::lint_page(lint));

        let explain = |what: &str| text(castgate().args(["explain", what]).output().unwrap().stdout);
        assert!(explain(lint.name()).starts_with(&format!("{}: ", lint.code().id)), "{}", lint.name());
        assert_eq!(explain(lint.name()), explain(lint.code().id));
    }
    let unknown = castgate().args(["reference", "--lint", "no-such"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

/// Every link leads to a file, or to an anchor or a heading of the page.
#[test]
fn links_lead_somewhere() {
    let page = reference::markdown();
    let mut places: Vec<String> =
        page.split("<a id=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let headings = page.lines().filter_map(|line| line.strip_prefix("## "));
    places.extend(headings.map(|heading| heading.to_lowercase().replace(' ', "-")));
    let lint_pages = Lint::ALL.iter().map(|lint| ("../docs/lints", reference::lint_page(*lint)));
    for (directory, text) in [("../docs", page.clone())].into_iter().chain(lint_pages) {
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let is_here = file.is_empty() || file.ends_with("configuration.md");
            assert!(!is_here || places.iter().any(|known| known == place), "{link} leads nowhere");
            // Pages of lints may just be being written.
            let page = file.strip_prefix("lints/").and_then(|file| file.strip_suffix(".md"));
            let is_there = page.map_or_else(
                || std::path::Path::new(directory).join(file).exists(),
                |page| Lint::named(page).is_some(),
            );
            assert!(is_there, "{directory}: {link} leads to no file");
        }
    }
}
