//! What the reference says of each key: that its example is right, and which diagnostics can point at it.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod configs;

use castgate_codegen::codes::{self, About, Code};
use castgate_codegen::diff::diff;
use castgate_codegen::reference::{self, Key, Section};
use castgate_codegen::source::{Disk, Span};
use castgate_codegen::{Diagnostics, Source, Style, analyse, compile, schema};
use granit_parser::{Event, Parser};
use serde_json::Value;
use std::collections::BTreeSet;

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
        "middleware.rate_limit" => {
            rest = format!("middleware: {{rate_limit: {{{}{entry}}}}}", unless("rate", "rate: 10/s"));
        }
        "middleware.auth.api_keys" => {
            let keys = unless("keys", "keys: \"${env:API_KEYS}\"");
            rest = format!("middleware: {{auth: {{api_keys: {{{keys}{entry}}}}}}}");
        }
        "routes" => routes.push(match key {
            "path" => format!("{{{entry}, upstream: users}}"),
            "strategy" => {
                route("/x", &format!("backends: [http://localhost:9002, http://localhost:9009], {entry}"))
            }
            "upstream" | "backends" | "redirect" | "respond" => route("/x", entry),
            "strip_prefix" => route("/api/v1/x", &format!("upstream: users, {entry}")),
            "rewrite" => route("/x/{id}/{*rest}", &format!("upstream: users, {entry}")),
            _ => route("/x", &format!("upstream: users, {entry}")),
        }),
        "routes.redirect" => {
            routes.push(route("/old/{id}", &format!("redirect: {{{}{entry}}}", unless("to", "to: /new"))));
        }
        "routes.respond" => routes.push(route("/x", &format!("respond: {{{entry}}}"))),
        "tests" | "tests.expect" => {
            routes[0] = routes[0].replace("base", "users");
            routes.push(route("/old", "redirect: {to: /new}"));
            let request = match key {
                "status" => "request: GET /nowhere",
                "redirect_to" => "request: GET /old",
                _ => "request: GET /users",
            };
            let request = unless("request", request);
            let expect = unless("expect", "expect: {route: users}");
            tests = match path {
                "tests" => format!("tests: [{{{request}{expect}{entry}}}]"),
                _ => format!("tests: [{{{request}expect: {{{entry}}}}}]"),
            };
        }
        path => {
            let mut inner = entry.to_owned();
            let (first, others) = path.split_once('.').unwrap_or((path, ""));
            for name in others.split('.').rev().filter(|name| !name.is_empty()) {
                inner = format!("{name}: {{{inner}}}");
            }
            match first {
                "upstreams" => upstream = format!("{upstream}, {inner}"),
                _ => rest = format!("{first}: {{{inner}}}"),
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

/// A key of a map, or a place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// A value of a config and its key.
#[derive(Debug)]
struct Entry {
    path: Vec<Step>,
    key: Span,
    value: Span,
}

/// A map or a list that is being read.
struct Frame {
    path: Vec<Step>,
    place: Span,
    start: usize,
    /// How many entries of a list there were; `None` for a map.
    count: Option<usize>,
    /// The key that waits for its value.
    key: Option<(String, Span)>,
}

/// Every value of every file of a config, as far as it is YAML.
fn entries(source: &Source) -> Vec<Entry> {
    let moved = |span: Span, by: usize| span.start + by..span.end + by;
    let files = source.files().iter().flat_map(|file| {
        let start = file.span().start;
        entries_of(&source.text()[file.span()]).into_iter().map(move |entry| Entry {
            key: moved(entry.key, start),
            value: moved(entry.value, start),
            ..entry
        })
    });
    files.collect()
}

fn entries_of(text: &str) -> Vec<Entry> {
    let mut frames: Vec<Frame> = Vec::new();
    let mut entries = Vec::new();
    let mut last = 0;
    for item in Parser::new_from_str(text) {
        let Ok((event, marks)) = item else { break };
        let start = marks.start.byte_offset().unwrap_or(0);
        let end = marks.end.byte_offset().unwrap_or(start).max(start);
        last = end;
        match event {
            Event::Scalar(text, ..) => match frames.last_mut() {
                Some(Frame { count: None, key: key @ None, .. }) => {
                    *key = Some((text.to_string(), start..end))
                }
                _ => {
                    let (path, key) = place(&mut frames, start..end);
                    entries.push(Entry { path, key, value: start..end });
                }
            },
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                let count = matches!(event, Event::SequenceStart(..)).then_some(0);
                let (path, place) = place(&mut frames, start..end);
                frames.push(Frame { path, place, start, count, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let frame = frames.pop().unwrap();
                let value = frame.start..end.max(frame.start);
                let key = if frame.place.start == frame.start { value.clone() } else { frame.place };
                entries.push(Entry { path: frame.path, key, value });
            }
            _ => {}
        }
    }
    let open = frames.into_iter();
    entries.extend(open.map(|frame| Entry {
        path: frame.path,
        key: frame.place,
        value: frame.start..last.max(frame.start),
    }));
    entries
}

/// Where the next value goes, and the span of its key.
fn place(frames: &mut [Frame], value: Span) -> (Vec<Step>, Span) {
    let Some(frame) = frames.last_mut() else { return (Vec::new(), value) };
    let (step, key) = match (&mut frame.count, frame.key.take()) {
        (Some(count), _) => {
            *count += 1;
            (Step::Index(*count - 1), value)
        }
        (None, Some((key, span))) => (Step::Key(key), span),
        // A list or a map where a key should be.
        (None, None) => {
            frame.key = Some((String::new(), value.clone()));
            (Step::Key(String::new()), value)
        }
    };
    (frame.path.iter().cloned().chain([step]).collect(), key)
}

/// The entry that a label points at; the whole file if it is none.
fn entry_at<'e>(entries: &'e [Entry], label: &Span) -> &'e [Step] {
    let exact = |entry: &&Entry| entry.key == *label || entry.value == *label;
    let around = |entry: &&Entry| {
        let whole = entry.key.start.min(entry.value.start)..entry.value.end.max(entry.key.end);
        whole.start <= label.start && label.end <= whole.end
    };
    let deepest = entries.iter().filter(exact).max_by_key(|entry| entry.path.len());
    let found = deepest.or_else(|| entries.iter().filter(around).max_by_key(|entry| entry.path.len()));
    found.map_or(&[], |entry| &entry.path)
}

/// The language: its sections, and the schema to walk from one to the other.
struct Language {
    sections: Vec<Section>,
    schema: Value,
}

impl Language {
    fn new() -> Self {
        Self { sections: reference::sections(), schema: schema::schema() }
    }

    /// What a value may be: the schema without references and choices, each with the name of its definition.
    fn forms<'s>(&'s self, name: &'s str, value: &'s Value) -> Vec<(&'s str, &'s Value)> {
        if let Some(name) = value["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
            return self.forms(name, &self.schema["definitions"][name]);
        }
        let choices = ["anyOf", "allOf"].into_iter().filter_map(|rule| value[rule].as_array()).flatten();
        choices.flat_map(|choice| self.forms(name, choice)).chain([(name, value)]).collect()
    }

    fn key(&self, definition: &str, name: &str) -> &Key {
        let section = self.sections.iter().find(|section| section.definition == definition).unwrap();
        section.keys.iter().find(|key| key.name == name).unwrap()
    }

    /// The last key of the language on the way to a value, and what that key, or the entry in it, may be.
    fn walk(&self, path: &[Step]) -> (Option<&Key>, Vec<(&str, &Value)>) {
        let mut key = None;
        let mut forms = self.forms("", &self.schema);
        for step in path {
            let inner = match step {
                Step::Index(_) => forms.iter().find_map(|(name, form)| Some((*name, form.get("items")?))),
                Step::Key(text) => {
                    let known = forms.iter().find_map(|(name, form)| {
                        let rules = form.get("properties")?.get(text)?;
                        key = Some(self.key(name, text));
                        Some((*name, rules))
                    });
                    known.or_else(|| {
                        let entry =
                            |form: &'_ Value| form.get("additionalProperties").is_some_and(Value::is_object);
                        forms
                            .iter()
                            .find(|(_, form)| entry(form))
                            .map(|(name, form)| (*name, &form["additionalProperties"]))
                    })
                }
            };
            let Some((name, inner)) = inner else { break };
            forms = self.forms(name, inner);
        }
        (key, forms)
    }

    /// The keys within a value of one of these forms.
    fn beneath<'s>(&'s self, forms: &[(&'s str, &'s Value)], found: &mut Vec<&'s Key>) {
        for (name, form) in forms {
            for (text, rules) in form["properties"].as_object().into_iter().flatten() {
                let key = self.key(name, text);
                if !found.iter().any(|known| known.path == key.path) {
                    found.push(key);
                    self.beneath(&self.forms(name, rules), found);
                }
            }
            for rule in ["items", "additionalProperties"] {
                if form[rule].is_object() {
                    self.beneath(&self.forms(name, &form[rule]), found);
                }
            }
        }
    }

    /// The keys which a diagnostic of this code at this value may be about, by the reference; `None` if it is of those
    /// that can be anywhere.
    fn about(&self, code: &'static Code, at: &[Step], entries: &[Entry]) -> Option<Vec<&Key>> {
        let has = |codes: &[&'static Code]| codes.contains(&code);
        if has(&reference::of_any_key()) || code.about == About::File {
            return None;
        }
        let (key, forms) = self.walk(at);
        match key {
            None if has(&reference::of_file()) => return None,
            Some(key) if has(&key.codes) => return Some(vec![key]),
            _ => {}
        }
        // A key that is not written: then the section around it is pointed at.
        let mut beneath = Vec::new();
        self.beneath(&forms, &mut beneath);
        let is_absent = |key: &Key| {
            let within = entries.iter().filter(|entry| entry.path.starts_with(at));
            within.filter_map(|entry| self.walk(&entry.path).0).all(|other| other.path != key.path)
        };
        Some(beneath.into_iter().filter(|key| has(&key.codes) && is_absent(key)).collect())
    }
}

