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
    let sections = schema["definitions"].as_object().unwrap().values().chain([&schema]);
    for key in sections.filter_map(|section| section["properties"].as_object()).flatten().map(|(key, _)| key)
    {
        assert!(page.contains(&format!("| `{key}` |")), "no row for {key}");
    }
    for name in NAMES {
        assert!(page.contains(&format!("### middleware.{name}\n")), "no section for {name}");
    }
    for id in codes::ALL.iter().map(|code| code.id) {
        assert!(page.contains(&format!("| {id} |")), "no row for {id}");
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
