//! The commands of `castgate`: each reads its arguments, calls the library, and says how it went.

mod arguments;
mod check;
mod config;
mod exit;
mod explain;
mod routes;

use arguments::{Arguments, Command};
use castgate_codegen::schema;
use clap::Parser;
use exit::Exit;

/// Runs the command which the arguments name.
pub(crate) fn run() -> Exit {
    let Arguments { color, command } = Arguments::parse();
    match command {
        Command::Check { config, format } => check::run(&config, format, color),
        Command::Emit { config } => config::with_cast(&config, color, |found| found.cast.rust.clone()),
        Command::Routes { config, format } => config::with_cast(&config, color, |found| match format {
            arguments::TableFormat::Table => routes::table(&found.cast.model),
            arguments::TableFormat::Json => routes::json(&found.cast.model),
        }),
        Command::Schema => exit::print(&schema::text()),
        Command::Explain { what, headers, config, all } => explain::run(&what, &headers, &config, all, color),
    }
}
