//! The castgate config compiler.

pub mod ast;
pub mod middleware;
pub mod model;
pub mod pattern;
pub mod source;
