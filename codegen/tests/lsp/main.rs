//! `castgate lsp`, spoken to as an editor does it: here about one text, in `files.rs` about several.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod editor;
mod edits;
mod files;
mod navigation;
mod offers;
mod wire;

use editor::{Editor, URI};
use serde_json::{Value, json};

const BAD: &str = "\
upstreams:
  users: {backends: ['http://localhost:9001']}
routes:
  - path: /users
    upstream: userz
  - path: /orders
    upstream: users
    timout: 5s
";

#[test]
fn problems_come_and_go_with_the_text() {
    let mut editor = Editor::new();
    let problems = editor.open(BAD);
    let codes: Vec<&str> = problems.iter().map(|problem| problem["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["CG0203", "CG0104"]);
    assert_eq!(problems[0]["severity"], 1);
    assert_eq!(problems[0]["source"], "castgate");
    let place = json!({"start": {"line": 4, "character": 14}, "end": {"line": 4, "character": 19}});
    assert_eq!(problems[0]["range"], place);
    assert!(editor.change(&BAD.replace("userz", "users").replace("timout", "timeout")).is_empty());
    assert_eq!(editor.change("routes: [\n")[0]["code"], "CG0101", "no YAML at all");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": URI}}));
    assert!(editor.problems().is_empty());
    editor.quit();
}

#[test]
fn suggested_edits_are_actions() {
    let mut editor = Editor::new();
    let range = editor.open(BAD)[0]["range"].clone();
    let context = json!({"diagnostics": []});
    let params = json!({"textDocument": {"uri": URI}, "range": range, "context": context});
    let actions = editor.ask("textDocument/codeAction", params);
    assert_eq!(actions.as_array().unwrap().len(), 1, "only of this line: {actions}");
    assert_eq!(actions[0]["kind"], "quickfix");
    assert_eq!(actions[0]["edit"]["changes"][URI], json!([{"range": range, "newText": "users"}]));
    assert_eq!(actions[0]["diagnostics"][0]["code"], "CG0203");
    editor.quit();
}

#[test]
fn hover_is_the_reference() {
    let mut editor = Editor::new();
    editor.open(BAD);
    let hover = editor.at("textDocument/hover", 4, 6);
    assert_eq!(hover["contents"]["value"], "Forward to this upstream. Example: `users`.");
    assert_eq!(hover["range"]["start"], json!({"line": 4, "character": 4}));
    let hover = editor.at("textDocument/hover", 1, 14);
    assert!(hover["contents"]["value"].as_str().unwrap().starts_with("At least one: a URL"), "{hover}");
    assert_eq!(editor.at("textDocument/hover", 7, 6), Value::Null, "no key of the language");
    editor.change("routes:\n  - path: [\n    match: exact\n");
    let hover = editor.at("textDocument/hover", 1, 6);
    assert!(
        hover["contents"]["value"].as_str().unwrap().starts_with("The path pattern"),
        "no YAML, but help"
    );
    editor.quit();
}

#[test]
fn keys_words_and_names_are_offered() {
    let mut editor = Editor::new();
    editor.open("");
    assert!(editor.offered("^").contains(&"upstreams".to_owned()));
    let keys = editor.offered("routes:\n  - path: /\n    ^");
    assert!(keys.contains(&"timeout".to_owned()) && !keys.contains(&"path".to_owned()), "{keys:?}");
    let keys = editor.offered("server:\n  limits: {bo^");
    assert!(keys.contains(&"body".to_owned()), "{keys:?}");
    assert_eq!(editor.offered("routes:\n  - match: ^\n"), ["prefix", "exact"]);
    let text = "upstreams:\n  users: {}\n  orders: {}\nroutes:\n  - path: /\n    upstream: ^\n";
    assert_eq!(editor.offered(text), ["users", "orders"]);
    let words = ["preserve", "backend"];
    assert_eq!(editor.offered("upstreams:\n  users:\n    host_header: r^"), words);
    assert_eq!(editor.offered("upstreams:\n  users: {host_header: ^}"), words);
    assert!(editor.offered("routes:\n  - methods: [GET, ^").contains(&"POST".to_owned()));
    let middleware = editor.offered("middleware:\n  rate_limit:\n    ^");
    assert_eq!(middleware, ["rate", "burst", "key", "max_keys"], "what has to be there goes first");
    // Of a section and of an entry of a list it is the same.
    assert_eq!(editor.offered("middleware:\n  rate_limit:\n    - ^"), middleware);
    assert_eq!(editor.offered("routes:\n  - middleware: {rate_limit: [{rate: 1/s}, {^"), middleware);
    let switch = editor.offered("routes:\n  - middleware: {auth: ^");
    assert!(switch.contains(&"off".to_owned()), "{switch:?}");
    editor.quit();
}

#[test]
fn from_a_route_to_its_upstream() {
    let mut editor = Editor::new();
    editor.open(BAD);
    let place = editor.at("textDocument/definition", 6, 16);
    assert_eq!(place["uri"], URI);
    assert_eq!(place["range"]["start"], json!({"line": 1, "character": 2}));
    assert_eq!(editor.at("textDocument/definition", 4, 16), Value::Null, "no such upstream");
    editor.quit();
}

#[test]
fn what_it_does_not_know_is_an_error_and_not_the_end() {
    let mut editor = Editor::new();
    assert_eq!(editor.response("textDocument/formatting", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.response("textDocument/hover", json!({"nope": 1}))["error"]["code"], -32602);
    assert_eq!(editor.at("textDocument/hover", 0, 0), Value::Null, "not open");
    editor.open("\u{0}\u{1f600}: [\t{");
    editor.at("textDocument/completion", 99, 99);
    editor.quit();
}
