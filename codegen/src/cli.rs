//! The commands of `castgate`: each reads its arguments, calls the library, and says how it went.

mod arguments;
mod check;
mod config;
mod diff;
mod exit;
mod explain;
mod manual;
mod routes;
mod test;

use arguments::{Arguments, Command};
use castgate_codegen::{emit, lower, lsp, normal, reference, report, schema};
use clap::Parser;
use exit::Exit;

/// Runs the command which the arguments name.
pub(crate) fn run() -> Exit {
    let Arguments { color, command } = Arguments::parse();
    match command {
        Command::Check { config, format } => check::run(&config, format, color),
        Command::Emit { config } => {
            config::with_cast(&config, color, |found| emit::emit_formatted(&lower::lower(&found.model)))
        }
        Command::Routes { config, format } => config::with_cast(&config, color, |found| match format {
            arguments::TableFormat::Table => routes::table(&found.model),
            arguments::TableFormat::Json => routes::json(&found.model),
        }),
        Command::Config { config, origins } => config::with_cast(&config, color, |found| {
            if origins {
                normal::text_with_origins(&found.model, &found.source)
            } else {
                normal::text(&found.model)
            }
        }),
        Command::Report { config, access_matrix } => config::with_cast(&config, color, |found| {
            let model = &found.model;
            match access_matrix {
                None => report::text(model),
                Some(form) => report::matrix(model, form),
            }
        }),
        Command::Test { config, running } => test::run(&config, running, color),
        Command::Diff { old, new, fail_on, format } => diff::run(&old, &new, &fail_on, format, color),
        Command::Lsp => match lsp::serve() {
            Ok(()) => Exit::Fine,
            Err(error) => {
                eprintln!("error: {error}");
                Exit::Io
            }
        },
        Command::Completions { shell } => manual::completions(shell),
        Command::Man { name } => manual::man(name.as_deref()),
        Command::Reference { lint: None } => exit::print(&reference::markdown()),
        Command::Reference { lint: Some(lint) } => exit::print(&reference::lint_page(lint)),
        Command::Schema => exit::print(&schema::text()),
        Command::Explain { what, headers, client_ip, listener, config, all } => {
            explain::run(&what, (&headers, client_ip), listener.as_deref(), &config, all, color)
        }
    }
}
