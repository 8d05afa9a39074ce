//! Casts a gateway from every `configs/*.yml`, and a table of their names; takes in the compiler's goldens as they
//! stand; casts the config of `benches/allocations.rs`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let (mut modules, mut arms) = (String::new(), String::new());
    for config in &files("configs", "yml")? {
        let name = stem(config)?;
        castgate_codegen::Compiler::new()
            .config(config.display().to_string())
            .out_file(format!("{name}.rs"))
            .build();
        _ = write!(modules, "{}", module(name));
        _ = writeln!(arms, "        {name:?} => castgate::command(&{name}::GATEWAY, arguments),");
    }
    let command = format!(
        "/// Does what the arguments ask of the gateway of this name; `None` when there is none.\n\
         pub fn command(name: &str, arguments: std::env::ArgsOs) -> Option<std::process::ExitCode> {{\n    \
             Some(match name {{\n{arms}        _ => return None,\n    }})\n\
         }}\n"
    );
    for golden in &files("../../codegen/tests/golden", "rs")? {
        modules += &golden_module(stem(golden)?, &golden.canonicalize()?);
    }
    castgate_codegen::Compiler::new()
        .config("../../benches/allocations.yml")
        .out_file("allocations.rs")
        .build();
    let out_dir = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out_dir).join("gateways.rs"), modules + &command)
}

/// The files of a directory with this extension, in the order of their names.
fn files(directory: &str, extension: &str) -> io::Result<Vec<PathBuf>> {
    println!("cargo::rerun-if-changed={directory}");
    let entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    files.sort();
    Ok(files)
}

fn stem(path: &Path) -> io::Result<&str> {
    path.file_stem().and_then(|stem| stem.to_str()).ok_or_else(|| io::ErrorKind::InvalidFilename.into())
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

/// What the compiler promises to write, to be compiled; nobody runs it.
fn golden_module(name: &str, path: &Path) -> String {
    let module = name.replace(|char: char| !char.is_ascii_alphanumeric(), "_");
    format!(
        r#"
/// `codegen/tests/golden/{name}.rs`
#[allow(dead_code)]
mod golden_{module} {{
    include!({path:?});
}}
"#
    )
}
