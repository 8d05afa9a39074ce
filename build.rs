//! Casts the repository's `gateway.yml`: into `gateway/`, and into `demo/`.

fn main() {
    castgate_codegen::build_in("..");
}
