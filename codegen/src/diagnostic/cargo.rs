//! Diagnostics as `cargo check --message-format=json` writes them, a message a line: what rust-analyzer and other tools
//! around cargo read. Spans are in the config, where a build has them in the crate that includes the gateway.

use super::{Diagnostic, Diagnostics, Lines, render};
use crate::source::{Source, Span};
use serde_json::{Value, json};

impl Diagnostics {
    /// All problems as cargo's JSON messages, one a line, and that it has finished.
    pub fn to_cargo(&self, source: &Source) -> String {
        let diagnostics = self.sorted();
        let lines = Lines::new(source);
        let mut text: String =
            diagnostics.iter().map(|diagnostic| lines.cargo_message(diagnostic).to_string() + "\n").collect();
        let success = !diagnostics.iter().any(|diagnostic| diagnostic.is_error());
        text.push_str(&json!({"reason": "build-finished", "success": success}).to_string());
        text.push('\n');
        text
    }
}

/// A longer line is not repeated for every problem in it.
const LONGEST_LINE: usize = 4096;

impl Lines<'_> {
    /// <https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>
    fn cargo_message(&self, diagnostic: &Diagnostic) -> Value {
        let file = self.source.first_path();
        json!({
            "reason": "compiler-message",
            "package_id": format!("castgate {}", env!("CARGO_PKG_VERSION")),
            "manifest_path": file,
            "target": {
                "kind": ["custom-build"],
                "crate_types": ["bin"],
                "name": "castgate",
                "src_path": file,
                "edition": "2024",
                "doc": false,
                "doctest": false,
                "test": false,
            },
            "message": self.rustc_message(diagnostic),
        })
    }

    /// <https://doc.rust-lang.org/rustc/json.html#diagnostics>
    fn rustc_message(&self, diagnostic: &Diagnostic) -> Value {
        let labels = diagnostic.labels.iter().enumerate();
        let spans: Vec<Value> = labels
            .map(|(index, label)| {
                // A section is shown by its beginning.
                let span = render::one_line(self.source.text(), &label.span);
                self.rustc_span(&span, index == 0, &label.text)
            })
            .collect();
        let help = diagnostic.help.iter().map(|text| child(text, Vec::new()));
        let edits = diagnostic.edits.iter().map(|edit| {
            let mut span = self.rustc_span(&edit.span, true, "");
            span["suggested_replacement"] = edit.replacement.as_str().into();
            // What was meant is a guess.
            span["suggestion_applicability"] = "MaybeIncorrect".into();
            child(&edit.title, vec![span])
        });
        let children: Vec<Value> = help.chain(edits).collect();
        let code = diagnostic.code;
        json!({
            "$message_type": "diagnostic",
            "message": diagnostic.title,
            "code": {"code": code.id, "explanation": code.explanation()},
            "level": diagnostic.severity_name(),
            "spans": spans,
            "children": children,
            "rendered": render::one(diagnostic, self.source),
        })
    }

    /// Lines and columns count from 1, bytes from 0, in the file; every end is exclusive.
    fn rustc_span(&self, span: &Span, is_primary: bool, label: &str) -> Value {
        let (start, end) = self.range(span);
        let line = self.line_around(span).filter(|line| line.len() <= LONGEST_LINE);
        let text = line
            .map(|text| json!({"text": text, "highlight_start": start.column, "highlight_end": end.column}));
        json!({
            "file_name": self.file(span),
            "byte_start": start.byte,
            "byte_end": end.byte,
            "line_start": start.line,
            "line_end": end.line,
            "column_start": start.column,
            "column_end": end.column,
            "is_primary": is_primary,
            "text": text.into_iter().collect::<Vec<Value>>(),
            "label": if label.is_empty() { Value::Null } else { label.into() },
            "suggested_replacement": null,
            "suggestion_applicability": null,
            "expansion": null,
        })
    }
}

fn child(message: &str, spans: Vec<Value>) -> Value {
    json!({
        "$message_type": "diagnostic",
        "message": message,
        "code": null,
        "level": "help",
        "spans": spans,
        "children": [],
        "rendered": null,
    })
}
