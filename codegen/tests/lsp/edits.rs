//! The quick fixes of the editor are the edits of the report: applied to its text, they leave the same.

use super::editor::{Editor, URI};
use castgate_codegen::{Diagnostics, Source, analyse};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The byte at a position of the protocol.
fn byte(text: &str, position: &Value) -> usize {
    let line = position["line"].as_u64().unwrap() as usize;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut units = position["character"].as_u64().unwrap() as usize;
    let mut at = start;
    for char in text[start..].chars() {
        if units == 0 {
            break;
        }
        units -= char.len_utf16();
        at += char.len_utf8();
    }
    at
}

/// What each quick fix of a text leaves.
fn fixed(editor: &mut Editor, text: &str) -> BTreeSet<String> {
    editor.change(text);
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 100_000, "character": 0}});
    let params = json!({"textDocument": {"uri": URI}, "range": range, "context": {"diagnostics": []}});
    let actions = editor.ask("textDocument/codeAction", params);
    let fixed = actions.as_array().unwrap().iter().map(|action| {
        let edits = action["edit"]["changes"][URI].as_array().unwrap();
        assert_eq!(edits.len(), 1, "{action}");
        let ends = ["start", "end"].map(|end| byte(text, &edits[0]["range"][end]));
        let mut fixed = text.to_owned();
        fixed.replace_range(ends[0]..ends[1], edits[0]["newText"].as_str().unwrap());
        fixed
    });
    fixed.collect()
}

#[test]
fn quick_fixes_are_the_edits_of_the_report() {
    let mut editor = Editor::new();
    editor.open("");
    let mut count = 0;
    for entry in std::fs::read_dir("tests/ui").unwrap() {
        let path = entry.unwrap().path();
        // Others are not text, or include files, or take long.
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let mut sink = Diagnostics::new();
        let mut source = Source::new("gateway.yml", text.as_str());
        let _ = analyse(&mut source, &mut sink);
        let edits = sink.sorted().into_iter().flat_map(|problem| &problem.edits);
        let expected: BTreeSet<String> = edits
            .map(|edit| {
                let mut edited = text.clone();
                edited.replace_range(edit.span.clone(), &edit.replacement);
                edited
            })
            .collect();
        count += expected.len();
        assert_eq!(fixed(&mut editor, &text), expected, "{}", path.display());
    }
    assert!(count > 100, "only {count} quick fixes");
    editor.quit();
}

#[test]
fn only_a_fix_without_another_is_preferred() {
    let mut editor = Editor::new();
    let text = "upstreams: {u: {backends: [{url: 'http://a', weight: 0755}]}}\nroutes: [{path: /, upstream: u, timeout: 5}]\n";
    editor.open(text);
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    let params = json!({"textDocument": {"uri": URI}, "range": range, "context": {"diagnostics": []}});
    let actions = editor.ask("textDocument/codeAction", params);
    let preferred: Vec<bool> =
        actions.as_array().unwrap().iter().map(|action| action["isPreferred"].as_bool().unwrap()).collect();
    assert_eq!(preferred, [false, false, true], "octal or decimal is a choice: {actions}");
    editor.quit();
}
