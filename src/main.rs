//! The gateway that `gateway.yml` describes. This file is all that a gateway of your own needs, too.

castgate::include_gateway!();

fn main() -> std::process::ExitCode {
    castgate::main(&compiled::GATEWAY)
}
