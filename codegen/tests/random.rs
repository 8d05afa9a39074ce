//! What holds for every config that somebody could write, tried on hundreds of random ones.
//!
//! `CASTGATE_SEED=17 cargo test -p castgate-codegen --test random` begins with another seed; a failure says which one
//! gives its config. That rustc takes what is generated is tried in tests/downstream/ of the workspace.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

#[path = "fuzzed/mod.rs"]
mod fuzzed;
#[path = "random/mod.rs"]
mod random;

use castgate_codegen::emit::emit_formatted;
use castgate_codegen::model::{Late, Model, Target};
use castgate_codegen::{Cast, Diagnostics, Source, Style, compile, normal, schema};
use proc_macro2::{TokenStream, TokenTree};
use random::Choices;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

/// Far more of a processor than any of these configs needs in a debug build, whoever else is at work.
const LONG: Duration = Duration::from_secs(60);

/// What this thread has had of a processor.
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap())
}

fn cast(text: &str) -> Option<Cast> {
    compile(&mut Source::new("gateway.yml", text), &mut Diagnostics::new()).ok()
}

/// As another reader finds it in the file.
fn read(text: &str) -> Option<Value> {
    serde_yaml::from_str(text.trim_start_matches('\u{feff}')).ok()
}

/// The bytes of a fuzzer make configs as a seed does, and what it asserts of them is so.
#[test]
fn what_the_fuzzer_asserts_holds() {
    fuzzed::text(&random::config(&mut Choices::of(&[])));
    random::for_each(0, 60, random::config, fuzzed::text);
}

#[test]
fn every_config_gets_an_answer_which_every_format_can_show() {
    let mut accepted = 0;
    random::for_each(0, 400, random::config, |text| {
        let begin = worked();
        let mut sink = Diagnostics::new();
        let mut source = Source::new("gateway.yml", text);
        let result = compile(&mut source, &mut sink);
        assert_eq!(result.is_err(), sink.has_errors());
        let plain = sink.render(&source, Style::Plain);
        assert_eq!(plain.is_empty(), sink.is_empty());
        let (json, sarif, github) = (sink.to_json(&source), sink.to_sarif(&source), sink.to_github(&source));
        for report in [&plain, &json, &sarif, &github] {
            let control = report.chars().find(|char| char.is_control() && *char != '\n');
            assert_eq!(control, None, "harmful to a terminal: {report}");
        }
        assert_eq!(json.is_empty(), sink.is_empty());
        assert!(
            json.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()))
        );
        assert!(serde_json::from_str::<Value>(&sarif).is_ok());
        assert!(github.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")));
        if let Ok(cast) = result {
            accepted += 1;
            nothing_is_lost(text, &cast.model);
        }
        let took = worked() - begin;
        assert!(took < LONG, "it took {took:?}");
    });
    assert!(accepted >= 200, "only {accepted} of 400 are accepted, so most of the compiler is not tried");
    assert!(accepted <= 380, "{accepted} of 400 are accepted, so hardly a report is tried");
}

/// What another reader finds in the file is in the model.
fn nothing_is_lost(text: &str, model: &Model) {
    let file = read(text).unwrap();
    let routes = file["routes"].as_array().unwrap();
    let of_file = || model.routes.iter().filter(|route| route.is_written());
    assert_eq!(of_file().count(), routes.len());
    for (written, route) in routes.iter().zip(of_file()) {
        assert!(written["name"].as_str().is_none_or(|name| name == route.name));
        assert_eq!(written["headers"].as_object().map_or(0, |fields| fields.len()), route.headers.len());
        for wanted in &route.query {
            // A plain `no` is text in YAML 1.2, but some readers know only YAML 1.1.
            let value = &written["query"][&wanted.name];
            assert!(
                value.is_boolean() || *value == wanted.value.as_str(),
                "{value} is not {:?}",
                wanted.value
            );
        }
        match &route.target {
            Target::Forward(_) => assert!(!written["upstream"].is_null() || !written["backends"].is_null()),
            Target::Redirect(redirect) => {
                assert_eq!(written["redirect"]["status"].as_u64().unwrap_or(308), u64::from(redirect.status));
            }
            Target::Respond(respond) => {
                let body = written["respond"]["body"].as_str().unwrap_or_default();
                let body = body.replace("$${", "${").replace("{{name}}", "{name}");
                if let Some(text) = respond.body.late().as_ref().and_then(Late::literal) {
                    assert_eq!(body, text);
                }
            }
        }
    }
    let named = file["upstreams"].as_object().map_or(0, |upstreams| upstreams.len());
    let in_place = routes.iter().filter(|route| !route["backends"].is_null());
    assert_eq!(model.upstreams.len(), named + in_place.count());
}

