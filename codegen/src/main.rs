//! The `castgate` command line: looks at a config without building a gateway.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run().into()
}