/// What an unknown key is said to live in has it.
#[test]
fn keys_live_where_reports_say() {
    let sections = reference::sections();
    let homes = sections.iter().flat_map(|section| &section.keys).map(|key| key.path.as_str());
    let homes: BTreeSet<&str> = homes.collect();
    for key in homes.iter().map(|path| path.rsplit('.').next().unwrap()).collect::<BTreeSet<_>>() {
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
            assert!(homes.contains(format!("{home}.{key}").as_str()) || home == "lints", "{key} in {home}");
        }
    }
}

/// The bad configs of `ui/`, each with its diagnostics.
fn bad_configs() -> Vec<(String, Source, Diagnostics)> {
    let configs = configs::configs("tests/ui").into_iter().map(|path| {
        let mut sink = Diagnostics::new();
        let mut source = Source::read(&path, &mut sink);
        let _ = compile(&mut source, &mut sink);
        (path, source, sink)
    });
    configs.collect()
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
        let About::Keys(keys) = code.about else { continue };
        for path in keys {
            let is_key =
                language.sections.iter().flat_map(|section| &section.keys).any(|key| key.path == *path);
            if !is_key {
                failures.insert(format!("{} is declared for {path}, which is no key", code.id));
            } else if !seen.contains(&(code.id, path)) && !ELSEWHERE.contains(&code.id) {
                failures
                    .insert(format!("{} is declared for {path}, but no config of ui/ has it there", code.id));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.into_iter().collect::<Vec<_>>().join("\n"));
}
