//! What is offered besides keys and words, and what the server asks of the editor.

use crate::editor::Editor;
use serde_json::json;

#[test]
fn lints_parameters_and_header_names_are_offered() {
    let mut editor = Editor::new();
    editor.open("");
    let lints = editor.offered("routes:\n  - path: /\n    allow: [{lint: ^");
    assert!(lints.contains(&"route-without-auth".to_owned()), "{lints:?}");
    let text = "routes:\n  - path: /a/{id:uint}/{*rest}\n    rewrite: /b/{^\n";
    assert_eq!(editor.offered(text), ["{id}", "{*rest}"]);
    let text = "routes:\n  - path: /a/{id}\n    redirect: {to: \"https://a.com/{i^\n";
    assert_eq!(editor.offered(text), ["{id}"]);
    let fields = editor.offered("routes:\n  - headers:\n      ^");
    assert!(fields.contains(&"Cookie".to_owned()) && !fields.contains(&"Host".to_owned()), "{fields:?}");
    let fields = editor.offered("middleware:\n  auth:\n    api_keys:\n      header: ^\n");
    assert!(fields.contains(&"X-API-Key".to_owned()) && !fields.contains(&"Cookie".to_owned()), "{fields:?}");
    let fields = editor.offered("middleware:\n  response_headers:\n    set:\n      ^");
    assert!(fields.contains(&"X-Frame-Options".to_owned()), "{fields:?}");
    editor.quit();
}

#[test]
fn names_of_listeners_are_offered() {
    let mut editor = Editor::new();
    editor.open("");
    let config = "server: {listeners: {public: {address: 0.0.0.0:80}, internal: {address: 0.0.0.0:81}}}\n";
    for rest in [
        "routes:\n  - listener: ^",
        "routes:\n  - {path: /, listener: [public, ^",
        "tests:\n  - request: GET /\n    listener: ^",
    ] {
        let mut names = editor.offered(&format!("{config}{rest}"));
        names.sort();
        assert_eq!(names, ["internal", "public"], "{rest}");
    }
    editor.quit();
}

#[test]
fn what_has_to_be_there_is_offered_first() {
    let mut editor = Editor::new();
    editor.open("");
    assert_eq!(editor.offered("routes:\n  - ^")[0], "path");
    assert_eq!(editor.offered("tests:\n  - ^")[..2], ["expect", "request"]);
    editor.quit();
}

#[test]
fn files_to_include_are_offered() {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lsp include");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(directory.join("routes")).unwrap();
    for name in ["gateway.yml", "base.yml", "routes/users.yml", "routes/notes.txt"] {
        std::fs::write(directory.join(name), "").unwrap();
    }
    let uri = format!("file://{}/gateway.yml", directory.display()).replace(' ', "%20");
    let mut editor = Editor::new();
    editor.open_at(&uri, "include: ");
    let position = json!({"line": 0, "character": 9});
    let items =
        editor.ask("textDocument/completion", json!({"textDocument": {"uri": uri}, "position": position}));
    let labels: Vec<&str> =
        items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["base.yml", "routes/users.yml"]);
    editor.quit();
}

#[test]
fn the_editor_is_asked_to_watch_files_if_it_can() {
    let capabilities = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let mut editor = Editor::with(&json!({"capabilities": capabilities, "processId": null, "rootUri": null}));
    let request = editor.receive();
    assert_eq!(request["method"], "client/registerCapability");
    let registration = &request["params"]["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
    assert_eq!(registration["registerOptions"]["watchers"][0]["globPattern"], "**/*.yml");
    editor.open("");
    editor.quit();
}

#[test]
fn layers_are_looked_for_in_every_folder_of_the_editor() {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("lsp folders");
    let _ = std::fs::remove_dir_all(&directory);
    let uri = |name: &str| format!("file://{}", directory.join(name).display()).replace(' ', "%20");
    for name in ["one", "two"] {
        std::fs::create_dir_all(directory.join(name)).unwrap();
        std::fs::write(directory.join(name).join("gateway.yml"), "routes: [{path: /, respond: {}}]\n")
            .unwrap();
    }
    let folder = |name: &str| json!({"uri": uri(name), "name": name});
    let mut editor = Editor::with(&json!({
        "capabilities": {},
        "processId": null,
        "rootUri": null,
        "workspaceFolders": [folder("one")],
        "initializationOptions": {"config": "gateway.yml:layer.yml"},
    }));
    // A layer alone has no routes; with the config of its folder it is whole.
    let layer = "server: {workers: 2}\n";
    let (first, second) = (uri("one/layer.yml"), uri("two/layer.yml"));
    editor.open_at(&first, layer);
    assert!(editor.codes_at(&first).is_empty());
    editor.open_at(&second, layer);
    assert_eq!(editor.codes_at(&second), ["CG0201"], "not a folder of the editor's yet");
    let event = json!({"event": {"added": [folder("two")], "removed": []}});
    editor.tell("workspace/didChangeWorkspaceFolders", event);
    assert!(editor.codes_at(&second).is_empty());
    editor.quit();
}
