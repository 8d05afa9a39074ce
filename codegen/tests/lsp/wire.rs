//! What an editor may send faster, longer, or worse than it should.

use crate::editor::{Editor, URI};
use serde_json::{Value, json};

fn framed(method: &str, params: &Value) -> String {
    let body = json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn of_texts_that_come_fast_only_the_newest_is_looked_at() {
    let mut text = String::from("routes:\n");
    for index in 0..2000 {
        text.push_str(&format!("  - {{path: /r{index}, respond: {{}}}}\n"));
    }
    let mut editor = Editor::new();
    assert!(editor.open(&text).is_empty());
    const KEYSTROKES: usize = 15;
    // All at once: each takes the server far longer to look at than to read.
    let mut input = String::new();
    for version in 2..2 + KEYSTROKES {
        text.push('x');
        let params =
            json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": [{"text": text}]});
        input.push_str(&framed("textDocument/didChange", &params));
    }
    editor.write(input.as_bytes());
    let mut publications = 0;
    loop {
        let message = editor.receive();
        publications += 1;
        if message["params"]["version"] == 1 + KEYSTROKES {
            assert_eq!(message["params"]["diagnostics"][0]["code"], "CG0101", "the newest text counts");
            break;
        }
    }
    assert!(publications <= KEYSTROKES / 2, "{publications} publications");
    editor.quit();
}

#[test]
fn a_message_that_is_too_long_or_none_does_not_end_it() {
    let mut editor = Editor::new();
    for bad in [
        "Content-Length: 9999999999999\r\n\r\n",
        "Content-Length: 99999999999999999999999999\r\n\r\n",
        "Content-Length: 8\r\n\r\n{\"a\": 1}",
        "Content-Length: 3\r\n\r\n{{{",
        "nonsense\r\n\r\n",
    ] {
        editor.write(bad.as_bytes());
        assert!(editor.response("textDocument/nothing", json!({}))["error"]["code"].is_number(), "{bad}");
    }
    editor.quit();
}
