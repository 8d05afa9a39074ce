//! Whatever the text, the compiler answers with a model or a report, and never panics.

#[path = "fuzzed/mod.rs"]
mod fuzzed;

use castgate_codegen::model::Model;
use castgate_codegen::{Diagnostics, Source, Style, compile};
use proptest::prelude::*;

const SEEDS: [&str; 6] = [
    include_str!("pass/everything.yml"),
    include_str!("pass/seed.yml"),
    include_str!("ui/one-report-for-all.yml"),
    include_str!("ui/wrong-types.yml"),
    include_str!("pass/tests.yml"),
    include_str!("ui/warnings.yml"),
];

/// Pieces that matter to some stage; mutations put them anywhere.
const TOKENS: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    "-",
    "\n",
    "\n  ",
    "\t",
    "\"",
    "'",
    "#",
    "&a",
    "*a",
    "<<: *a",
    "!!str ",
    "---\n",
    "|",
    ">",
    "%",
    "${",
    "${env:",
    "${env:X:-",
    "off",
    "null",
    "~",
    "0",
    "-1",
    "1e9",
    "99999999999999999999",
    "5s",
    "/",
    "{*rest}",
    "{id:uint}",
    "\u{e9}",
    "\u{0}",
    "\u{feff}",
    "http://",
    "\r\n",
];

fn answer(text: &str) {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", text);
    let result = compile(&mut source, &mut sink);
    assert_eq!(result.is_err(), sink.has_errors());
    let report = sink.render(&source, Style::Plain);
    assert_eq!(report.is_empty(), sink.is_empty());
    // Whatever a file holds, its report is harmless to a terminal.
    assert!(!report.chars().any(|char| char.is_control() && char != '\n'), "{report:?}");
    if let Ok(cast) = result {
        let mut names: Vec<&str> = cast.model.routes.iter().map(|route| route.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cast.model.routes.len());
        nothing_is_lost(text, &cast.model);
    }
}

/// What another reader finds in the file is in the model: no route, upstream or backend was dropped in silence.
fn nothing_is_lost(text: &str, model: &Model) {
    let Ok(file) = serde_yaml::from_str::<serde_yaml::Value>(text) else { return };
    let routes = file["routes"].as_sequence().map_or(0, Vec::len);
    let listeners =
        file["server"]["listeners"].as_mapping().into_iter().flat_map(serde_yaml::Mapping::values);
    let redirecting = listeners.filter(|listener| !listener["redirect"].is_null()).count();
    assert_eq!(model.routes.len(), routes + redirecting, "{text}");
    let named = file["upstreams"].as_mapping().map_or(0, serde_yaml::Mapping::len);
    let in_place =
        file["routes"].as_sequence().into_iter().flatten().filter(|route| !route["backends"].is_null());
    assert_eq!(model.upstreams.len(), named + in_place.count(), "{text}");
    for (index, route) in model.routes.iter().enumerate().take(routes) {
        for (name, has) in [
            ("auth", route.middleware.auth.is_some()),
            ("rate_limit", route.middleware.rate_limit.is_some()),
            ("response_headers", route.middleware.response_headers.is_some()),
            ("request_headers", route.middleware.request_headers.is_some()),
        ] {
            let own = &file["routes"][index]["middleware"][name];
            let written = if own.is_null() { &file["middleware"][name] } else { own };
            assert_eq!(
                has,
                written.is_mapping() || written.is_sequence(),
                "{name} of route {index} of {text}"
            );
        }
    }
}

/// Cuts, copies and insertions at arbitrary places.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..TOKENS.len() + 2);
    (0..SEEDS.len(), prop::collection::vec(edit, 1..4)).prop_map(|(seed, edits)| {
        let mut text: Vec<char> = SEEDS[seed].chars().collect();
        for (from, to, what) in edits {
            let (a, b) = (from.index(text.len() + 1), to.index(text.len() + 1));
            let (a, b) = (a.min(b), a.max(b).min(a.min(b) + 40));
            let new: Vec<char> = match what.checked_sub(TOKENS.len()) {
                None => TOKENS[what].chars().collect(),
                Some(0) => Vec::new(),
                Some(_) => text[a..b].iter().rev().copied().collect(),
            };
            text.splice(a..b.min(a + what % 7), new);
        }
        text.into_iter().collect()
    })
}

#[test]
fn the_seeds_are_whole() {
    for seed in &SEEDS[..2] {
        let mut sink = Diagnostics::new();
        nothing_is_lost(
            seed,
            &compile(&mut Source::new("gateway.yml", *seed), &mut sink).expect("a good config").model,
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_configs_get_an_answer(text in mutated()) {
        answer(&text);
    }

    #[test]
    fn arbitrary_text_gets_an_answer(text in any::<String>()) {
        answer(&text);
    }

    #[test]
    fn arbitrary_values_get_an_answer(value in "[ -~\u{e9}\n]{0,30}", key in 0..12_usize) {
        let quoted = format!("{value:?}").replace("\\'", "'");
        let keys = [
            "path", "host", "name", "strip_prefix", "rewrite", "timeout", "methods", "match", "upstream", "query",
            "redirect: {to", "middleware: {rate_limit: {rate",
        ];
        let close = "}".repeat(keys[key].matches('{').count());
        answer(&format!("routes:\n  - path: \"/a/{{id}}/{{*rest}}\"\n    {}: {quoted}{close}\n    respond: {{}}\n", keys[key]));
        answer(&format!("routes:\n  - {}: {value}{close}\n", keys[key]));
        answer(&format!("server: {{listen: {quoted}, trusted_proxies: [{quoted}], log_level: {quoted}}}\n"));
        answer(&format!("routes: [{{path: /, backends: [{quoted}]}}]\n"));
    }
}

#[test]
fn large_and_hostile_files_get_an_answer() {
    let deep = "[".repeat(100_000);
    answer(&deep);
    answer(&format!("routes: {deep}"));
    answer(&"a:\n ".repeat(100));
    answer(&"- ".repeat(50_000));
    // Far more problems than a person reads: the report stops somewhere.
    let many =
        "routes:\n".to_owned() + &"  - {path: nope, upstrem: x, respond: {status: 1}}\n".repeat(20_000);
    answer(&many);
    let keys: String = (0..20_000).map(|index| format!("key{index}: 1\n")).collect();
    answer(&keys);
    answer(&"x".repeat(5_000_000));
    answer(&format!("routes: [{{path: /, name: {}, respond: {{}}}}]", "n".repeat(1_000_000)));
    answer(&format!("routes: [{{path: /{}, respond: {{}}}}]", "n".repeat(1_000_000)));
    answer(&format!("routes: [{{path: \"{}\", respond: {{}}}}]", "/a".repeat(500_000)));
}

/// Where the fuzzer starts is answered as it wants everything to be.
#[test]
fn the_seeds_of_the_fuzzer_are_answered() {
    let seeds = std::fs::read_dir("fuzz/seeds").unwrap();
    let seeds: Vec<Vec<u8>> = seeds.map(|seed| std::fs::read(seed.unwrap().path()).unwrap()).collect();
    assert!(seeds.len() >= 7, "{}", seeds.len());
    seeds.iter().for_each(|seed| fuzzed::bytes(seed));
    // One that is accepted, and warned of.
    fuzzed::bytes(include_bytes!("ui/warnings.yml"));
}
