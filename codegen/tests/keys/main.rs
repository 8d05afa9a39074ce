//! What the reference says of each key: that its example is right, and which diagnostics can point at it.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

#[path = "../configs/mod.rs"]
mod configs;
mod entries;
mod language;

use castgate_codegen::codes;
use castgate_codegen::diff::diff;
use castgate_codegen::reference;
use castgate_codegen::source::Disk;
use castgate_codegen::{Diagnostics, Source, Style, analyse, compile};
use entries::{entries, entry_at};
use language::Language;
use serde_yaml::Value;
use std::collections::BTreeSet;

/// The other keys which a section has to have, as their examples have them.
fn required_beside(path: &str, key: &str) -> String {
    let sections = reference::sections();
    let others = sections.iter().filter(|section| section.path == path).flat_map(|section| &section.keys);
    let required = others.filter(|other| other.name != key && other.default == "required");
    required
        .map(|other| format!("{}: {}, ", other.name, other.example.as_deref().unwrap_or_default()))
        .collect()
}

/// Two listeners with names.
const LISTENERS: &str =
    "server: {listeners: {public: {address: 0.0.0.0:8080}, internal: {address: 127.0.0.1:8081}}}";

/// The least config in which the section at `path` may have `key`, written as it is in `entry`.
fn config_around(path: &str, key: &str, entry: &str) -> String {
    let unless = |other: &str, text: &str| if key == other { String::new() } else { format!("{text}, ") };
    let mut routes = vec!["{name: base, path: /users, upstream: users}".to_owned()];
    let mut rest = String::new();
    let mut upstream = "backends: [http://localhost:9001]".to_owned();
    let mut tests = String::new();
    let route = |path: &str, target: &str| format!("{{path: \"{path}\", {target}}}");
    match path {
        "" => {
            let lines = [
                ("upstreams", "{users: {backends: [http://localhost:9001]}}"),
                ("routes", "[{path: /users, upstream: users}]"),
            ];
            let lines = lines.iter().filter(|(name, _)| *name != key);
            let lines: String = lines.map(|(name, value)| format!("{name}: {value}\n")).collect();
            return format!("{lines}{entry}\n");
        }
        "server.listeners" => {
            let address = unless("address", "address: 127.0.0.1:8082");
            let other = "public: {address: 127.0.0.1:8081}";
            rest = format!("server: {{listeners: {{{other}, plain: {{{address}{entry}}}}}}}");
        }
        "server.http2" => {
            rest = format!(
                "server: {{listeners: {{plain: {{address: 127.0.0.1:8082, protocols: [h2]}}}}, http2: {{{entry}}}}}"
            );
        }
        "server" if key == "http2" => {
            rest = format!(
                "server: {{listeners: {{plain: {{address: 127.0.0.1:8082, protocols: [h2]}}}}, {entry}}}"
            );
        }
        "server.listeners.proxy_protocol" => {
            rest = format!(
                "server: {{listeners: {{plain: {{address: 127.0.0.1:8082, proxy_protocol: {{{entry}}}}}}}}}"
            );
        }
        "server.listeners.tls"
        | "server.listeners.tls.certificates"
        | "server.listeners.tls.client_certificates" => {
            let certificate = unless("certificate", "certificate: /a.crt") + &unless("key", "key: /a.key");
            let tls = match path.rsplit_once('.').map(|(_, last)| last) {
                Some("certificates") => format!("certificates: [{{{certificate}{entry}}}]"),
                Some("client_certificates") => {
                    let ca = unless("ca", "ca: /a.crt");
                    format!("certificates: [{{{certificate}}}], client_certificates: {{{ca}{entry}}}")
                }
                _ => unless("certificates", &format!("certificates: [{{{certificate}}}]")) + entry,
            };
            rest = format!("server: {{listeners: {{public: {{address: 127.0.0.1:8082, tls: {{{tls}}}}}}}}}");
        }
        "lints" => {
            // Here no lint has anything to find.
            return format!(
                "lints: {{{entry}}}\nroutes: [{{host: example.com, path: /, respond: {{}}}}]\n\
                 tests: [{{request: GET http://example.com/, expect: {{status: 200}}}}]\n"
            );
        }
        "upstreams" if key == "backends" => upstream = entry.to_owned(),
        "upstreams" => {
            upstream = format!("backends: [http://localhost:9001, http://localhost:9002], {entry}")
        }
        "upstreams.allow" => {
            let other = unless("lint", "lint: single-backend") + &unless("reason", "reason: why not");
            upstream = format!("{upstream}, allow: [{{{other}{entry}}}]");
        }
        "upstreams.backends" => {
            let url = unless("url", "url: http://localhost:9001");
            upstream = format!("backends: [http://localhost:9002, {{{url}{entry}}}]");
        }
        "routes" => routes.push(match key {
            "path" => format!("{{{entry}, upstream: users}}"),
            "strategy" => {
                route("/x", &format!("backends: [http://localhost:9002, http://localhost:9009], {entry}"))
            }
            "upstream" | "backends" | "redirect" | "respond" => route("/x", entry),
            "strip_prefix" => route("/api/v1/x", &format!("upstream: users, {entry}")),
            "rewrite" => route("/x/{id}/{*rest}", &format!("upstream: users, {entry}")),
            "listener" => {
                rest = LISTENERS.to_owned();
                route("/x", &format!("upstream: users, {entry}"))
            }
            _ => route("/x", &format!("upstream: users, {entry}")),
        }),
        "routes.redirect" => {
            let other = if matches!(key, "to" | "status") { unless("to", "to: /new") } else { String::new() };
            routes.push(route("/old/{id}", &format!("redirect: {{{other}{entry}}}")));
        }
        "routes.rewrite" => {
            routes.push(route("/v1/{id}", &format!("upstream: users, rewrite: {{{entry}}}")));
        }
        "routes.respond" => routes.push(route("/x", &format!("respond: {{{entry}}}"))),
        "tests" | "tests.expect" => {
            rest = LISTENERS.to_owned();
            routes[0] = routes[0].replace("base", "users");
            routes.push(route("/old", "redirect: {to: /new}"));
            let request = match key {
                "status" => "request: GET /nowhere",
                "redirect_to" => "request: GET /old",
                "cross_origin" => "request: GET /users, headers: {Origin: https://a.test}",
                _ => "request: GET /users",
            };
            if key == "cross_origin" {
                rest = "middleware: {cors: {origins: [https://a.test]}}".to_owned();
            }
            let request = unless("request", request);
            let expect = unless("expect", "expect: {route: users}");
            tests = match path {
                "tests" => format!("tests: [{{{request}{expect}{entry}}}]"),
                _ => format!("tests: [{{{request}expect: {{{entry}}}}}]"),
            };
        }
        path => {
            let mut inner = required_beside(path, key) + entry;
            let (first, others) = path.split_once('.').unwrap_or((path, ""));
            if path == "middleware.error_pages" {
                let page = if ["body", "file"].contains(&key) { "" } else { "body: fine, " };
                inner = format!("\"404\": {{{page}{entry}}}");
            }
            for name in others.split('.').rev().filter(|name| !name.is_empty()) {
                inner = format!("{name}: {{{inner}}}");
            }
            match first {
                "upstreams" => upstream = format!("{upstream}, {inner}"),
                "routes" => routes.push(route("/x", &format!("upstream: users, {inner}"))),
                "server" => rest = format!("{first}: {{{inner}}}"),
                // Nobody is in front of it.
                _ => rest = format!("server: {{trusted_proxies: []}}\n{first}: {{{inner}}}"),
            }
        }
    }
    let routes = routes.join(", ");
    format!("{rest}\nupstreams: {{users: {{{upstream}}}}}\nroutes: [{routes}]\n{tests}\n")
}

