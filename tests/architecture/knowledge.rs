//! Who knows a middleware, and who a balancer: nobody but its own room and the lists.

use super::{code, modules, read, sources};
use std::collections::BTreeSet;

#[test]
fn middlewares_know_neither_each_other_nor_upstreams() {
    // `fields` for what names are to the gateway, `forward` for the pieces of a redirect's path, `header_edits` for changes to fields, `observe` for the families of a policy's
    // series, `value` for texts with values of a request.
    let known = [
        "error",
        "exchange",
        "fields",
        "forward",
        "header_edits",
        "late",
        "observe",
        "policy",
        "service",
        "value",
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
    // This word means something of its own elsewhere: the room that writes the log. And who
    // made it or not, an id is a fact of the request: of its record, its line in the log, the document of its error.
    let other_meanings = ["access_log"];
    let facts = ["exchange/context", "exchange/problem", "exchange/record", "exchange/record/line", "value"];
    let is_fact = |path: &str| facts.iter().any(|fact| path == format!("src/{fact}.rs"));
    let is_free =
        |path: &str, name: &str| other_meanings.contains(&name) || name == "request_id" && is_fact(path);
    let found = who_knows(&known, "src", "src/middleware", is_free);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Nor does anybody in the compiler: what other rooms need to know is a fact of the registry. Lists of what the language
/// has may name one: the catalogues of codes and of lints.
#[test]
fn nobody_in_the_compiler_knows_a_middleware() {
    let known =
        middleware("codegen/src/middleware", &["code", "edits", "facts", "fields", "layer", "several"]);
    assert!(known.names.contains("rate_limit") && known.types.contains("RequestId"), "{known:?}");
    let lists = ["codes.rs", "lint.rs"].map(|list| format!("codegen/src/{list}"));
    let is_free = |path: &str, name: &str| {
        // How many lines of the log were lost, and a variable of nginx.
        let other = [
            ("codegen/src/budget/series.rs", "access_log"),
            ("codegen/src/resolve/value/foreign.rs", "request_id"),
        ];
        let has_other_meaning = other.contains(&(path, name));
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
        let tries_them =
            ["src/upstream/balancers/tests.rs", "src/upstream/slots/tests.rs"].contains(&path.as_str());
        if rooms.contains(&path.as_str()) || tries_them {
            continue;
        }
        for line in code(&source).map(|line| line.replace("Strategy::", "Strategy_")) {
            let known = line.split(|char| !is_word(char)).find(|word| types.contains(word));
            assert_eq!(known, None, "{path}: {}", line.trim());
        }
    }
}
