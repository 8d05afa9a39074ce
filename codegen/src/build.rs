//! For build scripts: compiles configs into `OUT_DIR` and tells cargo what to watch.
//!
//! A config with errors does not fail the build script, whose output cargo shows badly. The report becomes a
//! file, a cfg is set, and the crate turns both into a `compile_error!`, which editors understand.
//! Warnings become cargo's.

use crate::budget::budget;
use crate::compile::{Cast, compile};
use crate::diagnostic::{Diagnostics, Style};
use crate::source::{Disk, Source};
use std::path::{Path, PathBuf};

/// Compiles the crate's config: the whole of a build script is `fn main() { castgate_codegen::build() }`.
///
/// The config is `gateway.yml` beside `Cargo.toml`, or the file, or the layers (`base.yml:prod.yml`), which
/// `GATEWAY_CONFIG` names. See
/// [`Compiler::build`] for what comes out.
pub fn build() {
    build_in("");
}

/// The same for a config that does not lie beside `Cargo.toml`: all paths, that of `GATEWAY_CONFIG` too, are relative to
/// `directory`, which is relative to the crate.
pub fn build_in(directory: impl Into<PathBuf>) {
    println!("cargo::rerun-if-env-changed=GATEWAY_CONFIG");
    let config = std::env::var("GATEWAY_CONFIG").ok().filter(|path| !path.is_empty());
    Compiler::new().directory(directory).config(config.as_deref().unwrap_or("gateway.yml")).build();
}

/// Compiles one config in a build script, where [`build`] does not fit: several configs, other names.
///
/// ```no_run
/// castgate_codegen::Compiler::new().config("gateways/small.yml").out_file("small.rs").build();
/// ```
#[derive(Debug, Clone)]
pub struct Compiler {
    directory: PathBuf,
    config: String,
    out_dir: Option<PathBuf>,
    out_file: String,
}

impl Default for Compiler {
    fn default() -> Self {
        Self {
            directory: PathBuf::new(),
            config: "gateway.yml".to_owned(),
            out_dir: None,
            out_file: "gateway.rs".to_owned(),
        }
    }
}

impl Compiler {
    /// `gateway.yml` to `gateway.rs` in `OUT_DIR`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the paths of configs start, relative to the crate. Default: the crate itself.
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = path.into();
        self
    }

    /// The config, relative to the directory, or several, laid over one another: `base.yml:prod.yml`. Diagnostics show the
    /// paths as they are given here.
    pub fn config(mut self, path: impl Into<String>) -> Self {
        self.config = path.into();
        self
    }

    /// The directory to write to. Default: `OUT_DIR`.
    pub fn output(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// The name of the generated file. Default: `gateway.rs`.
    pub fn out_file(mut self, name: impl Into<String>) -> Self {
        self.out_file = name.into();
        self
    }

    /// Compiles, and tells cargo what to watch.
    ///
    /// With `gateway.rs` as the name of the output: if all is well, the code is in `gateway.rs`, which is only
    /// touched if it changed. If not, the report is in `gateway_error.txt`, made for `compile_error!` (without
    /// the leading `error: `), and the cfg `gateway_config_error` is set.
    pub fn build(self) {
        let stem = self.out_file.strip_suffix(".rs").unwrap_or(&self.out_file);
        let cfg = format!("{}_config_error", stem.replace(|char: char| !char.is_ascii_alphanumeric(), "_"));
        println!("cargo::rustc-check-cfg=cfg({cfg})");
        let Some(out_dir) = self.out_dir.or_else(|| std::env::var_os("OUT_DIR").map(PathBuf::from)) else {
            println!("cargo::error=OUT_DIR is not set; this is for build scripts");
            return;
        };
        let mut sink = Diagnostics::new();
        let mut source = Source::read_with(&self.config, Disk::at(&self.directory), &mut sink);
        let written = match compile(&mut source, &mut sink) {
            Ok(cast) => {
                for warning in short_warnings(&sink, &source) {
                    println!("cargo::warning={warning}");
                }
                report(&cast);
                write_if_changed(&out_dir.join(&self.out_file), &cast.rust)
            }
            Err(_) => {
                println!("cargo::rustc-cfg={cfg}");
                let report = sink.render(&source, Style::Plain);
                write_if_changed(&out_dir.join(format!("{stem}_error.txt")), for_compile_error(&report))
            }
        };
        // What an `include` finds is known only now.
        for path in source.watched() {
            let watched = self.directory.join(&path);
            println!("cargo::rerun-if-changed={}", watched.display());
            if is_around(&watched, &out_dir) {
                let config = source.path();
                let shown = if path == "." { "this directory" } else { path.as_str() };
                println!(
                    "cargo::warning={config}: every build starts anew, because it writes below {shown}, where a pattern \
                     of `include` looks for files; give them a directory of their own"
                );
            }
        }
        if let Err(error) = written {
            println!("cargo::error=cannot write to OUT_DIR: {error}");
        }
    }
}

