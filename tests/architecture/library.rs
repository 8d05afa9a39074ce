//! The library as others see it: the facade that generated code names, features, and that no gateway is a part of it.

use super::{code, read, sources};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn generated_code_names_only_the_facade() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("codegen/tests/golden")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".rs") {
            continue;
        }
        let golden = read(&format!("codegen/tests/golden/{name}"));
        let absolute: Vec<_> = golden
            .lines()
            .filter(|line| line.starts_with("use ") || line.contains(" ::"))
            .filter(|line| !line.contains("::castgate::codegen::"))
            .collect();
        assert!(absolute.is_empty(), "{name}: {absolute:?}");
        assert!(!golden.contains("unsafe") && !golden.contains("unwrap"), "{name}");
    }
}

/// Generated code imports the facade as a whole: no name of it may hide one of Rust's own, nor take the place of a static
/// that is named after a thing of the config.
#[test]
fn the_facade_takes_no_name_that_generated_code_needs() {
    let facade = read("src/codegen.rs");
    let statements: Vec<&str> = facade.split("pub use ").skip(1).collect();
    let words = statements.iter().flat_map(|statement| {
        let end = statement.find(';').unwrap();
        // `Target as RedirectTarget` is known by its last name.
        statement[..end].split(['{', '}', ',']).filter_map(|part| part.trim().rsplit([' ', ':']).next())
    });
    let names: BTreeSet<&str> = words.filter(|word| !word.is_empty() && *word != "self").collect();
    assert!(names.contains("RedirectTarget") && names.contains("NONE"), "{names:?}");
    let prelude =
        ["Box", "Clone", "Copy", "Debug", "Drop", "Err", "Fn", "None", "Ok", "Option", "Result", "Some"];
    let more = ["Send", "Sized", "String", "Sync", "Vec", "assert", "drop"];
    let hidden: Vec<_> = prelude.iter().chain(&more).filter(|name| names.contains(*name)).collect();
    assert!(hidden.is_empty(), "src/codegen.rs hides {hidden:?}");
    let plan = read("codegen/src/plan.rs");
    let (_, fixed) = plan.split_once("FIXED_NAMES: &[&str] = &[").unwrap();
    let (fixed, _) = fixed.split_once("];").unwrap();
    for name in names.iter().filter(|name| !name.bytes().any(|byte| byte.is_ascii_lowercase())) {
        assert!(fixed.contains(&format!("\"{name}\"")), "`{name}` is not in FIXED_NAMES");
    }
}

#[test]
fn the_library_never_includes_a_gateway() {
    for (path, source) in sources("src").into_iter().filter(|(path, _)| path != "src/main.rs") {
        assert!(!code(&source).any(|line| line.contains("include_gateway!()")), "{path}");
    }
}

#[test]
fn the_library_has_no_build_script() {
    // Whoever depends on it would wait for a gateway that is not theirs.
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("\nbuild = false\n") && manifest.contains("\nautobins = false\n"));
    assert!(!manifest.contains("[build-dependencies]") && !manifest.contains("[[bin]]"));
}

/// A feature is a word of Cargo.toml, a constant of the facade, a row of the manual, and in the gateway of this repository.
#[test]
fn a_feature_is_asked_for_by_its_constant_and_told_of() {
    let manifest = read("Cargo.toml");
    let (_, features) = manifest.split_once("\n[features]\n").unwrap();
    let (features, _) = features.split_once("\n\n").unwrap();
    let list = |line: &str| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let (groups, single): (Vec<&str>, Vec<&str>) = features
        .lines()
        .filter(|line| !line.starts_with('#'))
        .partition(|line| line.starts_with("default = ") || line.starts_with("full = "));
    let names: BTreeSet<String> =
        single.iter().map(|line| line.split_once(" = ").unwrap().0.to_owned()).collect();
    let full = groups.iter().find(|line| line.starts_with("full")).unwrap();
    assert_eq!(list(full), names, "`full` is all of them");
    let (facade, manual) = (read("src/codegen.rs"), read("docs/operations.md"));
    for name in names {
        let constant = name.to_ascii_uppercase().replace('-', "_");
        let line = format!("pub const {constant}: bool = cfg!(feature = \"{name}\");");
        assert!(facade.contains(&line), "src/codegen.rs has no `{line}`");
        assert!(manual.contains(&format!("\n| `{name}` |")), "docs/operations.md does not tell of `{name}`");
    }
    assert!(read("gateway/Cargo.toml").contains("features = [\"full\"]"));
    assert!(read("demo/Cargo.toml").contains("default-features = false"));
}
