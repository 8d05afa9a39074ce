//! Diagnostics as JSON, one object a line: code, severity, message, where, and what would mend it.

use super::{Diagnostic, Diagnostics, Lines};
use crate::source::{Source, Span};
use serde_json::{Value, json};

impl Diagnostics {
    /// All problems as JSON, one object a line.
    pub fn to_json(&self, source: &Source) -> String {
        let diagnostics = self.sorted();
        let lines = Lines::new(source);
        let objects = diagnostics.iter().map(|diagnostic| object(diagnostic, &lines));
        objects.map(|object| format!("{object}\n")).collect()
    }
}

fn object(diagnostic: &Diagnostic, lines: &Lines<'_>) -> Value {
    let labels = diagnostic.labels.iter().enumerate().map(
        |(index, label)| json!({"primary": index == 0, "span": span(&label.span, lines), "text": label.text}),
    );
    let edits = diagnostic.edits.iter().map(
        |edit| json!({"title": edit.title, "span": span(&edit.span, lines), "replacement": edit.replacement}),
    );
    json!({
        "code": diagnostic.code.id,
        "severity": diagnostic.severity_name(),
        "title": diagnostic.code.title,
        "message": diagnostic.title,
        "file": diagnostic.labels.first().map_or(lines.source.first_path(), |label| lines.file(&label.span)),
        "span": diagnostic.labels.first().map(|label| span(&label.span, lines)),
        "labels": labels.collect::<Vec<Value>>(),
        "help": diagnostic.help,
        "edits": edits.collect::<Vec<Value>>(),
    })
}

/// Lines and columns count from 1, bytes from 0, in the file; every end is exclusive.
fn span(span: &Span, lines: &Lines<'_>) -> Value {
    let (start, end) = lines.range(span);
    json!({
        "file": lines.file(span),
        "start": {"line": start.line, "column": start.column, "byte": start.byte},
        "end": {"line": end.line, "column": end.column, "byte": end.byte},
    })
}
