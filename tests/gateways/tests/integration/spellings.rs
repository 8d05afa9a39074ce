//! However a path is spelled, it is the one that is guarded.

use std::collections::BTreeSet;

use castgate_test_support::Request;

use crate::testbed::{Testbed, assert_problem};

#[test]
fn an_escape_that_is_not_needed_gets_around_no_guard() {
    let bed = Testbed::new("gate");
    for spelling in ["/@secret", "/%40secret", "/%40%73ecret/x", "/%40secret;x=1", "/x/..//%40secret"] {
        assert_problem(&bed.get(&format!("/wide{spelling}")), 401, "auth_missing");
    }
    // What is forwarded stays as it came.
    for target in ["/wide/%40open%2B", "/wide/@open+"] {
        assert_eq!(bed.get(target).status, 200);
        assert_eq!(bed.a.requests().last().map(|request| request.target.clone()).as_deref(), Some(target));
    }
}

/// T16, the class of CVE-2026-40912 and CVE-2026-48020.
#[test]
fn no_spelling_of_a_path_gets_around_a_guard() {
    let bed = Testbed::new("middleware");
    let mut spellings = BTreeSet::new();
    for open in ["/public", "/limited", "/nowhere", ""] {
        for up in [
            "/..", "/%2e%2e", "/.%2e", "/%2E.", "/..;", "/..%00", "/..%2f", "/..%5c", "/..\\", "/.", "//",
            "/;/..",
        ] {
            for secret in [
                "/private",
                "/%70rivate",
                "/PRIVATE",
                "/private%20",
                "/private%00",
                "/private;x",
                "/private/.",
            ] {
                spellings.insert(format!("{open}{up}{secret}"));
            }
        }
    }
    for more in [
        "/private",
        "/%2fprivate",
        "//private",
        "///private",
        "/./private",
        "/\\private",
        "/private%2f..",
        "/public/../private?x",
        "http://a/private",
        "http://a//private",
    ] {
        spellings.insert(more.to_owned());
    }
    let mut client = bed.connect();
    for spelling in &spellings {
        let Ok(response) = client.exchange(&Request::get(spelling)) else {
            client = bed.connect();
            continue;
        };
        assert!(response.status != 500, "{spelling} answers 500");
        if !response.keeps_alive() {
            client = bed.connect();
        }
    }
    for request in bed.a.requests() {
        let target = request.target.to_ascii_lowercase();
        let reads_as_private = |path: &str| resolve(path).first().is_some_and(|segment| segment == "private");
        assert!(
            !reads_as_private(&target) && !reads_as_private(&decode(&target)),
            "{target} reached the backend"
        );
    }
}

/// What a lenient backend may make of a path: escapes decoded, `\` as `/`, parameters ignored, dots resolved.
fn resolve(path: &str) -> Vec<String> {
    let path = path.split('?').next().unwrap_or_default().replace('\\', "/");
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        match segment.split(';').next().unwrap_or_default().trim() {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name.to_owned()),
        }
    }
    segments
}

fn decode(path: &str) -> String {
    let mut decoded = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        match rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte as char);
                rest = &rest[at + 3..];
            }
            None => {
                decoded.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    decoded + rest
}

/// CVE-2025-24030: the built-in paths have one spelling.
#[test]
fn no_other_spelling_reaches_a_built_in_path() {
    let bed = Testbed::new("middleware");
    for target in [
        "//metrics",
        "/metrics/",
        "/metrics/x",
        "/%2fmetrics",
        "/METRICS",
        "/metrics;x",
        "/public/..;/metrics",
    ] {
        let response = bed.get(target);
        assert!(!response.text().contains("gateway_build_info"), "{target} shows the metrics");
    }
}
