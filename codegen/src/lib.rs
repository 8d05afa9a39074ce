//! The castgate config compiler: `gateway.yml` in, Rust out.
//!
//! A build script is one line, `fn main() { castgate_codegen::build() }`; [`Compiler`] is for those that need
//! more. Everything else is open so that tools (the `castgate` command among them) can look inside:
//! [`compile()`] is the whole pipeline, [`ast`] the language, [`model`] its meaning, [`codes`] its errors.

#[cfg(feature = "cli")]
pub mod against;
pub mod ast;
pub mod budget;
mod build;
mod check;
pub mod codes;
mod compile;
pub mod diagnostic;
#[cfg(feature = "cli")]
pub mod diff;
pub mod emit;
mod encoded;
#[cfg(feature = "cli")]
pub mod explain;
mod field;
mod language;
pub mod lint;
pub mod lower;
#[cfg(feature = "cli")]
pub mod lsp;
mod mends;
pub mod middleware;
pub mod model;
pub mod normal;
mod parse;
pub mod pattern;
pub mod place;
pub mod plan;
mod printable;
#[cfg(feature = "cli")]
pub mod reference;
pub mod report;
mod resolve;
#[cfg(feature = "cli")]
pub mod schema;
pub mod show;
pub mod source;
pub mod table;
pub mod yaml;

pub use budget::{Budget, budget};
pub use build::{Compiler, build, build_in};
pub(crate) use compile::analyse_unproven;
pub use compile::{Cast, analyse, compile};
pub use diagnostic::{Diagnostics, Failed, Severity, Style};
pub use source::Source;
pub use table::{Mismatch, TestOutcome, run_tests};
