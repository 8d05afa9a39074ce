//! Casts `gateway.yml` into the `gateway` binary.

fn main() {
    castgate_codegen::build();
}
