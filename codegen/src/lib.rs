//! The castgate config compiler: `gateway.yml` in, Rust out.
//!
//! A build script is one line, `fn main() { castgate_codegen::build() }`; [`Compiler`] is for those that need
//! more. That is the contract. All else is open only to the command `castgate` and to this repository's tests and tools:
//! hidden here, and changed without notice.

mod addition;
mod addresses;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod against;
#[doc(hidden)]
pub mod ast;
mod budget;
mod build;
mod check;
#[doc(hidden)]
pub mod codes;
mod compile;
#[doc(hidden)]
pub mod diagnostic;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod diff;
#[doc(hidden)]
pub mod emit;
mod encoded;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod explain;
mod field;
mod language;
mod late;
#[doc(hidden)]
pub mod lint;
#[doc(hidden)]
pub mod lower;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod lsp;
mod mends;
#[doc(hidden)]
pub mod middleware;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod normal;
mod parse;
#[doc(hidden)]
pub mod pattern;
#[doc(hidden)]
pub mod place;
#[doc(hidden)]
pub mod plan;
mod printable;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod reference;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod report;
mod resolve;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod schema;
#[doc(hidden)]
pub mod show;
#[doc(hidden)]
pub mod source;
#[doc(hidden)]
pub mod table;
mod yaml;

pub use build::{Compiler, build, build_in};
pub(crate) use compile::analyse_unproven;
#[doc(hidden)]
pub use compile::{Cast, analyse, compile};
#[doc(hidden)]
pub use diagnostic::{Diagnostics, Failed, Severity, Style};
#[doc(hidden)]
pub use source::Source;

#[cfg(test)]
mod testing;
