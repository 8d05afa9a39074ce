//! Same YAML, same toolchain, same path: same binary.
//!
//! A crate is built, all that was built of it is thrown away, and it is built again: the build script runs anew, in
//! another process with other random state, and so does rustc. Both binaries are the same, byte by byte.
//!
//! What this does not show: that castgate itself and what it depends on are built reproducibly (they stay, as in any
//! build after the first), and anything about another path or machine, or a release build. That the generated file is the
//! same in every process is tried on random configs in codegen/tests/random.rs.

use std::fs;

use crate::home::{Crate, read, root};

#[test]
fn a_gateway_that_is_cast_twice_is_the_same_binary() {
    let twice = Crate::copy("twice");
    twice.with_features("\"full\"");
    twice.write("gateway.yml", &read(&root().join("codegen/tests/pass/everything.yml")));
    let built = || {
        twice.clean();
        assert!(twice.compiles(), "nothing was built anew");
        fs::read(twice.binary()).expect("the binary")
    };
    let (first, second) = (built(), built());
    assert_eq!(first.len(), second.len());
    let difference = first.iter().zip(&second).position(|(a, b)| a != b);
    assert_eq!(difference, None, "the place where the binaries differ");
}
