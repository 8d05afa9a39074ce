//! Ways through a config: its outline, where names are used, their change, links and lenses.

use crate::editor::{Editor, URI};
use serde_json::{Value, json};

const TEXT: &str = "\
include: [routes.yml, 'more/*.yml']
upstreams:
  users: {backends: ['http://localhost:9001']}
routes:
  - name: list
    path: /users
    upstream: users
  - {host: a.com, path: /orders, upstream: \"users\"}
tests:
  - request: GET /users
    expect: {route: list, upstream: users}
";

/// Without what it includes, which is not there.
fn alone() -> String {
    TEXT.lines().skip(1).map(|line| format!("{line}\n")).collect()
}

fn starts(locations: &Value) -> Vec<(u64, u64)> {
    let start = |location: &Value| {
        let start = &location["range"]["start"];
        (start["line"].as_u64().unwrap(), start["character"].as_u64().unwrap())
    };
    locations.as_array().unwrap().iter().map(start).collect()
}

#[test]
fn the_outline_has_sections_and_what_is_in_them() {
    let mut editor = Editor::new();
    editor.open(TEXT);
    let symbols = editor.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    let names = |symbols: &Value| -> Vec<String> {
        let all = symbols.as_array().into_iter().flatten();
        all.map(|symbol| symbol["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&symbols), ["include", "upstreams", "routes", "tests"]);
    assert_eq!(names(&symbols[1]["children"]), ["users"]);
    assert_eq!(names(&symbols[2]["children"]), ["list", "a.com/orders"]);
    assert_eq!(names(&symbols[3]["children"]), ["GET /users"]);
    let route = &symbols[2]["children"][0];
    assert_eq!((&route["range"]["start"]["line"], &route["range"]["end"]["line"]), (&json!(4), &json!(6)));
    editor.change(": [\t{");
    editor.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    editor.quit();
}

#[test]
fn a_name_is_found_wherever_it_is_used() {
    let mut editor = Editor::new();
    assert!(editor.open(&alone()).is_empty());
    let ask = |editor: &mut Editor, line, character, declaration| {
        let position = json!({"line": line, "character": character});
        let context = json!({"includeDeclaration": declaration});
        let params = json!({"textDocument": {"uri": URI}, "position": position, "context": context});
        editor.ask("textDocument/references", params)
    };
    let everywhere = [(1, 2), (5, 14), (6, 43), (9, 36)];
    assert_eq!(starts(&ask(&mut editor, 1, 3, true)), everywhere);
    assert_eq!(starts(&ask(&mut editor, 6, 45, true)), everywhere, "from a use of it");
    assert_eq!(starts(&ask(&mut editor, 5, 15, false)), everywhere[1..]);
    assert_eq!(starts(&ask(&mut editor, 3, 11, true)), [(3, 10), (9, 20)]);
    assert_eq!(ask(&mut editor, 4, 12, true), Value::Null, "a path is no name");
    editor.quit();
}

#[test]
fn a_name_is_changed_wherever_it_is_used() {
    let mut editor = Editor::new();
    assert!(editor.open(&alone()).is_empty());
    let at = json!({"line": 5, "character": 15});
    let prepared = editor.at("textDocument/prepareRename", 5, 15);
    assert_eq!(prepared["placeholder"], "users");
    let rename = |name: &str| json!({"textDocument": {"uri": URI}, "position": at, "newName": name});
    let edit = editor.ask("textDocument/rename", rename("people: all"));
    let mut edits: Vec<Value> = edit["changes"][URI].as_array().unwrap().clone();
    assert_eq!(edits.len(), 4);
    // Applied from the end, the result is right and uses the new name.
    edits.sort_by_key(|edit| edit["range"]["start"]["line"].as_u64());
    let mut lines: Vec<String> = alone().lines().map(str::to_owned).collect();
    for edit in edits {
        let place = |end: &str| {
            let position = &edit["range"][end];
            (position["line"].as_u64().unwrap() as usize, position["character"].as_u64().unwrap() as usize)
        };
        let ((line, from), (_, to)) = (place("start"), place("end"));
        lines[line].replace_range(from..to, edit["newText"].as_str().unwrap());
    }
    let text = lines.join("\n") + "\n";
    assert!(text.contains("upstream: \"people: all\""), "{text}");
    assert!(editor.change(&text).is_empty(), "{text}");
    editor.change(&alone());
    assert!(editor.response("textDocument/rename", rename("a\"b"))["error"]["message"].is_string());
    assert!(editor.response("textDocument/rename", rename(""))["error"]["message"].is_string());
    // An upstream that is written in place has its route's name.
    let place = "  - {name: place, path: /place, backends: ['http://localhost:9003']}\ntests:";
    assert!(editor.change(&alone().replace("tests:", place)).is_empty());
    let taken = editor.response("textDocument/rename", rename("place"));
    assert_eq!(taken["error"]["message"], "there is a `place` already", "{taken}");
    editor.quit();
}

#[test]
fn included_files_are_links() {
    let mut editor = Editor::new();
    editor.open(TEXT);
    let links = editor.ask("textDocument/documentLink", json!({"textDocument": {"uri": URI}}));
    assert_eq!(links.as_array().unwrap().len(), 1, "a pattern is none: {links}");
    assert_eq!(links[0]["target"], "file:///project/routes.yml");
    assert_eq!(links[0]["range"]["start"], json!({"line": 0, "character": 10}));
    editor.quit();
}

#[test]
fn each_test_says_what_it_comes_to() {
    let mut editor = Editor::new();
    assert!(editor.open(&alone()).is_empty());
    let params = json!({"textDocument": {"uri": URI}});
    let lenses = editor.ask("textDocument/codeLens", params.clone());
    assert_eq!(lenses.as_array().unwrap().len(), 1);
    assert_eq!(lenses[0]["command"]["title"], "ok: list users /users");
    assert_eq!(lenses[0]["range"]["start"]["line"], 8);
    editor.change(&alone().replace("route: list", "route: nobody"));
    assert_eq!(editor.ask("textDocument/codeLens", params), json!([]), "a test that fails is a diagnostic");
    editor.quit();
}
