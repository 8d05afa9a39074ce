//! Every gateway of `configs/`, in one binary: `gateways <config-name>` runs one of them. What follows the name is that
//! gateway's own command line. `guest` and `layers` are two of them with a middleware that was written by hand.

mod guest;
mod layers;

use std::env;
use std::process::ExitCode;

/// What was cast from `configs/`.
#[allow(missing_docs, unreachable_pub, reason = "generated")]
mod cast {
    include!(concat!(env!("OUT_DIR"), "/gateways.rs"));
}

fn main() -> ExitCode {
    let mut arguments = env::args_os();
    let name = arguments.nth(1).unwrap_or_default().to_string_lossy().into_owned();
    match name.as_str() {
        "guest" => return castgate::command(&guest::GUEST, arguments),
        "layers" => return castgate::command(&layers::LAYERS, arguments),
        _ => {}
    }
    cast::command(&name, arguments).unwrap_or_else(|| {
        eprintln!("no configs/{name}.yml: gateways <config-name> [arguments]");
        ExitCode::from(64)
    })
}
