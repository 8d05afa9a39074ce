//! Casts a gateway from every `configs/*.yml`, and a table of their names.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=configs");
    let mut configs: Vec<_> = fs::read_dir("configs").unwrap().map(|entry| entry.unwrap().path()).collect();
    configs.sort();

    let (mut modules, mut table) = (String::new(), String::new());
    for config in configs.iter().filter(|path| path.extension().is_some_and(|e| e == "yml")) {
        let name = config.file_stem().unwrap().to_str().unwrap();
        castgate_codegen::Compiler::new().config(config).out_file(format!("{name}.rs")).build();
        writeln!(
            modules,
            "/// `configs/{name}.yml`\npub mod {name} {{\n    include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\"));\n}}"
        )
        .unwrap();
        writeln!(table, "        {name:?} => castgate::main(&{name}::GATEWAY),").unwrap();
    }
    let source = format!(
        "{modules}\n/// Runs the gateway of this name; `None` when there is none.\n\
         pub fn run(name: &str) -> Option<std::process::ExitCode> {{\n    Some(match name {{\n{table}        _ => return None,\n    }})\n}}\n"
    );
    fs::write(Path::new(&env::var_os("OUT_DIR").unwrap()).join("gateways.rs"), source).unwrap();
}