#[test]
fn every_key_has_an_example_and_the_compiler_takes_it() {
    let refused = ["server.tls"];
    // What the example of `include` finds.
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("keys");
    std::fs::create_dir_all(directory.join("routes")).unwrap();
    std::fs::write(directory.join("routes/none.yml"), "# Nothing yet.\n").unwrap();
    // And that of a page.
    std::fs::create_dir_all(directory.join("web")).unwrap();
    std::fs::write(directory.join("web/404.html"), "<p>not here</p>\n").unwrap();
    let mut failures = Vec::new();
    for section in reference::sections() {
        for key in &section.keys {
            let Some(example) = &key.example else {
                assert!(refused.contains(&key.path.as_str()), "no example for {}", key.path);
                continue;
            };
            let entry = format!("{}: {example}", key.name);
            let config = config_around(&section.path, &key.name, &entry);
            let mut sink = Diagnostics::new();
            let disk = Disk::at(&directory).with_open("gateway.yml", config);
            let mut source = Source::read_with("gateway.yml", disk, &mut sink);
            let result = analyse(&mut source, &mut sink);
            if result.is_err() || !sink.is_empty() {
                failures.push(format!(
                    "{}\n{}{}",
                    key.path,
                    source.text(),
                    sink.render(&source, Style::Plain)
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Puts a key into the first map at a path of the reference, which leaves out places in lists and names of upstreams; whether
/// there is one.
fn put(value: &mut Value, path: &[&str], is_named: bool, entry: (&str, &Value)) -> bool {
    match (value, path) {
        (Value::Sequence(list), _) => list.iter_mut().any(|inner| put(inner, path, false, entry)),
        (Value::Mapping(map), _) if is_named => map.values_mut().any(|inner| put(inner, path, false, entry)),
        (Value::Mapping(map), []) => map.insert(entry.0.into(), entry.1.clone()).is_none(),
        (Value::Mapping(map), [first, rest @ ..]) => {
            map.get_mut(first).is_some_and(|inner| put(inner, rest, has_names(first), entry))
        }
        _ => false,
    }
}

/// Whether what is in a map has names of the user's.
fn has_names(key: &str) -> bool {
    ["upstreams", "listeners", "error_pages"].contains(&key)
}

/// Whether a config has the key at such a path.
fn has(value: &Value, path: &[&str], is_named: bool) -> bool {
    let [first, rest @ ..] = path else { return true };
    match value {
        Value::Sequence(list) => list.iter().any(|entry| has(entry, path, false)),
        Value::Mapping(map) if is_named => map.values().any(|entry| has(entry, path, false)),
        Value::Mapping(map) => map.get(first).is_some_and(|inner| has(inner, rest, has_names(first))),
        _ => false,
    }
}

/// What no config has beside everything else.
const NOT_AT_ONCE: [&str; 3] = ["include", "server.listen", "server.tls"];

/// What a config from memory cannot have, as it needs a file beside it.
const OF_A_FILE: &str = "middleware.error_pages.file";

/// The config that has everything: `pass/everything.yml`, which says what depends on other keys, and of every other key the
/// example of its declaration.
fn everything() -> Value {
    let text = std::fs::read_to_string("tests/pass/everything.yml").unwrap();
    let mut config: Value = serde_yaml::from_str(&text).unwrap();
    for key in reference::sections().iter().flat_map(|section| &section.keys) {
        let steps: Vec<&str> = key.path.split('.').collect();
        // One needs files beside it, one stands in place of another, and one is refused.
        if has(&config, &steps, false)
            || [&NOT_AT_ONCE[..], &[OF_A_FILE]].concat().contains(&key.path.as_str())
        {
            continue;
        }
        let (name, section) = steps.split_last().unwrap();
        let example: Value = serde_yaml::from_str(key.example.as_deref().unwrap()).unwrap();
        // HTTP/2 over TLS is not there yet: what one listener has, another has not.
        if key.path == "server.listeners.tls" {
            config["server"]["listeners"]["internal"]["tls"] = example;
            continue;
        }
        assert!(put(&mut config, section, false, (name, &example)), "no {section:?} in pass/everything.yml");
    }
    config
}

/// A key that is added to the language is in the config that has everything, which is accepted, and again as its normal form.
#[test]
fn the_config_that_has_everything_is_accepted() {
    let everything = everything();
    let sections = reference::sections();
    let keys = sections.iter().flat_map(|section| &section.keys).map(|key| key.path.as_str());
    let absent = keys.filter(|path| !has(&everything, &path.split('.').collect::<Vec<_>>(), false));
    assert_eq!(absent.collect::<Vec<_>>(), [&NOT_AT_ONCE[..], &[OF_A_FILE]].concat());
    let normal = |text: String| {
        let (mut source, mut sink) = (Source::new("gateway.yml", text), Diagnostics::new());
        match analyse(&mut source, &mut sink) {
            Ok(model) => castgate_codegen::normal::text(&model),
            Err(_) => panic!("{}", sink.render(&source, castgate_codegen::Style::Plain)),
        }
    };
    let without_remarks = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.trim_start().starts_with('#')).map(str::to_owned).collect()
    };
    let first = normal(serde_yaml::to_string(&everything).unwrap());
    assert_eq!(without_remarks(&normal(first.clone())), without_remarks(&first));
}

/// The example that says it has every key has every key, and is no example of a warning.
#[test]
fn the_example_of_everything_has_every_key() {
    let (path, mut sink) = ("../examples/everything.yml", Diagnostics::new());
    let example: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let sections = reference::sections();
    let keys = sections.iter().flat_map(|section| &section.keys).map(|key| key.path.as_str());
    let absent = keys.filter(|path| !has(&example, &path.split('.').collect::<Vec<_>>(), false));
    assert_eq!(absent.collect::<Vec<_>>(), NOT_AT_ONCE);
    let mut source = Source::read(path, &mut sink);
    assert!(
        compile(&mut source, &mut sink).is_ok() && sink.is_empty(),
        "{}",
        sink.render(&source, Style::Plain)
    );
}

/// A key that is added to the language is compared without anybody remembering it: each is written, left out, and the
/// two configs are not the same.
#[test]
fn every_key_is_compared() {
    // Only the build looks at these.
    let of_the_build = ["tests", "lints", "allow", "observability", "include"];
    let is_of_the_build = |path: &str| path.split('.').any(|key| of_the_build.contains(&key));
    let model = |config: String| {
        let mut source = Source::new("gateway.yml", config);
        analyse(&mut source, &mut Diagnostics::new()).ok()
    };
    let (mut compared, mut alike, mut required) = (0, Vec::new(), Vec::new());
    let sections = reference::sections();
    for key in sections.iter().flat_map(|section| &section.keys) {
        let Some(example) = key.example.as_ref().filter(|_| !is_of_the_build(&key.path)) else { continue };
        let section = key.path.strip_suffix(&key.name).unwrap().trim_end_matches('.');
        let with = model(config_around(section, &key.name, &format!("{}: {example}", key.name)));
        let without = model(config_around(section, &key.name, ""));
        match (without, with) {
            (Some(without), Some(with)) if !diff(&without, &with).is_empty() => compared += 1,
            (Some(_), Some(_)) => alike.push(key.path.as_str()),
            _ => required.push(key.path.as_str()),
        }
    }
    assert!(compared > 50, "{compared}");
    // Its example is the default.
    assert_eq!(alike, ["server"], "of {compared}; required: {required:?}");
}

/// What an unknown key is said to live in has it.
#[test]
fn keys_live_where_reports_say() {
    let sections = reference::sections();
    let language = Language::new();
    let keys: BTreeSet<&str> =
        sections.iter().flat_map(|section| &section.keys).map(|key| key.name.as_str()).collect();
    for key in keys {
        // At a place where hardly any other key is known.
        let text = format!("routes: [{{path: /, respond: {{}}}}]\ntests: [{{{key}: 1}}]\n");
        let mut sink = Diagnostics::new();
        let _ = analyse(&mut Source::new("gateway.yml", text), &mut sink);
        let helps = sink
            .sorted()
            .into_iter()
            .filter(|problem| problem.code.id == "CG0104")
            .flat_map(|problem| &problem.help);
        let helps = helps.filter(|help| help.contains("lives in"));
        for home in helps.flat_map(|help| help.split('`').skip(3).step_by(2).collect::<Vec<_>>()) {
            assert!(language.has(&format!("{home}.{key}")), "{key} in {home}");
        }
    }
}

/// The bad configs of `ui/`, and each middleware where no route has it, with their diagnostics.
fn bad_configs() -> Vec<(String, Source, Diagnostics)> {
    let compiled = |name: String, mut source: Source, mut sink: Diagnostics| {
        let _ = compile(&mut source, &mut sink);
        (name, source, sink)
    };
    let of_ui = configs::configs("tests/ui").into_iter().map(|path| {
        let mut sink = Diagnostics::new();
        let source = Source::read(&path, &mut sink);
        compiled(path, source, sink)
    });
    let sections = reference::sections();
    let middleware = sections.iter().filter(|section| section.path == "middleware");
    let unused = middleware.flat_map(|section| &section.keys).map(|key| {
        let (name, example) = (&key.name, key.example.as_deref().unwrap());
        let route = format!("{{path: /, respond: {{}}, middleware: {{{name}: off}}}}");
        let text = format!("middleware: {{{name}: {example}}}\nroutes: [{route}]\n");
        compiled(format!("unused {name}"), Source::new("gateway.yml", text), Diagnostics::new())
    });
    of_ui.chain(unused).collect()
}

/// Codes of what a config alone does not show.
const ELSEWHERE: [&str; 1] = ["CG0602"];

/// Both ways: what points at a key is listed for it, and what the catalogue declares for a key does point at it.
#[test]
fn every_key_lists_the_diagnostics_that_point_at_it() {
    let language = Language::new();
    let mut failures = BTreeSet::new();
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (name, source, sink) in &bad_configs() {
        let entries = entries(source);
        for problem in sink.sorted() {
            let Some(label) = problem.labels.first() else {
                assert!(reference::of_file().contains(&problem.code), "{name}: {problem:?} points nowhere");
                continue;
            };
            let at = entry_at(&entries, &label.span);
            let Some(keys) = language.about(problem.code, at, &entries) else { continue };
            if keys.is_empty() {
                let key = language.walk(at).0.map_or("the file", |key| &key.path);
                failures.insert(format!("{} is not listed for {key} ({name}: {at:?})", problem.code.id));
            }
            seen.extend(keys.into_iter().map(|key| (problem.code.id, key.path.as_str())));
        }
    }
    for code in codes::ALL {
        for path in &reference::declared(code) {
            let is_key =
                language.sections.iter().flat_map(|section| &section.keys).any(|key| key.path == *path);
            if !is_key {
                failures.insert(format!("{} is declared for {path}, which is no key", code.id));
            } else if !seen.contains(&(code.id, path.as_str())) && !ELSEWHERE.contains(&code.id) {
                failures
                    .insert(format!("{} is declared for {path}, but no config of ui/ has it there", code.id));
            }
        }
        // What a kind of value declares is shown once, not for each key of that kind.
        let by_kind = reference::declared_by_kind(code);
        if !by_kind.is_empty() && !by_kind.iter().any(|path| seen.contains(&(code.id, path.as_str()))) {
            failures
                .insert(format!("{} is declared by a kind of value, but no config of ui/ has it", code.id));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.into_iter().collect::<Vec<_>>().join("\n"));
}
