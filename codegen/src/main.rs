//! The `castgate` command line.
fn main() {}
