//! The reference is what `castgate reference` makes of the language.
//!
//! `UPDATE=1 cargo test -p castgate-codegen --test reference` writes `docs/configuration.md` anew.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::{codes, lint::Lint, middleware::NAMES, reference, schema};

const PAGE: &str = "../docs/configuration.md";

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
            let has =
                |code: &codes::Code| line.contains(&format!("[{}](#{})", code.id, code.id.to_lowercase()));
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
    for lint in Lint::ALL {
        assert!(page.contains(&format!("| `{}` |", lint.name())), "no row for {}", lint.name());
    }
    for heading in ["Values", "Precedence", "What backends get", "Late values"] {
        assert!(page.contains(&format!("\n## {heading}\n")), "no section {heading}");
    }
    for heading in ["Inheritance", "Path patterns"] {
        assert!(page.contains(&format!("\n### {heading}\n")), "no section {heading}");
    }
}
