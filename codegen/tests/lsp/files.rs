//! A config of several files in an editor: which of them are open, and which belong together.

use crate::editor::Editor;
use serde_json::json;

/// A config of several files on the disk; the URIs of `gateway.yml` and `routes/users.yml`.
fn files(name: &str) -> (String, String) {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lsp files").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(directory.join("routes")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.join(name), text).unwrap();
    write(
        "gateway.yml",
        "include: routes/*.yml\nupstreams:\n  users: {backends: ['http://localhost:9001']}\n",
    );
    write("routes/users.yml", "routes:\n  - {name: users, path: /users, upstream: users}\n");
    write("layer.yml", "upstreams:\n  users: {timeouts: {connect: 1s}}\n");
    let uri = |name: &str| format!("file://{}", directory.join(name).display()).replace(' ', "%20");
    (uri("gateway.yml"), uri("routes/users.yml"))
}

#[test]
fn an_included_text_is_seen_with_the_config_that_it_is_part_of() {
    let (gateway, users) = files("part");
    let mut editor = Editor::new();
    editor.open_at(&users, "routes:\n  - {name: users, path: /users, upstream: userz}\n");
    assert_eq!(editor.codes_at(&users), ["CG0203"], "its upstreams are in the other file");

    let range = json!({"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 9}});
    let params = json!({"textDocument": {"uri": users}, "range": range, "context": {"diagnostics": []}});
    let actions = editor.ask("textDocument/codeAction", params);
    assert_eq!(actions[0]["edit"]["changes"][&users][0]["newText"], "users");

    editor.change_at(&users, "routes:\n  - {name: users, path: /users, upstream: users}\n");
    assert!(editor.codes_at(&users).is_empty());
    let at = json!({"textDocument": {"uri": users}, "position": {"line": 1, "character": 45}});
    let place = editor.ask("textDocument/definition", at.clone());
    assert_eq!(place["uri"], *gateway);
    assert_eq!(place["range"]["start"], json!({"line": 2, "character": 2}));
    let offered = editor.ask("textDocument/completion", at);
    assert_eq!(offered[0]["label"], "users");
    editor.quit();
}

#[test]
fn a_change_in_one_text_is_seen_in_the_others() {
    let (gateway, users) = files("change");
    let mut editor = Editor::new();
    editor.open_at(&users, "routes:\n  - {name: users, path: /users, upstream: users}\n");
    assert!(editor.codes_at(&users).is_empty());
    let text = "include: routes/*.yml\nupstreams:\n  people: {backends: ['http://localhost:9001']}\n";
    editor.open_at(&gateway, text);
    assert!(editor.codes_at(&gateway).is_empty(), "`people` may be what is meant");
    assert_eq!(editor.codes_at(&users), ["CG0203"], "and nobody is `users`: the text counts, not the disk");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": gateway}}));
    assert!(editor.codes_at(&gateway).is_empty());
    assert!(editor.codes_at(&users).is_empty(), "the disk has it right");
    editor.quit();
}

#[test]
fn problems_of_files_that_are_not_open_are_seen_too() {
    let (gateway, users) = files("closed");
    let mut editor = Editor::new();
    let text = "include: routes/*.yml\nupstreams:\n  people: {backends: ['http://localhost:9001']}\n";
    editor.open_at(&gateway, text);
    assert!(editor.codes_at(&gateway).is_empty());
    assert_eq!(editor.codes_at(&users), ["CG0203"], "nobody has it open");
    editor.change_at(&gateway, &text.replace("people", "users"));
    assert!(editor.codes_at(&gateway).is_empty());
    assert!(editor.codes_at(&users).is_empty(), "what is mended is taken back");

    // Somebody else writes a file; the editor says that something is new.
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lsp files").join("closed");
    std::fs::write(directory.join("routes/users.yml"), "routes: []\n").unwrap();
    editor.tell("workspace/didChangeWatchedFiles", json!({"changes": []}));
    let message = editor.receive();
    let codes = message["params"]["diagnostics"].as_array().unwrap();
    assert!(codes.iter().any(|problem| problem["code"] == "CG0201"), "{message}");
    editor.quit();
}

#[test]
fn a_layer_that_is_missing_is_said_so() {
    let (gateway, _) = files("missing");
    let root = gateway.replace("/gateway.yml", "");
    let mut editor = Editor::with(&json!({
        "capabilities": {},
        "processId": null,
        "rootUri": root,
        "initializationOptions": {"config": "gateway.yml:nowhere.yml"},
    }));
    editor.open_at(&gateway, "routes: [{path: /, respond: {}}]\n");
    assert_eq!(editor.codes_at(&gateway), ["CG0001"]);
    editor.quit();
}

#[test]
fn a_config_of_another_name_counts_while_it_is_open() {
    let (gateway, _) = files("named");
    let (api, users) =
        (gateway.replace("gateway.yml", "api.yml"), gateway.replace("gateway.yml", "users.yml"));
    let mut editor = Editor::new();
    let text = "routes:\n  - {name: users, path: /users, upstream: users}\n";
    editor.open_at(&users, text);
    assert_eq!(editor.codes_at(&users), ["CG0203"], "alone it has no upstreams");
    editor.open_at(&api, "upstreams:\n  users: {backends: ['http://localhost:9001']}\n");
    assert!(!editor.codes_at(&api).is_empty(), "nothing is included yet");
    let path = users.rsplit_once('/').unwrap().1;
    let text = format!("include: {path}\nupstreams:\n  users: {{backends: ['http://localhost:9001']}}\n");
    editor.change_at(&api, &text);
    // The file is not on the disk, so the config is not whole; then it is.
    assert_eq!(editor.codes_at(&api), ["CG0005"]);
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lsp files").join("named");
    std::fs::write(directory.join("users.yml"), "routes: []\n").unwrap();
    editor.change_at(&api, &text);
    assert!(editor.codes_at(&api).is_empty());
    assert!(editor.codes_at(&users).is_empty(), "it is part of api.yml");
    editor.quit();
}

#[test]
fn the_editor_may_name_the_layers() {
    let (gateway, _) = files("layers");
    let layer = gateway.replace("gateway.yml", "layer.yml");
    let root = gateway.replace("/gateway.yml", "");
    let mut alone = Editor::new();
    alone.open_at(&layer, "upstreams:\n  users: {timeouts: {connect: 1}}\n");
    assert!(alone.codes_at(&layer).contains(&"CG0201".to_owned()), "no routes in this file alone");
    alone.quit();

    let mut editor = Editor::with(&json!({
        "capabilities": {},
        "processId": null,
        "rootUri": null,
        "workspaceFolders": [{"uri": root, "name": "layers"}],
        "initializationOptions": {"config": "gateway.yml:layer.yml"},
    }));
    editor.open_at(&layer, "upstreams:\n  users: {timeouts: {connect: 1}}\n");
    assert_eq!(editor.codes_at(&layer), ["CG0202"], "a missing unit, and nothing else");
    editor.quit();
}
