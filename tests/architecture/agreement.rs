//! What compiler and runtime each say of the same thing is the same, where no type can hold one against the other.

use super::{code, read, sources};
use std::collections::BTreeSet;

/// The texts in quotes of a source's code that begin so.
fn quoted<'a>(source: &'a str, begin: &'a str) -> impl Iterator<Item = String> + 'a {
    let texts = code(source).flat_map(|line| line.split('"').skip(1).step_by(2));
    texts.filter(move |text| text.starts_with(begin)).map(str::to_owned)
}

/// The number between a text and what ends it.
fn number(source: &str, before: &str, end: char) -> usize {
    let (_, rest) = source.split_once(before).unwrap_or_else(|| panic!("no `{before}`"));
    rest.split(end).next().unwrap().trim().parse().unwrap()
}

/// A family that the bound of `castgate report` and `max_series` leaves out would make it no bound.
#[test]
fn the_compiler_bounds_every_series_of_the_runtime() {
    let families = |path: &str| quoted(&read(path), "gateway_").collect::<BTreeSet<_>>();
    let bounds = "codegen/src/budget/series.rs";
    // A door has series of its own.
    let mut collected = families("src/admin/collector.rs");
    collected.extend(families("src/door/tls/kept.rs"));
    assert!(collected.len() >= 13, "{collected:?}");
    assert_eq!(families(bounds), collected);
    let of_middleware = |room: &str| -> BTreeSet<String> {
        sources(room).iter().flat_map(|(_, source)| quoted(source, "gateway_").collect::<Vec<_>>()).collect()
    };
    assert_eq!(of_middleware("codegen/src/middleware"), of_middleware("src/middleware"));

    let (bounds, shard, metrics) =
        (read(bounds), read("src/observe/metrics/shard.rs"), read("src/observe/metrics.rs"));
    let statuses = number(&shard, "const STATUSES: [u16; ", ']');
    assert_eq!(number(&bounds, "const STATUSES: u64 = ", ';'), statuses + 1, "and one for all others");
    let buckets = number(&metrics, "const BUCKETS: [f64; ", ']');
    assert_eq!(number(&bounds, "const HISTOGRAM: u64 = ", ';'), buckets + 3, "`+Inf`, sum and count");
    let process = quoted(&read("src/admin/process.rs"), "process_").collect::<BTreeSet<_>>();
    assert_eq!(number(&bounds, "const PROCESS: u64 = ", ';'), process.len(), "{process:?}");
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
