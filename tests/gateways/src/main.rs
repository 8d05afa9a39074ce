//! Every gateway of `configs/`, in one binary: `gateways <config-name>` runs one of them.

use std::env;
use std::process::ExitCode;

/// What was cast from `configs/`.
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod cast {
    include!(concat!(env!("OUT_DIR"), "/gateways.rs"));
}

fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    cast::run(&name).unwrap_or_else(|| {
        eprintln!("no configs/{name}.yml: gateways <config-name>");
        ExitCode::from(64)
    })
}