/// The names that the goldens use, which people have read, and a few of their kind.
fn known_names() -> BTreeSet<String> {
    let others = ["DELETE", "HEAD", "NONE", "OPTIONS", "PATCH", "PUT", "true"];
    let mut names: BTreeSet<String> = others.iter().map(|name| (*name).to_owned()).collect();
    for entry in std::fs::read_dir("tests/golden").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            visit(std::fs::read_to_string(path).unwrap().parse().unwrap(), &mut |token| {
                if let TokenTree::Ident(name) = token {
                    names.insert(name.to_string());
                }
            });
        }
    }
    names
}

fn visit(tokens: TokenStream, see: &mut impl FnMut(&TokenTree)) {
    for token in tokens {
        see(&token);
        if let TokenTree::Group(group) = token {
            visit(group.stream(), see);
        }
    }
}

/// No text of a config gets into a generated file but as a string, or as the name of a static that was made fit.
#[test]
fn text_of_a_config_is_never_code() {
    let known = known_names();
    random::for_each(10_000, 200, random::sound, |text| {
        let Some(Cast { model, rust, .. }) = cast(text) else { return };
        assert_eq!(rust, cast(text).unwrap().rust, "another cast is another file");
        let file = syn::parse_file(&rust).unwrap();
        let mut own = BTreeSet::new();
        for item in &file.items {
            match item {
                syn::Item::Static(item) => drop(own.insert(item.ident.to_string())),
                syn::Item::Type(item) => drop(own.insert(item.ident.to_string())),
                syn::Item::Enum(_) | syn::Item::Struct(_) | syn::Item::Impl(_) => {}
                syn::Item::Use(_) | syn::Item::Const(_) => {}
                _ => panic!("this item is none of a generated file: {rust}"),
            }
        }
        let is_static = |name: &str| {
            name.starts_with(|char: char| char.is_ascii_uppercase())
                && name.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
        };
        let is_stack = |name: &str| {
            name.strip_prefix("Stack").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let mut texts = BTreeSet::new();
        visit(rust.parse().unwrap(), &mut |token| match token {
            TokenTree::Ident(name) => {
                let name = name.to_string();
                let is_own = own.contains(&name) && (is_static(&name) || is_stack(&name));
                assert!(is_own || known.contains(&name), "`{name}` in {rust}");
            }
            TokenTree::Literal(literal) => match syn::Lit::new(literal.clone()) {
                syn::Lit::Str(text) => drop(texts.insert(text.value())),
                syn::Lit::ByteStr(text) => drop(texts.insert(String::from_utf8(text.value()).unwrap())),
                syn::Lit::Int(number) => assert_eq!(number.suffix(), ""),
                _ => panic!("{literal} is neither text nor a number"),
            },
            TokenTree::Group(_) | TokenTree::Punct(_) => {}
        });
        for route in &model.routes {
            assert!(texts.contains(&route.name));
            if let Target::Respond(respond) = &route.target {
                // What has values of the request is more than the text that was written.
                if let Some(body) = respond.body.late().as_ref().and_then(Late::literal) {
                    assert!(texts.contains(body) || body.is_empty(), "{body:?}");
                }
            }
        }
    });
}

/// The tokens of what is generated, but for what names the file and its lines, and for commas, which follow the width
/// of those.
fn without_origin(rust: &str) -> String {
    fn write(tokens: TokenStream, out: &mut String) {
        for token in tokens {
            match token {
                TokenTree::Punct(comma) if comma.as_char() == ',' => {}
                TokenTree::Group(_) if out.ends_with("Origin : : at ") => {}
                TokenTree::Literal(_) if out.ends_with("config_sha256 : ") => {}
                // What is said of a missing feature names the line that needs it.
                TokenTree::Literal(_) if is_open(out, "assert ! ( features : : ") => {}
                // Its remarks name lines.
                TokenTree::Literal(_) if out.ends_with("NORMAL_CONFIG : & str = ") => {}
                TokenTree::Group(group) => {
                    out.push_str("( ");
                    write(group.stream(), out);
                    out.push_str(") ");
                }
                other => out.push_str(&format!("{other} ")),
            }
        }
    }
    let mut out = String::new();
    write(rust.parse().unwrap(), &mut out);
    out
}

/// Whether the last group that begins so has not ended yet.
fn is_open(written: &str, group: &str) -> bool {
    written.rsplit_once(group).is_some_and(|(_, rest)| !rest.contains(')'))
}

/// Two long texts, of which a failure shows where they part.
fn same(one: &str, other: &str) {
    let parting = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| text.chars().skip(parting.saturating_sub(200)).take(400).collect::<String>();
    assert!(one == other, "{}\n\n{}", around(one), around(other));
}

/// Remarks name lines, and the lines are others.
fn without_remarks(normal: &str) -> Vec<&str> {
    normal.lines().filter(|line| !line.trim_start().starts_with('#')).collect()
}

#[test]
fn the_normal_form_is_cast_into_the_same_gateway() {
    let (mut accepted, mut compared) = (0, 0);
    random::for_each(20_000, 200, random::sound, |text| {
        let Some(Cast { model, rust, .. }) = cast(text) else { return };
        accepted += 1;
        let normal = normal::text(&model);
        let (mut sink, mut source) = (Diagnostics::new(), Source::new("gateway.yml", normal.as_str()));
        let Ok(again) = compile(&mut source, &mut sink) else {
            panic!("{}", sink.render(&source, Style::Plain));
        };
        assert_eq!(without_remarks(&normal), without_remarks(&normal::text(&again.model)));
        // Equal entries of `request_headers` are one static if they stand on one line, which they do no more.
        let entries = |rust: &str| rust.matches("_HEADERS_").count();
        if entries(&rust) == entries(&again.rust) {
            compared += 1;
            same(&without_origin(&rust), &without_origin(&again.rust));
        }
    });
    assert!(compared > accepted / 2, "only {compared} of {accepted} were compared to the letter");
}

/// Three processes, each with its own random state, and this one.
#[test]
fn every_process_generates_the_same_bytes() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("random");
    std::fs::create_dir_all(&directory).unwrap();
    random::for_each(30_000, 8, random::sound, |text| {
        std::fs::write(directory.join("gateway.yml"), text).unwrap();
        let Some(Cast { plan, .. }) = cast(text) else { return };
        let rust = emit_formatted(&plan);
        for _ in 0..3 {
            let mut castgate = Command::new(env!("CARGO_BIN_EXE_castgate"));
            let output = castgate.current_dir(&directory).args(["emit", "gateway.yml"]).output().unwrap();
            assert!(output.stdout == rust.as_bytes(), "another process generates another file");
        }
    });
}

