//! The gateway that `gateway.yml` describes, with a middleware of its own around every route.

mod tenant;

use std::process::ExitCode;

use castgate::{Layered, Routed};

use crate::compiled::Compiled;
use crate::tenant::{TENANTS, Tenant};

castgate::include_gateway!();

static GATEWAY: Layered<Compiled, Tenant<Routed<Compiled>>> =
    Layered::new(&compiled::GATEWAY, Tenant::new, &[&TENANTS]);

fn main() -> ExitCode {
    castgate::main(&GATEWAY)
}
