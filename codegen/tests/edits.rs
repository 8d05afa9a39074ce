//! Every edit that a report suggests is made, one by one, and what comes of it is compiled: the problem is gone, and
//! no other has come in its place.
//!
//! The editor's quick fixes are these edits; `lsp/edits.rs` holds that they leave the same text.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod configs;
#[path = "random/mod.rs"]
mod random;

use castgate_codegen::diagnostic::{Diagnostic, Edit};
use castgate_codegen::source::Disk;
use castgate_codegen::{Diagnostics, Source, Style, analyse};
use random::Choices;
use std::collections::BTreeSet;

/// A config with its report.
struct Report {
    source: Source,
    sink: Diagnostics,
}

impl Report {
    fn of(mut source: Source, mut sink: Diagnostics) -> Self {
        let _ = analyse(&mut source, &mut sink);
        Self { source, sink }
    }

    fn read(paths: &str) -> Self {
        let mut sink = Diagnostics::new();
        Self::of(Source::read(paths, &mut sink), sink)
    }

    fn of_text(text: &str) -> Self {
        Self::of(Source::new("gateway.yml", text), Diagnostics::new())
    }

    /// The same config after an edit. Only `gateway.yml` is in memory.
    fn after(&self, edit: &Edit) -> Self {
        let file = self.source.file_at(edit.span.start).unwrap();
        let span = file.span();
        let mut text = self.source.text()[span.clone()].to_owned();
        text.replace_range(edit.span.start - span.start..edit.span.end - span.start, &edit.replacement);
        if self.source.path() == "gateway.yml" {
            return Self::of_text(&text);
        }
        let mut sink = Diagnostics::new();
        let disk = Disk::default().with_open(&**file.path(), text);
        Self::of(Source::read_with(self.source.path(), disk, &mut sink), sink)
    }

    fn text(&self) -> String {
        self.sink.render(&self.source, Style::Plain)
    }
}

/// Where a problem is, if an edit had not moved it.
fn start(problem: &Diagnostic, made: Option<&Edit>) -> Option<usize> {
    let start = problem.labels.first()?.span.start;
    let Some(edit) = made else { return Some(start) };
    let end = edit.span.start + edit.replacement.len();
    Some(if start >= end { start - end + edit.span.end } else { start })
}

/// What only shows when everything else is right, and what only shows when the text is YAML.
fn was_hidden(problem: &Diagnostic, mended: &Diagnostic, edit: &Edit) -> bool {
    let of_the_whole = problem.code.id.starts_with("CG05") || problem.code.id.starts_with("CG06");
    let made = edit.span.start..edit.span.start + edit.replacement.len();
    let is_here =
        problem.labels.iter().any(|label| label.span.start < made.end && made.start < label.span.end);
    let is_syntax = |problem: &Diagnostic| problem.code.id == "CG0101";
    of_the_whole && !is_here || is_syntax(mended) && !is_syntax(problem) && !is_here
}

/// What is wrong with what comes of an edit.
fn fault(before: &Report, mended: &Diagnostic, edit: &Edit) -> Option<String> {
    let after = before.after(edit);
    let mut known: Vec<_> = before
        .sink
        .sorted()
        .into_iter()
        .filter(|problem| !std::ptr::eq(*problem, mended))
        .map(|problem| (problem.code.id, start(problem, None)))
        .collect();
    let is_new = |problem: &&&Diagnostic| {
        let place = (problem.code.id, start(problem, Some(edit)));
        let found = known.iter().position(|known| *known == place).map(|index| known.swap_remove(index));
        found.is_none()
    };
    let sorted = after.sink.sorted();
    let new: Vec<String> = sorted
        .iter()
        .filter(is_new)
        .filter(|problem| !was_hidden(problem, mended, edit))
        .map(|problem| format!("{} {}", problem.code.id, problem.title))
        .collect();
    if new.is_empty() {
        return None;
    }
    let old = &before.source.text()[edit.span.clone()];
    Some(format!(
        "{}: {} ({}): {old:?} to {:?} gives {}",
        before.source.path(),
        mended.title,
        edit.title,
        edit.replacement,
        new.join(", ")
    ))
}

