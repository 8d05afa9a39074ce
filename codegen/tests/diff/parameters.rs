//! A parameter is a place of the path or the host; its name is nobody's business.

use super::model;
use castgate_codegen::diff::diff;

/// The texts in which `{a}` and `{b}` may stand, beside the template of a rewrite and of a redirect.
const USES: [&str; 6] = [
    "respond: {body: '{a}'}",
    "respond: {headers: {x-a: '{a}'}}",
    "upstream: u, middleware: {request_headers: {set: {x-a: '{a}'}}}",
    "upstream: u, middleware: {response_headers: {add: {x-a: '{a}'}}}",
    "upstream: u, middleware: {rate_limit: {rate: 1/s, key: '{a}'}}",
    "upstream: u, middleware: {error_pages: {5xx: {body: '{a}'}}}",
];

/// A route, and the change to another one with other names.
fn change(condition: &str, renamed: &str, of: &str, to: &str) -> String {
    let of_route = |condition: &str, target: &str| {
        let other = "{path: /other, upstream: u}";
        model(&format!(
            "upstreams: {{u: {{backends: ['http://a']}}}}\n\
             routes: [{{name: r, {condition}, match: exact, {target}}}, {other}]\n"
        ))
    };
    diff(&of_route(condition, of), &of_route(renamed, to)).text()
}

#[test]
fn a_name_that_is_another_segment_is_a_change() {
    for uses in USES {
        for (old, new, place) in [
            ("path: '/x/{a}/{b}'", "path: '/x/{b}/{a}'", "{a} is segment 2 -> "),
            (
                "host: '{a}.a.com', path: '/{b}'",
                "host: '{b}.a.com', path: '/{a}'",
                "{a} is the label of the host",
            ),
        ] {
            let text = change(old, new, uses, uses);
            assert!(text.contains("-changed") && text.contains(place), "{uses} {old} -> {new}: {text}");
        }
    }
}

#[test]
fn another_name_of_a_segment_is_none() {
    for uses in USES {
        for (old, new) in [
            ("path: '/x/{a}/{b}'", "path: '/x/{b}/{a}'"),
            ("host: '{a}.a.com', path: '/{b}'", "host: '{b}.a.com', path: '/{a}'"),
        ] {
            let text = change(old, new, uses, &uses.replace("{a}", "{b}"));
            assert_eq!(text, "no change of behaviour\n", "{uses} {old} -> {new}");
        }
    }
}
