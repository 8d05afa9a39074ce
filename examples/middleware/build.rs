//! Casts `gateway.yml`.

fn main() {
    castgate_codegen::build();
}