/// Keys, as `Type.key`, and words, as `Type.key=word`.
type Reached = BTreeSet<String>;

/// All that the schema has, but for keys which no value is right for.
fn wanted(at: &str, schema: &Value, keys: &mut Reached, words: &mut Reached) {
    for (key, property) in schema["properties"].as_object().into_iter().flatten() {
        if property["not"].is_null() {
            keys.insert(format!("{at}.{key}"));
            wanted(&format!("{at}.{key}"), property, keys, words);
        }
    }
    words.extend(schema["enum"].as_array().into_iter().flatten().map(|word| format!("{at}={word}")));
    for inner in ["items", "additionalProperties"].iter().filter_map(|rule| schema.get(rule)) {
        wanted(at, inner, keys, words);
    }
    for choice in ["anyOf", "allOf"].iter().flat_map(|rule| schema[rule].as_array()).flatten() {
        wanted(at, choice, keys, words);
    }
}

/// What of the schema a value has.
fn reached(at: &str, schema: &Value, value: &Value, root: &Value, found: &mut Reached) {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/definitions/")) {
        reached(name, &root["definitions"][name], value, root, found);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        if let Some(property) = schema["properties"].get(key) {
            found.insert(format!("{at}.{key}"));
            reached(&format!("{at}.{key}"), property, value, root, found);
        } else if schema["additionalProperties"].is_object() {
            reached(at, &schema["additionalProperties"], value, root, found);
        }
    }
    if schema["enum"].as_array().is_some_and(|words| words.contains(value)) {
        found.insert(format!("{at}={value}"));
    }
    for value in value.as_array().into_iter().flatten() {
        reached(at, &schema["items"], value, root, found);
    }
    for choice in ["anyOf", "allOf"].iter().flat_map(|rule| schema[rule].as_array()).flatten() {
        reached(at, choice, value, root, found);
    }
}

/// A key that is added to the language is made by itself, or found here.
#[test]
fn accepted_configs_have_every_key_of_the_schema_and_every_word() {
    let schema = schema::schema();
    let (mut keys, mut words) = (Reached::new(), Reached::new());
    wanted("", &schema, &mut keys, &mut words);
    for (name, definition) in schema["definitions"].as_object().unwrap() {
        wanted(name, definition, &mut keys, &mut words);
    }
    assert!(keys.len() > 100 && words.len() > 50, "{} keys and {} words", keys.len(), words.len());
    let of = |make: fn(&mut Choices<'_>) -> String, count, must_be_right: bool| {
        let mut found = Reached::new();
        random::for_each(40_000, count, make, |text| {
            if !must_be_right || cast(text).is_some() {
                reached("", &schema, &read(text).unwrap(), &schema, &mut found);
            }
        });
        found
    };
    let found = of(random::sound, 400, true);
    // A config from memory has no files beside it; `files.rs` and `pages.rs` have those that do.
    assert_eq!(keys.difference(&found).collect::<Vec<_>>(), [".include", "ErrorPage.file"]);
    // Not every level of every lint lets much pass.
    let found = of(random::sound, 3000, false);
    assert_eq!(words.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new());
}
