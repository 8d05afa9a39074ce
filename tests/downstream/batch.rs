//! Whatever the compiler accepts, rustc accepts: a batch of random configs, and all that are known to be good, in one
//! crate, a module each.
//!
//! `CASTGATE_SEED=17` makes another batch.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use castgate_codegen::{Diagnostics, Source, compile};

use crate::home::{Crate, read, root, stderr};
use crate::random::{self, Choices};

/// So many random configs.
const COUNT: usize = 40;

/// Casts what is in `configs/`, each config as a build script of its own would.
const BUILD: &str = r#"//! Casts every config, and writes a module for each.
use std::fmt::Write as _;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=configs");
    let (mut modules, mut arms) = (String::new(), String::new());
    let mut configs = std::fs::read_dir("configs")?.collect::<std::io::Result<Vec<_>>>()?;
    configs.sort_by_key(std::fs::DirEntry::file_name);
    for config in configs {
        let file = config.file_name().to_string_lossy().into_owned();
        let name = file.trim_end_matches(".yml");
        castgate_codegen::Compiler::new().config(format!("configs/{file}")).out_file(format!("{name}.rs")).build();
        let path = format!("concat!(env!(\"OUT_DIR\"), \"/{name}.rs\")");
        _ = writeln!(modules, "mod {name} {{ include!({path}); }}");
        _ = writeln!(arms, "        {name:?} => castgate::main(&{name}::GATEWAY),");
    }
    let run = format!("fn run(name: &str) -> std::process::ExitCode {{\n    match name {{\n{arms}        _ => panic!(\"no {{name}}\"),\n    }}\n}}\n");
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    std::fs::write(format!("{out}/gateways.rs"), modules + &run)
}
"#;

const MAIN: &str = r#"//! All the gateways; the environment says which one this is.
#![deny(warnings)]

include!(concat!(env!("OUT_DIR"), "/gateways.rs"));

fn main() -> std::process::ExitCode {
    run(&std::env::var("BATCH_GATEWAY").unwrap_or_default())
}
"#;

/// Names of modules, and configs.
fn configs() -> Vec<(String, String)> {
    let mut configs = Vec::new();
    for entry in fs::read_dir(root().join("codegen/tests/pass")).expect("configs") {
        let path = entry.expect("a config").path();
        // One of several files is a directory.
        if path.is_dir() {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        configs.push((format!("pass_{}", stem.replace('-', "_")), read(&path)));
    }
    configs.sort();
    let first = random::seed(50_000);
    let made = (first..).map(|seed| (format!("seed_{seed}"), random::sound(&mut Choices::seeded(seed))));
    let accepted = made.filter(|(_, text)| {
        compile(&mut Source::new("gateway.yml", text.as_str()), &mut Diagnostics::new()).is_ok()
    });
    configs.extend(accepted.take(COUNT));
    configs
}

#[test]
fn rustc_accepts_whatever_the_compiler_accepts() {
    let batch = Crate::copy("batch");
    batch.with_features("\"full\"");
    let configs = configs();
    let directory = batch.directory.join("configs");
    fs::create_dir_all(&directory).expect("a directory of the test's own");
    let files: BTreeSet<String> = configs.iter().map(|(name, _)| format!("{name}.yml")).collect();
    for entry in fs::read_dir(&directory).expect("a directory of the test's own") {
        let entry = entry.expect("a config");
        if !files.contains(&*entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path()).expect("a file of the test's own");
        }
    }
    for (name, text) in &configs {
        batch.write(&format!("configs/{name}.yml"), text);
    }
    batch.write("build.rs", BUILD);
    batch.write("src/main.rs", MAIN);
    let manifest = read(&batch.directory.join("Cargo.toml"));
    if !manifest.contains("profile.dev.package.batch") {
        // Nobody debugs it, and the debug information of forty gateways takes longer than they do.
        batch.write("Cargo.toml", &format!("{manifest}\n[profile.dev.package.batch]\ndebug = false\n"));
    }

    let output = batch.build([]);
    assert!(output.status.success(), "{}", stderr(&output));
    // It is all there, and each is what it was cast from.
    for (name, _) in &configs {
        let mut gateway = Command::new(batch.binary());
        let output = gateway.arg("--version").env("BATCH_GATEWAY", name).output().expect("the batch");
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(version.contains(&format!(", configs/{name}.yml ")), "{name}: {version}{}", stderr(&output));
    }
}
