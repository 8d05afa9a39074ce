//! The tests that `route-without-test` suggests: copied into the config, they pass and leave nothing to say.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::{Diagnostics, Source, Style, compile};

/// Each route is the only one that its plainest request does not get to.
const CONFIG: &str = "\
lints: {route-without-test: deny, trailing-slash-twins: allow}
routes:
  - {name: 'number', path: '/v/{id:uint}', match: exact, respond: {}}
  - {name: 'one', path: /v/1, match: exact, respond: {}}
  - {name: 'text: x', path: '/v/{id}', match: exact, respond: {}}
  - {name: 'yes', path: /v/x, match: exact, respond: {}}
  - {name: '{braces}', path: '/{a}/{b}/c', match: exact, respond: {}}
  - {name: fields, path: '/{a}/{b}', headers: {x-a: 'a: {b}', x-b: 'yes'}, query: {q: '# &?', r: ''}, respond: {}}
  - {name: below, path: '/files/{*rest}', methods: [PUT, GET, HEAD], respond: {}}
  - {name: file, path: '/files/{name}', match: exact, methods: [GET, HEAD, PUT], respond: {}}
  - {name: others, path: '/files/{*rest}', respond: {}}
  - {name: a host, host: localhost, path: /, respond: {}}
  - {name: some hosts, host: '*.example.com', path: /, respond: {}}
  - {name: x, host: x.example.com, path: /, respond: {}}
  - {name: root, path: /, respond: {}}
";

fn report(text: &str) -> String {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", text);
    let _ = compile(&mut source, &mut sink);
    sink.render(&source, Style::Plain)
}

#[test]
fn a_suggested_test_gets_to_its_route() {
    let report_before = report(CONFIG);
    let helps = report_before.lines().filter_map(|line| line.trim().strip_prefix("= help: for example `"));
    let tests: Vec<&str> = helps.map(|help| help.strip_suffix('`').unwrap()).collect();
    assert_eq!(tests.len(), CONFIG.matches("- {name").count(), "{report_before}");
    let tests: String = tests.iter().map(|test| format!("  - {test}\n")).collect();
    let after = format!("{CONFIG}tests:\n{tests}");
    assert_eq!(report(&after), "", "{after}");
}
