//! The castgate config compiler.
