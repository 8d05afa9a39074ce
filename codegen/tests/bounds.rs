//! Files that are made to be large: each is answered soon, and in memory that its own size bounds.
//!
//! All the memory that is asked for is counted, given back or not, so that the peak is less. One test after the other,
//! because the allocator counts for the whole process.

use castgate_codegen::{Diagnostics, Source, Style, compile};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Many times what any of these takes, in a debug build on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// All that may be asked for, given back or not.
const MOST_BYTES: usize = 1 << 30;

/// The words that the report must have; `None` for a file that is right.
type Expected = Option<&'static str>;

fn many(count: usize, entry: impl Fn(usize) -> String) -> String {
    (0..count).map(entry).collect()
}

/// `routes:` with one route that has these keys besides.
fn route(keys: &str) -> String {
    format!("routes: [{{path: /, respond: {{}}, {keys}}}]\n")
}

fn files() -> Vec<(&'static str, String, Expected)> {
    let laughs = many(9, |level| {
        let (name, before) = (char::from(b'b' + level as u8), char::from(b'a' + level as u8));
        format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(","))
    });
    let million = 1_000_000_usize;
    vec![
        ("a billion laughs", format!("a: &a [x,x,x,x,x,x,x,x,x]\n{laughs}"), Some("CG0107")),
        ("a million aliases", format!("a: &a x\nb: [{}]", "*a,".repeat(million)), Some("CG0107")),
        ("half a million anchors", format!("b: [{}]", "&a x,".repeat(million / 2)), Some("CG0107")),
        ("lists in lists, on one line", "[".repeat(10_000), Some("CG0101")),
        ("maps in maps, on one line", "{a: ".repeat(10_000), Some("CG0101")),
        ("lists in lists, in blocks", "- ".repeat(10_000), Some("CG0101")),
        ("maps in maps, in blocks", many(2000, |level| format!("{}a:\n", " ".repeat(level))), Some("CG0101")),
        (
            "ten megabytes in one scalar",
            route(&format!("name: \"{}\"", "x".repeat(10 * million))),
            Some("CG0002"),
        ),
        (
            "four megabytes in a body",
            format!("routes: [{{path: /, respond: {{body: {}}}}}]", "x".repeat(4 * million)),
            None,
        ),
        ("four megabytes in a name", route(&format!("name: {}", "x".repeat(4 * million))), Some("CG0206")),
        ("a million numbers in a list", "- 1\n".repeat(million), Some("CG0002")),
        ("a million numbers for routes", format!("routes: [{}]", "1,".repeat(million)), Some("CG0002")),
        (
            "ten thousand hosts that are redirected to others",
            format!(
                "routes: [{}]",
                many(10_000, |n| format!("{{host: a{n}.com, path: /, redirect: {{host: b{n}.com}}}},"))
            ),
            None,
        ),
        ("a million empty routes", format!("routes: [{}]", "{},".repeat(million)), Some("CG0002")),
        ("thirty thousand empty routes", format!("routes: [{}]", "{},".repeat(million / 30)), Some("CG0201")),
        (
            "backends that are none",
            format!("routes: [{{path: /, backends: [{}]}}]", "a,".repeat(100_000)),
            Some("CG0211"),
        ),
        ("a key of megabytes", format!("{}: 1\n", "k".repeat(3 * million)), Some("CG0101")),
        ("a quoted key of a megabyte", format!("? \"{}\"\n: 1\n", "k".repeat(million)), Some("CG0104")),
        (
            "a header of a megabyte",
            route(&format!("headers: {{? \"{}\" : v}}", "k".repeat(million))),
            Some("CG0217"),
        ),
        (
            "a key of a megabyte around many others",
            format!(
                "upstreams: {{? {} : {{{}}}}}",
                "k".repeat(million),
                many(100_000, |n| format!("a{n}: 1,"))
            ),
            Some("CG0002"),
        ),
        (
            "long keys in each other, around many others",
            format!(
                "{}{}: {{{}",
                many(60, |level| format!("{}{}:\n", " ".repeat(level), "k".repeat(1000))),
                " ".repeat(60) + "a",
                many(100_000, |n| format!("a{n}: 1,"))
            ),
            Some("CG0002"),
        ),
        ("keys that nobody knows", many(100_000, |number| format!("key{number}: 1\n")), Some("CG0104")),
        ("one key again and again", "a: 1\n".repeat(200_000), Some("CG0103")),
        (
            "a route with many headers",
            route(&format!("headers: {{{}}}", many(20_000, |n| format!("h{n}: v,")))),
            None,
        ),
        (
            "pairs of routes that tie",
            format!(
                "routes: [{}]",
                many(1500, |n| format!("{{path: /a, headers: {{x{n}: v}}, respond: {{}}}},"))
            ),
            Some("CG0308"),
        ),
        (
            "routes of many names, of which no two tie",
            format!(
                "routes: [{}]",
                many(10_000, |n| format!("{{path: /a, headers: {{a: v{n}, x{n}: v}}, respond: {{}}}},"))
            ),
            None,
        ),
        ("documents", "---\n".repeat(million), Some("CG0109")),
        ("comments", "#\n".repeat(2 * million), Some("CG0004")),
        (
            "a header of many parts",
            format!("routes: [{{path: /, respond: {{headers: {{a: \"{}\"}}}}}}]", "${env:A}".repeat(10_000)),
            None,
        ),
    ]
}

#[test]
fn large_files_are_answered_soon_and_in_bounded_memory() {
    for (what, text, expected) in files() {
        let mut source = Source::new("gateway.yml", text);
        let (begin, region) = (Instant::now(), Region::new(ALLOCATOR));
        let mut sink = Diagnostics::new();
        let result = compile(&mut source, &mut sink);
        let report = sink.render(&source, Style::Plain);
        let used = region.change();
        let bytes = used.bytes_allocated + usize::try_from(used.bytes_reallocated).unwrap_or(0);
        let took = begin.elapsed();
        println!(
            "{what}: {} KiB, {took:?}, {} MiB, {} bytes of report",
            source.text().len() >> 10,
            bytes >> 20,
            report.len()
        );
        match expected {
            None => assert!(result.is_ok(), "{what}: {}", report.chars().take(2000).collect::<String>()),
            Some(code) => {
                assert!(result.is_err(), "{what}");
                assert!(report.contains(code), "{what}: {}", report.chars().take(2000).collect::<String>());
            }
        }
        assert!(bytes < MOST_BYTES, "{what} took {} MiB", bytes >> 20);
        assert!(took < LONG, "{what} took {took:?}");
    }
}
