//! `castgate lsp`, spoken to as an editor does it.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const URI: &str = "file:///project/gateway.yml";

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

/// The next message; `None` when the server is gone.
fn message(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

struct Editor {
    child: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    next: i64,
}

impl Editor {
    /// Starts a server and shakes hands.
    fn new() -> Self {
        Self::with(&json!({"capabilities": {}, "processId": null, "rootUri": null}))
    }

    fn with(parameters: &Value) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_castgate"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, output) = channel();
        std::thread::spawn(move || {
            while let Some(message) = message(&mut stdout) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self { child, input, output, next: 0 };
        let answer = editor.ask("initialize", parameters.clone());
        assert_eq!(answer["capabilities"]["textDocumentSync"]["change"], 1);
        assert_eq!(answer["capabilities"]["hoverProvider"], true);
        editor.tell("initialized", json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn receive(&mut self) -> Value {
        self.output.recv_timeout(Duration::from_secs(60)).expect("a message of the server")
    }

    /// The whole answer: `result` or `error`.
    fn response(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let response = self.response(method, params);
        assert!(response.get("error").is_none(), "{response}");
        response["result"].clone()
    }

    /// The diagnostics that come next.
    fn problems(&mut self) -> Vec<Value> {
        let message = self.receive();
        assert_eq!(message["method"], "textDocument/publishDiagnostics");
        assert_eq!(message["params"]["uri"], URI);
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    /// Opens one of several texts.
    fn open_at(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change_at(&mut self, uri: &str, text: &str) {
        let changes = json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]});
        self.tell("textDocument/didChange", changes);
    }

    /// The codes that come next for a text.
    fn codes_at(&mut self, uri: &str) -> Vec<String> {
        let message = self.receive();
        assert_eq!(message["method"], "textDocument/publishDiagnostics");
        assert_eq!(message["params"]["uri"], uri);
        let problems = message["params"]["diagnostics"].as_array().unwrap();
        problems.iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
    }

    fn open(&mut self, text: &str) -> Vec<Value> {
        let document = json!({"uri": URI, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
        self.problems()
    }

    fn change(&mut self, text: &str) -> Vec<Value> {
        let changes = json!({"textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": text}]});
        self.tell("textDocument/didChange", changes);
        self.problems()
    }

    fn at(&mut self, method: &str, line: u32, character: u32) -> Value {
        let position = json!({"line": line, "character": character});
        self.ask(method, json!({"textDocument": {"uri": URI}, "position": position}))
    }

    /// Opens a text with the cursor at `^`; the labels of what is offered.
    fn offered(&mut self, text: &str) -> Vec<String> {
        let before = &text[..text.find('^').unwrap()];
        let line = before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        self.change(&text.replace('^', ""));
        let items = self.at("textDocument/completion", line as u32, column as u32);
        items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }

    fn quit(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

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
    let strategies = ["round-robin", "random", "least-connections"];
    assert_eq!(editor.offered("upstreams:\n  users:\n    strategy: r^"), strategies);
    assert_eq!(editor.offered("upstreams:\n  users: {strategy: ^}"), strategies);
    assert!(editor.offered("routes:\n  - methods: [GET, ^").contains(&"POST".to_owned()));
    let middleware = editor.offered("middleware:\n  rate_limit:\n    ^");
    assert_eq!(middleware, ["burst", "key", "max_keys", "rate"]);
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
    assert_eq!(editor.response("textDocument/rename", json!({}))["error"]["code"], -32601);
    assert_eq!(editor.response("textDocument/hover", json!({"nope": 1}))["error"]["code"], -32602);
    assert_eq!(editor.at("textDocument/hover", 0, 0), Value::Null, "not open");
    editor.open("\u{0}\u{1f600}: [\t{");
    editor.at("textDocument/completion", 99, 99);
    editor.quit();
}

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
    assert_eq!(editor.codes_at(&gateway), ["CG0209"], "nobody uses `people`");
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
    assert_eq!(editor.codes_at(&gateway), ["CG0209"]);
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
