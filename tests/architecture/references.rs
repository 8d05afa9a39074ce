//! What documents point at is there: files, headings, tests, and what cargo is told to build.

use super::{read, sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The documents that a person writes.
const WRITTEN: [&str; 10] = [
    "CONTRIBUTING.md",
    "README.md",
    "benches/peers/README.md",
    "codegen/fuzz/README.md",
    "docs/architecture.md",
    "docs/benchmarks.md",
    "docs/middleware.md",
    "docs/operations.md",
    "fuzz/README.md",
    "tests/README.md",
];

/// What stands between backquotes outside of blocks of code.
fn quoted(document: &str) -> Vec<&str> {
    let texts = document.split("```").step_by(2);
    texts.flat_map(|text| text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))).collect()
}

/// Every file and directory of this repository, relative to it.
fn everything() -> Vec<String> {
    fn walk(root: &Path, path: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(root.join(path)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if [".git", "target"].contains(&name.as_str()) {
                continue;
            }
            let whole = if path.is_empty() { name } else { format!("{path}/{name}") };
            if entry.file_type().unwrap().is_dir() {
                walk(root, &whole, found);
            }
            found.push(whole);
        }
    }
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), "", &mut found);
    found
}

/// As the pages that show Markdown call a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|char| char.is_alphanumeric() || [' ', '-', '_'].contains(char));
    kept.flat_map(char::to_lowercase).map(|char| if char == ' ' { '-' } else { char }).collect()
}

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut headings = 0;
    for document in WRITTEN.into_iter().chain(["docs/configuration.md"]) {
        let text = read(document);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let here = root.join(document);
            let target = if file.is_empty() { here } else { here.parent().unwrap().join(file) };
            assert!(target.exists(), "{document} links to {link}");
            if !heading.is_empty() {
                let page = fs::read_to_string(&target).unwrap();
                let titles = page.lines().filter(|line| line.starts_with('#'));
                let mut anchors = titles.map(|line| anchor(line.trim_start_matches('#').trim_start()));
                let is_there = anchors.any(|anchor| anchor == heading)
                    || page.contains(&format!("<a id=\"{heading}\"></a>"));
                assert!(is_there, "{document} links to {link}, and there is no such heading");
                headings += 1;
            }
        }
    }
    assert!(headings > 100, "only {headings} links to headings were found");
}

/// A name without its directory, as `client.rs` in a row that begins with `src/downstream/connection.rs`, is some file's.
#[test]
fn files_that_documents_name_are_there() {
    let everything = everything();
    let mut count = 0;
    for document in ["CONTRIBUTING.md", "README.md", "docs/architecture.md", "tests/README.md"] {
        let text = read(document);
        for name in quoted(&text) {
            let is_file = name.ends_with(".rs") || name.contains('/');
            let is_name = name.chars().all(|char| char.is_ascii_alphanumeric() || "_./-".contains(char));
            let is_elsewhere = name.starts_with('/') || name.starts_with("target/");
            if !is_file || !is_name || is_elsewhere {
                continue;
            }
            let wanted = name.trim_end_matches('/').trim_end_matches("*.md");
            let ends = |path: &String| path == wanted || path.ends_with(&format!("/{wanted}"));
            assert!(everything.iter().any(ends), "{document} names `{name}`");
            count += 1;
        }
    }
    assert!(count > 100, "only {count} names of files were found");
}

/// What is said to keep an invariant does exist: a test in the room that is named, or a room.
#[test]
fn tests_that_keep_invariants_are_there() {
    let manual = read("docs/architecture.md");
    let (_, tables) = manual.split_once("\n## Invariants\n").unwrap();
    let (tables, _) = tables.split_once("\n## ").unwrap();
    let rooms = ["codegen/src", "codegen/tests", "contract/src", "src", "tests"];
    let files: Vec<_> = rooms.into_iter().flat_map(sources).collect();
    let parts = |path: &str| -> BTreeSet<String> {
        path.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
    };
    let all_rooms: BTreeSet<String> = files.iter().flat_map(|(path, _)| parts(path)).collect();
    let mut count = 0;
    for row in tables.lines().filter(|line| line.starts_with("| ")) {
        let (_, kept) = row.split_once(" | ").unwrap();
        for name in kept.split('`').skip(1).step_by(2) {
            let is_name = |name: &str| name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
            let path: Vec<&str> = name.split("::").filter(|part| *part != "*" && *part != "tests").collect();
            // A word alone may be one of Rust, and a lint of clippy is no test.
            if !path.iter().all(|part| is_name(part)) || name == "if" || path.first() == Some(&"clippy") {
                continue;
            }
            let Some((last, before)) = path.split_last() else { continue };
            // A type has no room of its own.
            let before = || before.iter().filter(|part| !part.starts_with(|char: char| char.is_uppercase()));
            let is_there = |(path, source): &(String, String)| {
                let holds =
                    source.contains(&format!("fn {last}(")) || source.contains(&format!("fn {last}<"));
                holds && before().all(|part| parts(path).contains(*part))
            };
            let is_room = all_rooms.contains(*last) && before().all(|part| all_rooms.contains(*part));
            assert!(is_room || files.iter().any(is_there), "`{name}` keeps nothing: {row}");
            count += 1;
        }
    }
    assert!(count > 150, "only {count} names were found");
}

