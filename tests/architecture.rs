//! The rules of docs/architecture.md that no compiler checks, held against the sources and the documents.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

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

/// The lines that are code: neither comments nor unit tests, which stand at the end of a file.
fn code(source: &str) -> impl Iterator<Item = &str> {
    let lines = source.lines().take_while(|line| *line != "#[cfg(test)]");
    lines.filter(|line| !line.trim_start().starts_with("//"))
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

/// What all of the request path uses knows little itself, so that nothing on it knows all the rest in a circle.
#[test]
fn the_request_path_is_built_in_one_direction() {
    for (file, known) in [
        ("error", &[][..]),
        ("message", &["error", "server", "upstream"]),
        ("record", &["error", "route", "server", "upstream"]),
        ("context", &["error", "introduction", "message", "policy", "record", "server"]),
        ("service", &["context", "error", "message"]),
        ("problem", &["context", "error", "message"]),
        ("access_log", &["record", "server"]),
        ("policy", &["error", "late", "metrics"]),
    ] {
        let (room, own) = (format!("src/{file}/"), format!("src/{file}.rs"));
        let files = sources("src").into_iter().filter(|(path, _)| *path == own || path.starts_with(&room));
        for (path, source) in files {
            let others: Vec<_> = modules(&source)
                .into_iter()
                .filter(|name| name != file && !known.contains(&name.as_str()))
                .collect();
            assert!(others.is_empty(), "{path} names {others:?}");
        }
    }
}

#[test]
fn middlewares_know_neither_each_other_nor_upstreams() {
    // `forward` for the pieces of a redirect's path, `introduction` for what the gate says, `metrics` for the families of a policy's
    // series, `record` for what is logged of a request.
    let known = [
        "context",
        "error",
        "forward",
        "introduction",
        "late",
        "message",
        "metrics",
        "policy",
        "record",
        "service",
    ];
    // What is in a `tests.rs` is unit tests.
    for (path, source) in
        sources("src/middleware").into_iter().filter(|(path, _)| !path.ends_with("/tests.rs"))
    {
        let others: Vec<_> =
            modules(&source).into_iter().filter(|name| !known.contains(&name.as_str())).collect();
        assert!(others.is_empty(), "{path} names {others:?}");
        assert!(!code(&source).any(|line| line.contains("super::")), "{path} names its siblings");
    }
}

/// What middleware is known by: the names of its files, and of the types in them.
#[derive(Debug, Default)]
struct Known {
    names: BTreeSet<String>,
    types: BTreeSet<String>,
}

const fn is_word(char: char) -> bool {
    char == '_' || char == '-' || char.is_ascii_alphanumeric()
}

/// Of the files in this room, but for these.
fn middleware(room: &str, but_for: &[&str]) -> Known {
    let mut known = Known::default();
    for (path, source) in sources(room) {
        let file = path.strip_prefix(room).unwrap().trim_start_matches('/');
        let name = file.split('/').next().unwrap().trim_end_matches(".rs");
        if but_for.contains(&name) {
            continue;
        }
        known.names.insert(name.to_owned());
        let of_macro = code(&source).skip_while(|line| *line != "section! {").nth(1).into_iter();
        let declared = ["pub struct ", "pub enum "].into_iter().flat_map(|declared| {
            code(&source).filter_map(|line| line.strip_prefix(declared)).collect::<Vec<_>>()
        });
        for rest in declared.chain(of_macro) {
            known
                .types
                .extend(rest.split(|char| !is_word(char)).find(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    known
}

/// The lines outside of the room which know it: by a name, unless that has another meaning there, or by a type.
fn who_knows(known: &Known, within: &str, room: &str, is_free: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, source) in sources(within).into_iter().filter(|(path, _)| !path.starts_with(room)) {
        if path.ends_with("/tests.rs") {
            continue;
        }
        // The example of a key is text for its reader.
        for line in code(&source).map(|line| line.split(", example \"").next().unwrap_or(line)) {
            let is_known = |word: &str| {
                let is_name =
                    |name: &&String| word == *name || name.contains('_') && word.contains(name.as_str());
                let mut names = known.names.iter().filter(|name| !is_free(&path, name));
                known.types.contains(word) || names.any(|name| is_name(&name))
            };
            let is_imported = known.names.iter().any(|name| line.contains(&format!("middleware::{name}")));
            if line.split(|char| !is_word(char)).any(is_known) || is_imported {
                found.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    found
}

/// A middleware is its own file: nobody in the runtime knows one by its name, or by the name of one of its types.
#[test]
fn nobody_outside_knows_a_middleware() {
    // Redirects, fixed responses and rejections are ends of stacks.
    let known = middleware("src/middleware", &["reject"]);
    assert!(known.names.contains("rate_limit") && known.types.contains("Breaker"), "{known:?}");
    // These words mean something of their own elsewhere: the fields of a message, and the room that writes the log. And who
    // made it or not, an id is a fact of the request: of its record, its line in the log, the document of its error.
    let other_meanings = ["headers", "access_log"];
    let facts = ["src/access_log/line.rs", "src/context.rs", "src/problem.rs", "src/record.rs"]
        .map(|path| (path, "request_id"));
    let is_free = |path: &str, name: &str| other_meanings.contains(&name) || facts.contains(&(path, name));
    let found = who_knows(&known, "src", "src/middleware", is_free);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Nor does anybody in the compiler: what other rooms need to know is a fact of the registry. Lists of what the language
/// has may name one: the catalogues of codes and of lints.
#[test]
fn nobody_in_the_compiler_knows_a_middleware() {
    let known = middleware("codegen/src/middleware", &["code", "facts", "fields", "layer"]);
    assert!(known.names.contains("rate_limit") && known.types.contains("RequestId"), "{known:?}");
    let lists = ["codes.rs", "lint.rs"].map(|list| format!("codegen/src/{list}"));
    let is_free = |path: &str, name: &str| {
        // The fields of a message, or of a condition; and how many lines of the log were lost.
        let has_other_meaning =
            name == "headers" || (path, name) == ("codegen/src/budget/series.rs", "access_log");
        has_other_meaning || lists.iter().any(|list| list == path)
    };
    let found = who_knows(&known, "codegen/src", "codegen/src/middleware", is_free);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A balancer is its type and its word: nobody else knows one. A default is a word, too.
#[test]
fn nobody_outside_knows_a_balancer() {
    let rooms = ["src/upstream/balancers.rs", "codegen/src/language/upstream.rs"];
    let room = read(rooms[0]);
    let types: Vec<&str> = code(&room)
        .filter_map(|line| line.strip_prefix("pub struct ")?.split(|char| !is_word(char)).next())
        .collect();
    assert!(types.contains(&"LeastConnections"), "{types:?}");
    for (path, source) in ["src", "codegen/src"].into_iter().flat_map(sources) {
        if rooms.contains(&path.as_str()) || path == "src/upstream/balancers/tests.rs" {
            continue;
        }
        for line in code(&source).map(|line| line.replace("Strategy::", "Strategy_")) {
            let known = line.split(|char| !is_word(char)).find(|word| types.contains(word));
            assert_eq!(known, None, "{path}: {}", line.trim());
        }
    }
}

/// What a middleware refuses with is the same on both sides.
#[test]
fn the_compiler_knows_the_refusals_of_the_runtime() {
    let mut refusals = 0;
    for (path, source) in sources("src/middleware") {
        let text: String = code(&source).flat_map(|line| [line.trim(), " "]).collect();
        for rest in text.split("Refusal::new(").skip(1) {
            let mut words = rest.split([',', ')']).map(str::trim);
            let (reason, status) = (words.next().unwrap(), words.next().unwrap());
            let fact = format!("Refusal {{ reason: {reason}, status: {status} }}");
            let facts = read(&format!("codegen/{path}"));
            assert!(facts.contains(&fact), "codegen/{path} has no `{fact}`");
            refusals += 1;
        }
    }
    assert!(refusals >= 4, "only {refusals} were found");
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
        ("wrapping_mul", "segment"),
        ("8 | 13 | 18 | 23", "segment"),
        ("strip_suffix(b\".\")", "host"),
        ("match ip.to_ipv4_mapped", "listen"),
        ("2 * entries", "table"),
        ("fn branch", "search"),
        ("split('&')", "query"),
        ("\"PATCH\", \"TRACE\"", "methods"),
        ("find('#').map", "template"),
        ("strip_prefix(\"0x\")", "authority"),
        ("has no path; see", "backend"),
        ("\"trace\"", "level"),
        ("\"/livez\"", "built_in"),
    ];
    let files: Vec<_> = ["contract/src", "codegen/src", "src"].into_iter().flat_map(sources).collect();
    for (telltale, room) in telltales {
        let holds = |source: &str| code(source).any(|line| line.contains(telltale));
        let found: Vec<_> = files.iter().filter(|(_, text)| holds(text)).map(|(path, _)| path).collect();
        assert_eq!(found, [&format!("contract/src/{room}.rs")], "{telltale}");
    }
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
fn generated_code_names_only_the_facade() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("codegen/tests/golden")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".rs") {
            continue;
        }
        let golden = read(&format!("codegen/tests/golden/{name}"));
        let absolute: Vec<_> = golden
            .lines()
            .filter(|line| line.starts_with("use ") || line.contains(" ::"))
            .filter(|line| !line.contains("::castgate::codegen::"))
            .collect();
        assert!(absolute.is_empty(), "{name}: {absolute:?}");
        assert!(!golden.contains("unsafe") && !golden.contains("unwrap"), "{name}");
    }
}

/// Generated code imports the facade as a whole: no name of it may hide one of Rust's own, nor take the place of a static
/// that is named after a thing of the config.
#[test]
fn the_facade_takes_no_name_that_generated_code_needs() {
    let facade = read("src/codegen.rs");
    let statements: Vec<&str> = facade.split("pub use ").skip(1).collect();
    let words = statements.iter().flat_map(|statement| {
        let end = statement.find(';').unwrap();
        // `Target as RedirectTarget` is known by its last name.
        statement[..end].split(['{', '}', ',']).filter_map(|part| part.trim().rsplit([' ', ':']).next())
    });
    let names: BTreeSet<&str> = words.filter(|word| !word.is_empty() && *word != "self").collect();
    assert!(names.contains("RedirectTarget") && names.contains("NONE"), "{names:?}");
    let prelude =
        ["Box", "Clone", "Copy", "Debug", "Drop", "Err", "Fn", "None", "Ok", "Option", "Result", "Some"];
    let more = ["Send", "Sized", "String", "Sync", "Vec", "assert", "drop"];
    let hidden: Vec<_> = prelude.iter().chain(&more).filter(|name| names.contains(*name)).collect();
    assert!(hidden.is_empty(), "src/codegen.rs hides {hidden:?}");
    let plan = read("codegen/src/plan.rs");
    let (_, fixed) = plan.split_once("FIXED_NAMES: &[&str] = &[").unwrap();
    let (fixed, _) = fixed.split_once("];").unwrap();
    for name in names.iter().filter(|name| !name.bytes().any(|byte| byte.is_ascii_lowercase())) {
        assert!(fixed.contains(&format!("\"{name}\"")), "`{name}` is not in FIXED_NAMES");
    }
}

#[test]
fn the_library_never_includes_a_gateway() {
    for (path, source) in sources("src").into_iter().filter(|(path, _)| path != "src/main.rs") {
        assert!(!code(&source).any(|line| line.contains("include_gateway!()")), "{path}");
    }
}

#[test]
fn the_library_has_no_build_script() {
    // Whoever depends on it would wait for a gateway that is not theirs.
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("\nbuild = false\n") && manifest.contains("\nautobins = false\n"));
    assert!(!manifest.contains("[build-dependencies]") && !manifest.contains("[[bin]]"));
}

/// A feature is a word of Cargo.toml, a constant of the facade, a row of the manual, and in the gateway of this repository.
#[test]
fn a_feature_is_asked_for_by_its_constant_and_told_of() {
    let manifest = read("Cargo.toml");
    let (_, features) = manifest.split_once("\n[features]\n").unwrap();
    let (features, _) = features.split_once("\n\n").unwrap();
    let list = |line: &str| line.split('"').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let (groups, single): (Vec<&str>, Vec<&str>) = features
        .lines()
        .filter(|line| !line.starts_with('#'))
        .partition(|line| line.starts_with("default = ") || line.starts_with("full = "));
    let names: BTreeSet<String> =
        single.iter().map(|line| line.split_once(" = ").unwrap().0.to_owned()).collect();
    let full = groups.iter().find(|line| line.starts_with("full")).unwrap();
    assert_eq!(list(full), names, "`full` is all of them");
    let (facade, manual) = (read("src/codegen.rs"), read("docs/operations.md"));
    for name in names {
        let constant = name.to_ascii_uppercase().replace('-', "_");
        let line = format!("pub const {constant}: bool = cfg!(feature = \"{name}\");");
        assert!(facade.contains(&line), "src/codegen.rs has no `{line}`");
        assert!(manual.contains(&format!("\n| `{name}` |")), "docs/operations.md does not tell of `{name}`");
    }
    assert!(read("gateway/Cargo.toml").contains("features = [\"full\"]"));
    assert!(read("demo/Cargo.toml").contains("default-features = false"));
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
        "src/access_log.rs",         // a worker's log buffer
        "src/admin.rs",              // the router of the built-in paths, made once
        "src/forward/retry.rs",      // a worker's retry budgets
        "src/metrics/exposition.rs", // who waits for /metrics
        "src/metrics/shard.rs",      // a worker's counters
        "src/middleware/auth.rs",    // keys, bound at start
        // A breaker's state, and what it has counted.
        "src/middleware/circuit_breaker/breaker.rs",
        "src/middleware/circuit_breaker/breaker/window.rs",
        "src/middleware/headers.rs",    // values, bound at start
        "src/middleware/rate_limit.rs", // a limit's cells
        "src/operational_log.rs",       // lines that were lost
        "src/server/client.rs",         // one connection's progress
        "src/server/process.rs",        // the phase, the list of shards, the number of connections
        "src/server/relief.rs",         // who makes way next
        "src/server/worker.rs",         // what a worker reuses
        "src/upstream/addresses.rs",    // where a backend is
        "src/upstream/backend.rs",      // what is bound at start, in-flight counts
        "src/upstream/balancers.rs",    // balancer counters
        "src/upstream/health.rs",       // statuses, what workers found
        "src/upstream/pool.rs",         // idle connections
    ];
    let kinds =
        ["Mutex", "RwLock", "Atomic", "OnceLock", "OnceCell", "RefCell", "Cell<", "LazyLock", "static mut"];
    let mutable = |line: &str| kinds.iter().any(|kind| line.contains(kind)) && !line.contains("use ");
    let holds = |source: &str| code(source).any(|line| mutable(line) && !line.contains("::Ordering"));
    let found: Vec<_> = sources("src")
        .into_iter()
        .filter(|(path, text)| !path.ends_with("/tests.rs") && holds(text))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(found, listed);
}

#[test]
fn every_crate_forbids_unsafe_code() {
    assert!(read("Cargo.toml").contains("unsafe_code = \"forbid\""));
    let members = ["", "codegen/", "contract/", "demo/", "gateway/", "tests/gateways/", "tests/support/"];
    for manifest in members.map(|member| format!("{member}Cargo.toml")) {
        assert!(read(&manifest).contains("[lints]\nworkspace = true"), "{manifest}");
    }
}

/// The README's table of middleware is the registry, in its order.
#[test]
fn the_readme_has_the_registry_s_order() {
    let registry = read("codegen/src/middleware.rs");
    let (_, entries) = registry.split_once("\nregistry! {").unwrap();
    let registered: Vec<&str> =
        entries.lines().filter_map(|line| Some(line.trim().split_once(": ")?.0)).collect();
    let table = between(&read("README.md"), "middleware");
    let documented: Vec<&str> = table.lines().skip(3).filter_map(|line| line.split('`').nth(1)).collect();
    assert!(!registered.is_empty());
    assert_eq!(documented, registered);
}

/// No key of the language is missing in docs/configuration.md.
#[test]
fn the_reference_has_every_key() {
    fn keys(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
        match schema {
            serde_json::Value::Object(map) => {
                let properties = map.get("properties").and_then(serde_json::Value::as_object);
                found.extend(properties.into_iter().flat_map(|keys| keys.keys().cloned()));
                map.values().for_each(|value| keys(value, found));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }
    let reference = read("docs/configuration.md");
    let mut found = BTreeSet::new();
    keys(&serde_json::from_str(&read("codegen/gateway.schema.json")).unwrap(), &mut found);
    assert!(found.len() > 70, "only {} keys were found", found.len());
    for key in found {
        let row = format!("| `{key}` |");
        assert!(reference.contains(&row), "`{key}` is not in docs/configuration.md");
    }
}

/// The keys of a schema by their way there, `.routes.redirect.to.`, without the names of upstreams and places in lists.
fn ways(schema: &serde_json::Value, here: &serde_json::Value, way: &str, found: &mut BTreeSet<String>) {
    if let Some(name) = here["$ref"].as_str() {
        return ways(schema, &schema["definitions"][name.rsplit('/').next().unwrap()], way, found);
    }
    for (key, of) in here["properties"].as_object().into_iter().flatten() {
        let way = format!("{way}{key}.");
        ways(schema, of, &way, found);
        found.insert(way);
    }
    let choices = ["allOf", "anyOf"].into_iter().filter_map(|rule| here[rule].as_array()).flatten();
    let entries = ["items", "additionalProperties"].into_iter().map(|rule| &here[rule]);
    choices.chain(entries).filter(|of| of.is_object()).for_each(|of| ways(schema, of, way, found));
}

/// A slip would lose the place of a report without a word.
#[test]
fn whoever_asks_where_a_key_is_names_one() {
    let schema: serde_json::Value = serde_json::from_str(&read("codegen/gateway.schema.json")).unwrap();
    let mut found = BTreeSet::new();
    ways(&schema, &schema, ".", &mut found);
    let mut asked = 0;
    for (path, source) in sources("codegen/src") {
        let source: String = code(&source).flat_map(|line| line.trim_start().chars()).collect();
        // `root().key("server").key("drain")` asks for the way `.server.drain.` from the root.
        let mut rest = source.as_str();
        while let Some((before, after)) = rest.split_once(".key(\"") {
            rest = after;
            let mut way = ".".to_owned();
            while let Some((key, after)) = rest.split_once("\")") {
                way.push_str(&format!("{key}."));
                let Some(next) = after.strip_prefix(".key(\"") else { break };
                rest = next;
            }
            let is_from_root = before.ends_with("ConfigPath::root()");
            let is_it = |known: &String| if is_from_root { *known == way } else { known.ends_with(&way) };
            assert!(way == ".<<." || found.iter().any(is_it), "{path} asks for `{way}`, which is no key");
            asked += 1;
        }
    }
    assert!(asked > 30, "only {asked} ways were found");
}

/// Every reason and every metric is in docs/operations.md.
#[test]
fn the_operator_is_told_every_reason_and_every_metric() {
    let manual = read("docs/operations.md");
    let error = read("src/error.rs");
    let (_, texts) = error.split_once("fn as_str(self)").unwrap();
    let reasons = texts.lines().skip(2).map_while(|line| line.split('"').nth(1));
    let collectors = ["src/metrics/collector.rs", "src/metrics/process.rs"].map(read).concat();
    let metrics = collectors
        .lines()
        .filter_map(|line| line.split('"').nth(1))
        .filter(|text| text.starts_with("gateway_") || text.starts_with("process_"));
    let middlewares = sources("src/middleware");
    let refusals: Vec<&str> = middlewares
        .iter()
        .flat_map(|(_, text)| text.split("Refusal::new(").skip(1))
        .filter_map(|rest| rest.split('"').nth(1))
        .collect();
    let reasons: Vec<&str> = reasons.chain(refusals.iter().copied()).collect();
    let distinct: BTreeSet<&str> = reasons.iter().copied().collect();
    assert_eq!(distinct.len(), reasons.len(), "two reasons have one name: {reasons:?}");
    assert!(refusals.len() >= 4, "only {refusals:?} were found");
    for (path, text) in &middlewares {
        // What has a series is counted only if the policy says so.
        assert_eq!(text.contains(".counted("), text.contains("fn counted(&self)"), "{path}");
    }
    let own = middlewares.iter().flat_map(|(_, text)| code(text)).filter_map(|line| line.split('"').nth(1));
    let metrics = metrics.chain(own.filter(|text| text.starts_with("gateway_")));
    let mut count = 0;
    for word in reasons.into_iter().chain(metrics) {
        assert!(manual.contains(&format!("`{word}`")), "{word} is not in docs/operations.md");
        count += 1;
    }
    assert!(count >= 24 + 12 + 7, "only {count} words were found");
}

/// The other way round, that what is told is done, is `gateways::fields`.
#[test]
fn the_operator_is_told_every_field_that_is_a_proxy_s_word() {
    let manual = read("docs/operations.md").to_lowercase();
    let (_, table) = manual.split_once("\n## header fields\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let source = read("src/server/gate/identity.rs");
    let (source, _) = source.split_once("#[cfg(test)]").unwrap();
    let mut count = 0;
    for (call, more) in [("starts(\"", "*"), (" is(\"", "")] {
        for name in source.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
            // `x-forwarded` and all that follows it have rows of their own.
            let is_told = name == "x-forwarded" || table.contains(&format!("`{name}{more}`"));
            assert!(is_told, "{name}{more} is not in docs/operations.md");
            count += 1;
        }
    }
    assert!(count >= 55, "only {count} names were found");
}

/// What the documents link to is there.
#[test]
fn documents_link_to_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in [
        "README.md",
        "docs/architecture.md",
        "docs/benchmarks.md",
        "docs/configuration.md",
        "docs/operations.md",
        "tests/README.md",
    ] {
        let text = read(document);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target = root.join(document).parent().unwrap().join(file);
            assert!(target.exists(), "{document} links to {link}");
        }
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
