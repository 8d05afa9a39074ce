//! The gateway that `gateway.yml` describes.

castgate::include_gateway!();

fn main() -> std::process::ExitCode {
    castgate::main(&compiled::GATEWAY)
}