fn faults(report: &Report) -> (usize, Vec<String>) {
    let mut faults = Vec::new();
    let mut count = 0;
    for problem in report.sink.sorted() {
        for edit in &problem.edits {
            count += 1;
            faults.extend(fault(report, problem, edit));
        }
    }
    (count, faults)
}

#[test]
fn every_edit_of_every_bad_config_is_right() {
    let (mut count, mut wrong) = (0, Vec::new());
    for config in configs::configs("tests/ui") {
        let (some, faults) = faults(&Report::read(&config));
        count += some;
        wrong.extend(faults);
    }
    assert!(count > 100, "only {count} edits were made");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Of a config that is right but for one mistake: nothing in it was hidden by another.
#[test]
fn every_edit_of_a_random_mistake_is_right() {
    let (mut count, mut wrong) = (0, BTreeSet::new());
    let first = random::seed(70_000);
    for seed in first..first + 800 {
        let (sound, mistaken) = random::mistaken(&mut Choices::seeded(seed));
        if Report::of_text(&sound).sink.has_errors() {
            continue;
        }
        let report = Report::of_text(&mistaken);
        let (some, faults) = faults(&report);
        count += some;
        wrong.extend(faults.into_iter().map(|fault| format!("CASTGATE_SEED={seed} {fault}")));
    }
    assert!(count > 150, "only {count} edits were made");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.into_iter().collect::<Vec<_>>().join("\n")
    );
}

/// What is left of a text after the only edit of its only problem.
fn mended(text: &str) -> String {
    let report = Report::of_text(text);
    let problems = report.sink.sorted();
    let [problem] = problems.as_slice() else { panic!("not one problem: {}", report.text()) };
    let [edit] = problem.edits.as_slice() else { panic!("not one edit: {}", report.text()) };
    report.after(edit).source.text().to_owned()
}

#[test]
fn an_edit_of_a_block_scalar_leaves_the_next_line_alone() {
    let rest = "routes: [{path: /, respond: {}}]\n";
    for header in ["|", ">", "|-", ">+", "|2-", ">  # why"] {
        for end in ["\n", "\n\n", "\n\n# and so on\n", "\r\n"] {
            let text = format!("server:\n  log_level: {header}\n    infos{end}{rest}");
            assert_eq!(mended(&text), format!("server:\n  log_level: info{end}{rest}"), "{header} {end:?}");
        }
    }
}

#[test]
fn an_edit_keeps_the_quotes_of_a_key() {
    assert_eq!(
        mended("{\"routes\":[{\"path\":\"/\",\"respnd\":{}}]}"),
        "{\"routes\":[{\"path\":\"/\",\"respond\":{}}]}"
    );
}

/// The mends that are made of what people write who come from elsewhere.
#[test]
fn what_is_known_from_elsewhere_is_mended() {
    let route = |keys: &str| format!("routes: [{{{keys}, respond: {{}}}}]\n");
    for (written, expected) in [
        ("path: ' /d'", "path: /d"),
        ("path: api", "path: /api"),
        ("path: /a//b", "path: /a/b"),
        ("path: '/x/[a-z]+'", "path: \"/x/{name}\""),
        ("path: '^/x/.*$'", "path: \"/x/{*rest}\""),
        ("path: '/{a:int}'", "path: \"/{a:uint}\""),
        ("path: /<id>", "path: \"/{id}\""),
        ("path: '/{id...}'", "path: \"/{*id}\""),
        ("path: '/{**rest}'", "path: \"/{*rest}\""),
        ("path: /, host: http://a.com", "path: /, host: a.com"),
        ("path: /, methods: 'GET, POST'", "path: /, methods: [GET, POST]"),
        ("path: /, methods: GET,POST", "path: /, methods: [GET, POST]"),
        ("path: /, methods: get", "path: /, methods: GET"),
    ] {
        assert_eq!(mended(&route(written)), route(expected));
    }
    let server = |keys: &str| format!("server: {{{keys}}}\n{}", route("path: /"));
    for (written, expected) in [
        ("timeouts: {request: 1h30m}", "timeouts: {request: 90m}"),
        ("listen: 8080", "listen: 0.0.0.0:8080"),
        ("listen: [8080]", "listen: [0.0.0.0:8080]"),
        ("trusted_proxies: [10.0.0.1/8]", "trusted_proxies: [10.0.0.0/8]"),
        ("trusted_proxies: [10.0.0.0/08]", "trusted_proxies: [10.0.0.0/8]"),
        ("trusted_proxies: ['::ffff:10.0.0.0/104']", "trusted_proxies: [10.0.0.0/8]"),
        ("trusted_proxies: ['::ffff:10.0.0.1']", "trusted_proxies: [10.0.0.1]"),
        ("workers: 08", "workers: 8"),
        ("workers: 1_0", "workers: 10"),
    ] {
        assert_eq!(mended(&server(written)), server(expected));
    }
}

