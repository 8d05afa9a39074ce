//! Files whose bytes are a part of the binary: how large they may be, who watches them, and that another content is another gateway.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::diff::diff;
use castgate_codegen::source::Disk;
use castgate_codegen::{Cast, Diagnostics, Source, Style, compile};

/// Cast from a config which has the page of 404 in `pages/404.html`.
fn cast(page: &[u8]) -> Result<(Cast, Source), String> {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(directory.join("pages")).unwrap();
    // Of this name there has to be a file, whatever is open in an editor.
    std::fs::write(directory.join("pages/404.html"), "").unwrap();
    let config =
        "middleware: {error_pages: {\"404\": {file: pages/404.html}}}\nroutes: [{path: /, respond: {}}]\n";
    let disk = Disk::at(&directory).with_open("gateway.yml", config).with_open("pages/404.html", page);
    let mut sink = Diagnostics::new();
    let mut source = Source::read_with("gateway.yml", disk, &mut sink);
    match compile(&mut source, &mut sink) {
        Ok(cast) => Ok((cast, source)),
        Err(_) => Err(sink.render(&source, Style::Plain)),
    }
}

#[test]
fn a_page_has_at_most_64_kib() {
    assert!(cast(&[b'x'; 64 * 1024]).is_ok());
    let report = cast(&[b'x'; 64 * 1024 + 1]).unwrap_err();
    assert!(
        report.starts_with("error[CG0006]: pages/404.html has more than 64 KiB\n --> gateway.yml:1:"),
        "{report}"
    );
}

#[test]
fn the_bytes_are_in_the_code_as_they_are_and_a_build_looks_at_them_again() {
    let (cast, source) = cast(b"\x00\xff{request.id} ${env:X} \"quoted\"\r\n").unwrap();
    assert!(cast.rust.contains(r#"b"\0\xFF{request.id} ${env:X} \"quoted\"\r\n""#), "{}", cast.rust);
    assert!(source.watched().contains(&"pages/404.html".to_owned()), "{:?}", source.watched());
}

#[test]
fn another_page_is_another_gateway() {
    let (one, _) = cast(b"<p>one</p>").unwrap();
    let (other, _) = cast(b"<p>two</p>").unwrap();
    assert_ne!(one.model.config_sha256, other.model.config_sha256);
    let changes = diff(&one.model, &other.model);
    assert!(format!("{changes:?}").contains("error-pages-changed"), "{changes:?}");
    assert!(diff(&one.model, &cast(b"<p>one</p>").unwrap().0.model).is_empty());
}

#[test]
fn a_config_that_is_not_from_a_disk_has_no_files_beside_it() {
    let text = "middleware: {error_pages: {5xx: {file: a.html}}}\nroutes: [{path: /, respond: {}}]\n";
    let (mut source, mut sink) = (Source::new("gateway.yml", text), Diagnostics::new());
    assert!(compile(&mut source, &mut sink).is_err());
    let ids: Vec<&str> = sink.sorted().iter().map(|problem| problem.code.id).collect();
    assert_eq!(ids, ["CG0006"]);
}
