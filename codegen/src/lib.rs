//! The castgate config compiler.

pub mod ast;
pub mod emit;
pub mod lower;
pub mod middleware;
pub mod model;
pub mod pattern;
pub mod plan;
pub mod source;
