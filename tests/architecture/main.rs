//! The rules of docs/architecture.md that no compiler checks, held against the sources and the documents.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod agreement;
mod documents;
mod knowledge;
mod library;
mod references;
mod rooms;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A file of this repository.
fn read(path: &str) -> String {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(whole).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust files under a directory, or the one file, with their paths.
fn sources(path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(path, &mut found);
    found.sort();
    assert!(!found.is_empty(), "nothing in {path}");
    found
}

fn collect(path: &str, found: &mut Vec<(String, String)>) {
    if path.ends_with(".rs") {
        return found.push((path.to_owned(), read(path)));
    }
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{path}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() || path.ends_with(".rs") {
            collect(&path, found);
        }
    }
}

/// The lines that are code: neither comments nor unit tests, which stand at the end of a file or in one of their own.
fn code(source: &str) -> impl Iterator<Item = &str> {
    let is_of_tests = |(at, attribute): &(usize, &str)| {
        let mut behind = source[at + attribute.len()..].lines();
        behind.find(|line| !line.starts_with("#[")) == Some("mod tests {")
    };
    let tests = source.match_indices("\n#[cfg(test)]\n").find(is_of_tests);
    let end = tests.map_or(source.len(), |(at, _)| at);
    source[..end].lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The modules of its own crate that a file names: `upstream` of `crate::upstream::Pool`.
fn modules(source: &str) -> BTreeSet<String> {
    let named = code(source).flat_map(|line| line.split("crate::").skip(1));
    let end = |rest: &str| rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    named.map(|rest| rest[..end(rest)].to_owned()).collect()
}

/// The text between the marker's begin and end.
fn between(document: &str, marker: &str) -> String {
    let begin = format!("<!-- {marker}: begin -->");
    let start = document.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
    let length = document[start..].find(&format!("<!-- {marker}: end -->")).expect("the marker's end");
    document[start..start + length].to_owned()
}

#[test]
fn emit_sees_only_the_plan() {
    for (path, source) in sources("codegen/src/emit").into_iter().chain(sources("codegen/src/emit.rs")) {
        let others: Vec<_> =
            modules(&source).into_iter().filter(|name| name != "plan" && name != "emit").collect();
        assert!(others.is_empty(), "{path} names {others:?}");
    }
}

/// Whoever writes a build script may rely on these; a change of the list is a change of the contract.
#[test]
fn the_compiler_promises_what_build_scripts_need_and_nothing_else() {
    let promised = |path: &str, begins: &str| -> Vec<String> {
        let source = read(path);
        let lines: Vec<&str> = code(&source).map(str::trim).collect();
        let pairs =
            lines.windows(2).filter(|pair| pair[1].starts_with(begins) && pair[0] != "#[doc(hidden)]");
        let names = pairs.map(|pair| pair[1].trim_start_matches(begins).split('(').next().unwrap());
        names.map(str::to_owned).collect()
    };
    assert_eq!(promised("codegen/src/lib.rs", "pub "), ["use build::{Compiler, build, build_in};"]);
    let functions = ["build", "build_in", "new", "directory", "config", "output", "out_file", "build"];
    assert_eq!(promised("codegen/src/build.rs", "pub fn "), functions);
    let manual = read("docs/architecture.md");
    assert!(manual.contains("`build()`, `build_in()` and `Compiler`"), "the document says it, too");
}

#[test]
fn reports_are_built_in_one_direction() {
    // Each knows those before it, and nothing else of the crate.
    let layers = ["codes", "place", "encoded", "printable", "yaml", "source", "lint", "diagnostic"];
    // What is read knows nothing of how; and of what is made of it.
    let others = [("parse", "resolve"), ("parse", "model"), ("resolve", "parse"), ("language", "parse")];
    let is_above = |name: &str, other: &str| match layers.iter().position(|layer| *layer == name) {
        Some(layer) => !layers[..=layer].contains(&other),
        None => others.contains(&(name, other)),
    };
    for (path, source) in sources("codegen/src") {
        let name = path["codegen/src/".len()..].split(['/', '.']).next().unwrap_or_default();
        let above: Vec<_> = modules(&source).into_iter().filter(|other| is_above(name, other)).collect();
        assert!(above.is_empty(), "{path} names {above:?}");
    }
}

#[test]
fn the_compiler_does_not_depend_on_the_runtime() {
    let manifest = read("codegen/Cargo.toml");
    let depends = |line: &str| line.starts_with("castgate.") || line.starts_with("castgate =");
    assert!(!manifest.lines().any(depends), "codegen/Cargo.toml depends on castgate");
}

/// Each is a telltale of one of the contract's rooms.
#[test]
fn what_is_agreed_on_stands_once() {
    let telltales = [
        ("\"%3B\"", "path"),
        ("(state ^ word)", "segment"),
        ("8 | 13 | 18 | 23", "segment"),
        ("strip_suffix(b\".\")", "host"),
        ("match ip.to_ipv4_mapped", "listen"),
        ("2 * entries", "table"),
        ("fn branch", "search"),
        ("split('&')", "query"),
        ("\"PATCH\", \"TRACE\"", "methods"),
        ("find('#').map", "template"),
        ("trim_ascii().strip_prefix(name", "cookie"),
        ("byte == b'/', output", "target"),
        ("lead[next] -= total", "turns"),
        ("fn default_port", "redirect"),
        ("strip_prefix(\"0x\")", "authority"),
        ("has no path; see", "backend"),
        ("\"trace\"", "level"),
        ("0xFFFF, (a", "network"),
        ("\"/livez\"", "built_in"),
        ("strip_prefix(b\"://\")", "origin"),
        ("Self::TooLong(length)", "unix"),
        ("b\"TRACK\"", "cross_origin"),
        ("MOST: usize = 16", "limits"),
    ];
    let files = ["contract/src", "codegen/src", "src"].into_iter().flat_map(sources);
    // What a room is held against stands beside it.
    let files: Vec<_> = files.filter(|(path, _)| !path.ends_with("/tests.rs")).collect();
    for (telltale, room) in telltales {
        let holds = |source: &str| code(source).any(|line| line.contains(telltale));
        let found: Vec<_> = files.iter().filter(|(_, text)| holds(text)).map(|(path, _)| path).collect();
        assert_eq!(found, [&format!("contract/src/{room}.rs")], "{telltale}");
    }
    let library = read("contract/src/lib.rs");
    let rooms = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let silent: Vec<_> = rooms.filter(|room| telltales.iter().all(|(_, of)| of != room)).collect();
    assert!(silent.is_empty(), "no telltale of {silent:?}");
}

#[test]
fn the_contract_depends_on_nothing() {
    let manifest = read("contract/Cargo.toml");
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    let (dependencies, _) = dependencies.split_once("[dev-dependencies]").unwrap();
    assert_eq!(dependencies.trim(), "");
    assert!(!manifest.contains("build-dependencies"));
    for (path, source) in sources("contract/src") {
        for world in ["env", "fs", "io", "process", "sync", "thread", "time"] {
            let name = format!("std::{world}");
            assert!(!code(&source).any(|line| line.contains(&name)), "{path} names {name}");
        }
    }
}

#[test]
fn oracles_share_no_code_with_the_contract() {
    for (path, source) in [
        "tests/route_table",
        "codegen/tests/overlapping",
        "codegen/tests/diff_random.rs",
        "codegen/tests/verdicts.rs",
    ]
    .into_iter()
    .flat_map(sources)
    {
        assert!(!source.contains("castgate_contract"), "{path}");
    }
}

#[test]
fn nothing_in_the_compiler_depends_on_the_order_of_a_hash_map() {
    // index.rs has one for places in the text; it is asked, and taken over into another, where no order matters.
    for (path, source) in sources("codegen/src") {
        let hashes = code(&source).any(|line| line.contains("HashMap") || line.contains("HashSet"));
        assert!(!hashes || path == "codegen/src/place/index.rs", "{path} has a hash map");
    }
    let source = read("codegen/src/place/index.rs");
    let walks = ["places.iter", "places.keys", "places.values", "places.into_iter", "in &self.places"];
    assert!(!walks.iter().any(|walk| source.contains(walk)), "index.rs walks its hash map");
}

#[test]
fn one_room_reads_yaml_and_another_examples() {
    let rooms = ["codegen/src/parse", "codegen/src/yaml/json.rs"];
    for (path, source) in sources("codegen/src") {
        let names = code(&source).any(|line| line.contains("serde_yaml") || line.contains("granit_parser"));
        assert!(!names || rooms.iter().any(|room| path.starts_with(room)), "{path} reads YAML");
    }
}

#[test]
fn the_runtime_reads_no_config() {
    for (path, source) in sources("src") {
        assert!(!code(&source).any(|line| line.contains("Deserialize")), "{path} deserialises");
    }
}

/// State that changes while the gateway runs is where this list says, and nowhere else.
#[test]
fn interior_mutability_is_only_where_it_is_listed() {
    let listed = [
        "src/admin.rs",                                // the router of the built-in paths, made once
        "src/app/layered.rs",                          // settings with those of a layer, put together once
        "src/door/facts.rs",                           // the host that was looked up last
        "src/door/refused.rs", // how many connections were refused, and when that was told
        "src/door/tls/kept.rs", // certificates in use
        "src/downstream/clients.rs", // which connections there are, and how long they may stay
        "src/downstream/handshakes.rs", // connections on their way through a door
        "src/downstream/http1/flight.rs", // memory of exchanges, for the next ones
        "src/downstream/http2.rs", // how many more streams a client may give up
        "src/downstream/http2/transport.rs", // what a socket tells its connection
        "src/downstream/relief.rs", // who makes way next
        "src/downstream/session.rs", // what a connection is doing
        "src/downstream/streams.rs", // which requests it carries at the same time
        "src/exchange.rs",     // whether a connection ends with an exchange
        "src/exchange/clock.rs", // what an exchange waits for
        "src/exchange/message/request_body/replay.rs", // what of a body is kept to be sent again
        "src/exchange/peer.rs", // the text of an address
        "src/exchange/upload.rs", // what has come of a request's body
        "src/header_edits.rs", // values, bound at start
        "src/middleware/auth.rs", // keys, bound at start
        // A breaker's state, and what it has counted.
        "src/middleware/circuit_breaker/breaker.rs",
        "src/middleware/circuit_breaker/breaker/window.rs",
        "src/middleware/rate_limit.rs",       // a limit's table, made at start
        "src/middleware/rate_limit/table.rs", // its cells
        "src/observe/access_log.rs",          // a worker's log buffer
        "src/observe/access_log/writer.rs",   // how many lines are lost
        "src/observe/metrics/exposition.rs",  // who waits for /metrics
        "src/observe/metrics/shard.rs",       // a worker's counters
        "src/observe/operational_log.rs",     // lines that were lost
        "src/retries/budget.rs",              // a worker's retry budgets
        "src/timers.rs",                      // the deadlines of a worker's connections
        "src/upstream/addresses.rs",          // where a backend is
        "src/upstream/backend.rs",            // what is bound at start, in-flight counts
        "src/upstream/balancers.rs",          // balancer counters
        "src/upstream/health.rs",             // statuses, what workers found
        "src/upstream/health/request.rs",     // what a probe sends, bound at start
        "src/upstream/pool.rs",               // idle connections
        "src/upstream/slots.rs",              // which slots have an address
        "src/value.rs",                       // texts, bound at start
        "src/worker.rs",                      // a worker's clock, and its budgets
        "src/worker/memory.rs",               // and what it reuses
        "src/worker/shared.rs",               // the stage, the list of shards, the number of connections
        "src/worker/shared/per_client.rs",    // who has how many connections
    ];
    let kinds =
        ["Mutex", "RwLock", "Atomic", "OnceLock", "OnceCell", "RefCell", "Cell<", "LazyLock", "static mut"];
    let mutable = |line: &str| kinds.iter().any(|kind| line.contains(kind)) && !line.contains("use ");
    let holds = |source: &str| code(source).any(|line| mutable(line) && !line.contains("::Ordering"));
    let found: Vec<_> = sources("src")
        .into_iter()
        .filter(|(path, text)| !path.ends_with("/tests.rs") && !path.ends_with("/testing.rs") && holds(text))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(found, listed);
}

#[test]
fn every_crate_forbids_unsafe_code() {
    assert!(read("Cargo.toml").contains("unsafe_code = \"forbid\""));
    let members = [
        "",
        "benches/peers/forwarder/",
        "codegen/",
        "contract/",
        "demo/",
        "examples/middleware/",
        "gateway/",
        "tests/gateways/",
        "tests/support/",
    ];
    for manifest in members.map(|member| format!("{member}Cargo.toml")) {
        assert!(read(&manifest).contains("[lints]\nworkspace = true"), "{manifest}");
    }
}

#[test]
fn tests_wait_for_events_and_sleep_in_one_place() {
    let mut sleepers = Vec::new();
    for room in ["tests/gateways", "tests/support", "tests/downstream", "tests/route_table", "codegen/tests"]
    {
        let sleeps = |(_, source): &(String, String)| {
            source.lines().any(|line| line.contains("sleep(") && !line.trim_start().starts_with("//"))
        };
        sleepers.extend(sources(room).into_iter().filter(sleeps).map(|(path, _)| path));
    }
    assert_eq!(sleepers, ["tests/support/src/poll.rs"]);
}