/// The packages of the workspace, with their directories.
fn packages() -> Vec<(String, String)> {
    let manifest = read("Cargo.toml");
    let (_, members) = manifest.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    let members = members.split('"').skip(1).step_by(2);
    let named = members.map(|directory| {
        let manifest = read(&format!("{directory}/Cargo.toml"));
        let (_, package) = manifest.split_once("[package]\nname = \"").unwrap();
        (package.split('"').next().unwrap().to_owned(), directory.to_owned())
    });
    named.collect()
}

/// Whether a package has a target of this kind (`bench`, `bin`, `test`).
fn has_target(directory: &str, kind: &str, name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let room = if kind == "bench" { "benches" } else { "tests" };
    let declared = format!("[[{kind}]]\nname = \"{name}\"");
    read(&format!("{directory}/Cargo.toml")).contains(&declared)
        || kind != "bin" && root.join(format!("{room}/{name}.rs")).exists()
        || kind != "bin" && root.join(format!("{room}/{name}/main.rs")).exists()
}

/// A command without `-p` is about the gateway alone, which has neither tests nor benches.
#[test]
fn commands_that_are_shown_build_what_is_there() {
    let packages = packages();
    let rooms = ["benches", "codegen/benches", "codegen/src", "codegen/tests", "src", "tests"];
    let in_code =
        rooms.into_iter().flat_map(sources).filter(|(path, _)| !path.starts_with("tests/architecture"));
    let shown = WRITTEN.into_iter().map(|path| (path.to_owned(), read(path))).chain(in_code);
    let mut count = 0;
    for (path, text) in shown.chain([".ci/run", ".ci/slow"].map(|path| (path.to_owned(), read(path)))) {
        let text = text.replace("\\\n", " ");
        // A document may break a line within a command.
        let text = if path.ends_with(".md") { text.replace("--test\n  ", "--test ") } else { text };
        let commands = ["test", "bench", "build", "run"].into_iter().flat_map(|verb| {
            text.match_indices(&format!("cargo {verb} ")).map(|(at, _)| &text[at..]).collect::<Vec<_>>()
        });
        for rest in commands {
            let command = rest.split(['`', '\n', '|', ';', '"', ')']).next().unwrap();
            let words: Vec<&str> = command.split_whitespace().take_while(|word| *word != "--").collect();
            let after = |option: &str| -> Vec<&str> {
                words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1]).collect()
            };
            let asked = after("-p");
            let asked = if asked.is_empty() { vec!["gateway"] } else { asked };
            let directories: Vec<&String> = asked
                .iter()
                .map(|asked| {
                    let found = packages.iter().find(|(name, _)| name == asked);
                    &found.unwrap_or_else(|| panic!("{path}: `{command}`: there is no package {asked}")).1
                })
                .collect();
            for kind in ["bench", "bin", "test"] {
                for name in after(&format!("--{kind}")) {
                    let is_there = directories.iter().any(|directory| has_target(directory, kind, name));
                    assert!(is_there, "{path}: `{command}`: no {kind} {name} in {asked:?}");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 25, "only {count} targets were found");
}

/// `contract/` has a room a subject, and the document a row for each.
#[test]
fn the_contract_s_rooms_are_told_of() {
    let manual = read("docs/architecture.md");
    let (_, table) = manual.split_once("| room | what both do with it |\n|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let told: BTreeSet<String> = rows
        .flat_map(|row| row.split(" | ").next().unwrap().split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect();
    let library = read("contract/src/lib.rs");
    let rooms = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_eq!(told, rooms.map(str::to_owned).collect());
}

/// Threads are known by their names, in `top` and in the document.
#[test]
fn the_threads_are_told_of() {
    let manual = read("docs/architecture.md");
    let (_, table) = manual.split_once("| thread | does |\n|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let told: BTreeSet<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    let mut named = BTreeSet::from(["worker-N".to_owned()]);
    for (_, source) in sources("src") {
        let source: String = super::code(&source).map(str::trim).collect();
        let names =
            source.split("thread::Builder::new().name(").skip(1).filter_map(|rest| rest.strip_prefix('"'));
        named.extend(names.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    assert_eq!(told, named.iter().map(String::as_str).collect());
}

/// The figures are those of one run, wherever they stand.
#[test]
fn figures_are_the_same_wherever_they_stand() {
    let figures = |path: &str| super::between(&read(path), "figures");
    assert_eq!(figures("README.md"), figures("docs/benchmarks.md"));
}