/// Whether cargo, which watches a directory with all that is below it, would see its own output change.
fn is_around(path: &Path, out_dir: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().ok();
    let directory = whole(path).filter(|path| path.is_dir());
    directory.zip(whole(out_dir)).is_some_and(|(directory, out_dir)| out_dir.starts_with(directory))
}

/// More warnings than this are counted, not shown: cargo repeats them with every build.
const MOST_WARNINGS: usize = 10;

/// cargo shows one line a warning; `castgate check` shows them whole.
fn short_warnings(sink: &Diagnostics, source: &Source) -> Vec<String> {
    let warnings = sink.warnings();
    let shown = warnings.iter().take(MOST_WARNINGS).map(|warning| warning.one_line(source));
    let more = match warnings.len().saturating_sub(MOST_WARNINGS) {
        0 => None,
        more => Some(format!("{}: and {more} more, see `castgate check`", source.path())),
    };
    shown.chain(more).collect()
}

/// The bounds of the gateway in one line. `cargo build -vv` shows it; with CASTGATE_REPORT=1 it is a warning, which is
/// the only way to everybody's eyes.
fn report(cast: &Cast) {
    println!("cargo::rerun-if-env-changed=CASTGATE_REPORT");
    let is_asked = std::env::var_os("CASTGATE_REPORT").is_some_and(|value| value == "1");
    let prefix = if is_asked { "cargo::warning=" } else { "" };
    println!("{prefix}{}: {}", cast.model.config_path, budget(&cast.model, &cast.plan));
}

/// rustc writes `error: ` itself, and ends the line.
fn for_compile_error(report: &str) -> &str {
    let rest = report.strip_prefix("error").unwrap_or(report);
    rest.strip_prefix(": ").unwrap_or(rest).trim_end()
}

/// cargo goes by modification times: what did not change must not look new.
fn write_if_changed(path: &Path, text: &str) -> std::io::Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    std::fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::{for_compile_error, is_around, short_warnings};
    use std::path::Path;

    use crate::{Diagnostics, Source, compile};

    #[test]
    fn warnings_are_short_and_few() {
        let upstream =
            |number| format!("  u{number}: {{backends: ['http://h{number}'], keepalive: {{idle: 90s}}}}\n");
        let route = |number| format!("  - {{path: /r{number}, upstream: u{number}}}\n");
        let (upstreams, routes): (String, String) =
            (0..12).map(|number| (upstream(number), route(number))).unzip();
        let mut source = Source::new("gateway.yml", format!("upstreams:\n{upstreams}routes:\n{routes}"));
        let mut sink = Diagnostics::new();
        assert!(compile(&mut source, &mut sink).is_ok());
        let warnings = short_warnings(&sink, &source);
        assert_eq!(warnings.len(), 11);
        let first = "idle connections are kept for longer than most backends keep theirs [CG0516]";
        assert_eq!(warnings[0], format!("gateway.yml:2: {first}"));
        assert_eq!(warnings[10], "gateway.yml: and 2 more, see `castgate check`");
    }

    #[test]
    fn a_directory_with_the_output_in_it_is_known() {
        let here = std::env::current_dir().unwrap();
        let is_around = |path: &str, out_dir: &str| is_around(Path::new(path), &here.join(out_dir));
        assert!(is_around(".", "src/parse") && is_around("src", "src/parse"));
        assert!(!is_around("tests", "src") && !is_around("Cargo.toml", ""));
        assert!(!is_around("no-such-directory", ""));
    }

    #[test]
    fn a_report_for_compile_error_has_no_second_error_in_front() {
        assert_eq!(for_compile_error("error: a\nerror: b\n"), "a\nerror: b");
        assert_eq!(for_compile_error("error[CG0001]: a\n"), "[CG0001]: a");
    }
}
