//! What is found in texts which are right, and in those which are not yet.

use super::*;

fn shown(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Key(key) if text.is_empty() => key.clone(),
        Step::Key(key) => format!("{text}.{key}"),
        Step::Index(index) => format!("{text}[{index}]"),
    })
}

fn entries(text: &str) -> Vec<String> {
    let value =
        |entry: &Entry| entry.value.clone().map(|span| format!("={}", &text[span])).unwrap_or_default();
    scan(text).entries.iter().map(|entry| shown(&entry.path) + &value(entry)).collect()
}

#[test]
fn block_and_flow_are_found() {
    let text = "server: {limits: {body: 1MiB}, listen: [a, \"b:1\"]}\n# x: y\nroutes:\n- path: /a # why\n  methods:\n    - GET\n  \
                respond:\n    body: |\n      k: v\n    status: 200\n-   name: b\n    headers: {\n      x: y,\n    }\n    path: /b\n";
    let expected = [
        "server",
        "server.limits",
        "server.limits.body=1MiB",
        "server.listen",
        "server.listen[0]=a",
        "server.listen[1]=\"b:1\"",
        "routes",
        "routes[0].path=/a",
        "routes[0].methods",
        "routes[0].methods[0]=GET",
        "routes[0].respond",
        "routes[0].respond.body",
        "routes[0].respond.status=200",
        "routes[1].name=b",
        "routes[1].headers",
        "routes[1].headers.x=y",
        "routes[1].path=/b",
    ];
    assert_eq!(entries(text), expected);
}

#[test]
fn where_the_text_ends_is_what_is_typed_next() {
    for (text, path, is_value, word) in [
        ("", "", false, ""),
        ("ser", "", false, "ser"),
        ("server:\n  li", "server", false, "li"),
        ("server:\n  limits:\n    body: 1MiB\n  ", "server", false, ""),
        ("server: {limits: {bo", "server.limits", false, "bo"),
        ("server: {limits: {body: 1", "server.limits.body", true, "1"),
        ("routes:\n  - path: /\n    upstream: us", "routes[0].upstream", true, "us"),
        ("routes:\n  - path: /\n    upstream: ", "routes[0].upstream", true, ""),
        ("routes:\n  - path: /\n  - ", "routes[1]", false, ""),
        ("routes:\n  - path: /\n    methods: [GET, PO", "routes[0].methods[1]", true, "PO"),
        ("routes:\n  - path: /\n    methods:\n      - PO", "routes[0].methods[0]", false, "PO"),
    ] {
        let end = scan(text).end;
        assert_eq!(
            (shown(&end.path).as_str(), end.is_value, &text[end.start..]),
            (path, is_value, word),
            "{text:?}"
        );
    }
}

#[test]
fn a_bracket_that_is_not_closed_ends_at_the_next_section() {
    assert_eq!(entries("a: {b: 1\nroutes:\n  - path: /x\n"), ["a", "a.b", "routes", "routes[0].path=/x"]);
}

proptest::proptest! {
    #[test]
    fn nothing_is_too_broken(text in "[ \\-:{}\\[\\],#\"'\n|a\u{e4}]{0,60}") {
        for entry in scan(&text).entries {
            for span in [entry.key, entry.value].into_iter().flatten() {
                proptest::prop_assert!(text.get(span).is_some());
            }
        }
        proptest::prop_assert!(text.get(scan(&text).end.start..).is_some());
    }
}
