//! The `castgate` command line: looks at a config without building a gateway.
//!
//! Exit codes: 0 all is well, 1 the config has problems (the report is on stderr), 2 wrong usage.

mod routes;

use castgate_codegen::{Cast, Diagnostics, Source, Style, codes, compile};
use clap::{Parser, Subcommand};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Checks and explains gateway configs.
#[derive(Debug, Parser)]
#[command(name = "castgate", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a config and report every problem in it
    Check {
        /// The config
        #[arg(default_value = "gateway.yml")]
        file: String,
    },
    /// Print the Rust which a config is compiled into
    Emit {
        /// The config
        #[arg(default_value = "gateway.yml")]
        file: String,
    },
    /// Print the routes in the order in which they take a request
    Routes {
        /// The config
        #[arg(default_value = "gateway.yml")]
        file: String,
    },
    /// Explain a diagnostic's code
    Explain {
        /// Such as CG0203
        code: String,
    },
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Check { file } => with_cast(&file, |cast| {
            let (routes, upstreams) = (cast.model.routes.len(), cast.model.upstreams.len());
            let s = |count| if count == 1 { "" } else { "s" };
            format!(
                "{file}: {routes} route{}, {upstreams} upstream{}, no problems\n",
                s(routes),
                s(upstreams)
            )
        }),
        Command::Emit { file } => with_cast(&file, |cast| cast.rust),
        Command::Routes { file } => with_cast(&file, |cast| routes::table(&cast.model)),
        Command::Explain { code } => explain(&code),
    }
}

fn with_cast(file: &str, show: impl FnOnce(Cast) -> String) -> ExitCode {
    let mut sink = Diagnostics::new();
    let source = Source::read(file, &mut sink);
    if let Ok(cast) = compile(&source, &mut sink) {
        return print(&show(cast));
    }
    let has_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let style = if has_colours && std::io::stderr().is_terminal() { Style::Styled } else { Style::Plain };
    eprint!("{}", sink.render(&source, style));
    ExitCode::FAILURE
}

fn explain(code: &str) -> ExitCode {
    match codes::find(code) {
        Some(code) => print(&format!("{}: {}\n\n{}\n", code.id, code.title, code.explanation)),
        None => {
            eprintln!("error: no code {code}; codes are CG and four digits, as a report shows them");
            ExitCode::from(2)
        }
    }
}

/// A reader who has seen enough (`castgate routes | head`) is no error.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}
