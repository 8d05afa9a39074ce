//! Casts a gateway from every `configs/*.yml`, and a table of their names.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=configs");
    let entries = fs::read_dir("configs")?.collect::<io::Result<Vec<_>>>()?;
    let mut configs: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    configs.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    configs.sort();

    let (mut modules, mut arms) = (String::new(), String::new());
    for config in &configs {
        let name = config.file_stem().and_then(|stem| stem.to_str()).ok_or(io::ErrorKind::InvalidFilename)?;
        castgate_codegen::Compiler::new()
            .config(config.display().to_string())
            .out_file(format!("{name}.rs"))
            .build();
        _ = write!(modules, "{}", module(name));
        _ = writeln!(arms, "        {name:?} => castgate::run(&{name}::GATEWAY),");
    }
    let run = format!(
        "/// Runs the gateway of this name; `None` when there is none.\n\
         pub fn run(name: &str) -> Option<std::process::ExitCode> {{\n    \
             Some(match name {{\n{arms}        _ => return None,\n    }})\n\
         }}\n"
    );
    let out_dir = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out_dir).join("gateways.rs"), modules + &run)
}

/// The generated code, or the compiler's report if the config has errors.
fn module(name: &str) -> String {
    format!(
        r#"
/// `configs/{name}.yml`
#[cfg(not({name}_config_error))]
pub mod {name} {{
    include!(concat!(env!("OUT_DIR"), "/{name}.rs"));
}}

#[cfg({name}_config_error)]
compile_error!(include_str!(concat!(env!("OUT_DIR"), "/{name}_error.txt")));

/// Stands in, so that the report is the only error.
#[cfg({name}_config_error)]
pub mod {name} {{
    pub static GATEWAY: castgate::codegen::Uncompiled = castgate::codegen::Uncompiled;
}}
"#
    )
}
