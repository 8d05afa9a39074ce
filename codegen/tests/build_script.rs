//! What a build script leaves behind.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::Compiler;
use std::fs;
use std::path::PathBuf;

/// A fresh directory of this test's own.
fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

#[test]
fn a_good_config_becomes_a_file_that_is_only_touched_if_it_changed() {
    let out = directory("good");
    let compiler = Compiler::new().config("tests/pass/seed.yml").output(&out).out_file("seed.rs");
    compiler.clone().build();
    let written = fs::metadata(out.join("seed.rs")).unwrap().modified().unwrap();
    compiler.build();
    assert_eq!(fs::metadata(out.join("seed.rs")).unwrap().modified().unwrap(), written);
    assert!(!out.join("seed_error.txt").exists());
}

#[test]
fn a_bad_config_becomes_a_report_for_compile_error() {
    let out = directory("bad");
    Compiler::new().config("tests/ui/unknown-upstream.yml").output(&out).build();
    let report = fs::read_to_string(out.join("gateway_error.txt")).unwrap();
    assert!(
        report.starts_with("[CG0203]: unknown upstream `userz`\n --> tests/ui/unknown-upstream.yml:5:26\n")
    );
    assert!(!report.ends_with('\n'));
    assert!(!out.join("gateway.rs").exists());
}

#[test]
fn a_missing_config_becomes_a_report_too() {
    let out = directory("missing");
    Compiler::new().config("no-such.yml").output(&out).build();
    assert!(fs::read_to_string(out.join("gateway_error.txt")).unwrap().starts_with("[CG0001]"));
}
