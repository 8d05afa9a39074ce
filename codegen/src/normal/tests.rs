//! The normal form is a config, and means what the config means which it was made of.

use super::*;
use crate::diagnostic::{Diagnostics, Reporter};
use crate::lint::Levels;
use crate::source::{Disk, Source};
use crate::testing::cast;

/// Without the checks of the whole file: they may object to a default which is written out and never bites.
fn normal(text: &str) -> (Model, String) {
    let mut sink = Diagnostics::new();
    // Beside the goldens, for the files that they name.
    let disk = Disk::at("tests/golden").with_open("gateway.yml", text);
    let mut source = Source::read_with("gateway.yml", disk, &mut sink);
    let ast = crate::parse::parse(&mut source, &mut sink).unwrap();
    let model = {
        let (problems, source, levels) = (&mut sink, &source, &mut Levels::default());
        crate::resolve::resolve(&ast, &mut Reporter { problems, source, levels })
    };
    assert!(!sink.has_errors(), "{}\n{text}", sink.render(&source, crate::Style::Plain));
    let normal = super::text(&model);
    (model, normal)
}

fn configs() -> Vec<std::path::PathBuf> {
    let entries = ["tests/pass", "tests/golden"].into_iter().flat_map(|dir| std::fs::read_dir(dir).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "yml")).collect()
}

#[test]
fn the_normal_form_means_the_same_and_is_its_own_normal_form() {
    // Remarks name lines, and the lines are others.
    let without_lines = |text: &str| -> String {
        text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
    };
    for path in configs() {
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, once) = normal(&text);
        let (after, twice) = normal(&once);
        assert_eq!(without_lines(&once), without_lines(&twice), "{}", path.display());
        for (a, b) in before.routes.iter().zip(&after.routes) {
            let of = |model: &Model, route| super::layers(model, route);
            assert_eq!(of(&before, a), of(&after, b), "{}: {}", path.display(), a.name);
            assert!(a.precedence(b).is_eq() && a.timeout == b.timeout);
        }
    }
}

#[test]
fn origins_are_lines_or_defaults() {
    let text = "health_check_interval: 7s\nroutes:\n  - path: /\n    backends: ['http://a:1']\n    middleware: {request_headers: {set: {X-A: b}}}\n";
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", text);
    let cast = crate::compile(&mut source, &mut sink).unwrap();
    let normal = text_with_origins(&cast.model, &source);
    for line in [
        "      interval: 7s  # gateway.yml:1",
        "      - url: \"http://a:1\"  # gateway.yml:4",
        "        weight: 1  # default",
        "    path: /  # gateway.yml:3",
        "          x-a: b  # gateway.yml:5",
    ] {
        assert!(normal.lines().any(|other| other == line), "{line}\n{normal}");
    }
}

#[test]
fn what_is_written_out_is_accepted_again() {
    let text = "routes:\n  - path: /a\n    backends: ['http://a:1']\n    timeout: 1s\n  \
                - path: /b\n    backends: ['http://b:1']\n    timeout: 2.5s\n  \
                - path: /c\n    respond: {body: 'say $${env:X}'}\n    \
                middleware: {circuit_breaker: off}\nserver: {timeouts: {idle: 0.005s}}\n";
    let before = cast(text).model;
    let normal = super::text(&before);
    let after = cast(&normal).model;
    assert_eq!(after.server.timeouts, before.server.timeouts);
    for (a, b) in before.upstreams.iter().zip(&after.upstreams) {
        assert_eq!(a.settings.timeouts, b.settings.timeouts);
    }
    // The defaults of 2s and 30s: no route leaves the first upstream either, nor the second one the latter.
    assert!(
        normal.contains("# timeouts: connect 2s, response 30s, more than any route leaves it"),
        "{normal}"
    );
    assert!(normal.contains("connect: 2s\n      # response: 30s, more than any route leaves it"), "{normal}");
    assert!(normal.contains("body: \"say $${env:X}\""), "{normal}");
}
