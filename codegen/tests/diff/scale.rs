//! Many routes, with twins and without.

use super::model;
use castgate_codegen::diff::{Diff, diff};
use castgate_codegen::model::Model;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Unoptimised; what is quadratic in all routes would take many minutes.
const LONG: Duration = Duration::from_secs(60);

/// The whole difference, which is computed in no time; who else is on the machine does not count.
fn soon(old: &Model, new: &Model) -> Diff {
    let processor_time = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let start = processor_time();
    let diff = diff(old, new);
    let took = processor_time() - start;
    assert!(diff.is_complete && took < LONG, "{took:?}");
    diff
}

#[test]
fn thousands_of_routes_are_compared_in_no_time() {
    let config = |rate: &str, host: &str| {
        let mut text = format!("middleware: {{rate_limit: {{rate: {rate}}}}}\nroutes:\n");
        for index in 0..2000 {
            let (a, b) = (index / 50, index % 50);
            text.push_str(&format!(
                "  - {{name: r{index}, path: '/s{a}/{{id}}/v{b}'{host}, respond: {{}}}}\n"
            ));
        }
        text + "  - {name: rest, path: /, respond: {}}\n"
    };
    let old = model(&config("5/s", ""));
    for (new, kinds) in [
        // Every route has its twin.
        (config("6/s", ""), &["rate-limit-changed", "rate-limit-loosened"][..]),
        // None but the last has.
        (config("5/s", ", host: a.com"), &["route-changed"]),
    ] {
        let diff = soon(&old, &model(&new));
        assert_eq!(diff.kinds().into_iter().collect::<Vec<_>>(), kinds);
    }
}

/// Each of one half meets each of the other, and none of them is in both configs.
#[test]
fn routes_that_all_overlap_are_compared_in_bounded_time() {
    let config = |name: &str| {
        let one = |number| format!("  - {{path: '/{{x}}/{name}{number}', match: exact, respond: {{}}}}\n");
        let other = |number| format!("  - {{path: '/{name}{number}/{{x}}', match: exact, respond: {{}}}}\n");
        "routes:\n".to_owned() + &(0..80).map(|number| one(number) + &other(number)).collect::<String>()
    };
    let diff = soon(&model(&config("a")), &model(&config("b")));
    assert!(["route-added", "route-removed", "route-changed"].iter().all(|kind| diff.kinds().contains(kind)));
}