/// What cannot be known to be right is not offered.
#[test]
fn what_cannot_be_mended_has_no_edit() {
    let route = |keys: &str| format!("routes: [{{{keys}}}]\n");
    for written in [
        r"path: '/a\b', respond: {}",
        "path: http://a.com/x, respond: {}",
        "path: /, host: '*.', respond: {}",
        "path: /, backends: [http://a], strip_prefix: ''",
        "path: /, backends: [http://a], rewrite: http://x/y",
        "path: /, methods: true, respond: {}",
        "path: /a, rspond: {}, respond: {}",
    ] {
        let report = Report::of_text(&route(written));
        assert!(report.sink.has_errors(), "{written}");
        assert!(report.sink.sorted().iter().all(|problem| problem.edits.is_empty()), "{}", report.text());
    }
    // The mend would tie with another route, or be listened on twice.
    let tie = "routes: [{path: '/{id}', respond: {}}, {path: '/<id>', respond: {}}]\n";
    let twice = "server: {listen: ['0.0.0.0:8080', ':8080']}\nroutes: [{path: /, respond: {}}]\n";
    for text in [tie, twice] {
        let report = Report::of_text(text);
        assert!(report.sink.sorted().iter().all(|problem| problem.edits.is_empty()), "{}", report.text());
    }
}

#[test]
fn one_mistake_is_one_problem() {
    for text in [
        "Routes: [{path: /, respond: {}}]\n",
        "routes: [{path: /, respond: {}}]\na[]:\n",
        "routes: [{path: /, respond: {}}]\na: {b: , c: [~]}\n",
        "routes: [{path: /, redirect: {to: /x}, rewrite: /y, strip_prefix: /, match: exact}]\n",
        "routes: [{path: /, methods: GET,POST,PUT, respond: {}}]\n",
        "routes: [{path: , respond: {}}]\n",
        "upstreams: {u: {backends: [http://a]}}\nroutes: [{path: /, upstream: '${env:U}'}]\n",
        "upstreams: {u: {backends: [http://a]}}\nroutes: [{path: '${env:P}', upstream: u}]\n",
        "upstreams: {u: {backends: [http://a]}}\nroutes: [{path: /, upstream: u, timeout: '${env:T}'}]\n",
        "upstreams: {u: {backends: [http://a]}}\nroutes: [{path: /, upstream: u, total: '${env:T}'}]\n",
        "upstreams: {u: {backends: [http://a], strategy: '${env:S}'}}\nroutes: [{path: /, upstream: u}]\n",
        "upstreams: {u: {backends: [http://a], timeouts: {connect: '${env:T}'}}}\nroutes: [{path: /, upstream: u}]\n",
        "upstreams: {u: {backends: ['${env:A'], strategy: random}}\nroutes: [{path: /, upstream: u}]\n",
        "server: {workers: '${env:W}'}\nroutes: [{path: /, respond: {}}]\n",
    ] {
        let report = Report::of_text(text);
        assert_eq!(report.sink.sorted().len(), 1, "{}", report.text());
    }
}
