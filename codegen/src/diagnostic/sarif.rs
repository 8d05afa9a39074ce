//! Diagnostics as SARIF 2.1.0, for code scanning.

use super::{Diagnostic, Diagnostics, Lines};
use crate::codes::{self, Code};
use crate::encoded;
use crate::source::{Source, Span};
use serde_json::{Value, json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

impl Diagnostics {
    /// All problems as a SARIF 2.1.0 log, which is there even if they are none.
    pub fn to_sarif(&self, source: &Source) -> String {
        let diagnostics = self.sorted();
        let lines = Lines::new(source);
        let results: Vec<Value> =
            diagnostics.iter().map(|diagnostic| lines.sarif_result(diagnostic)).collect();
        let rules: Vec<Value> = codes::ALL.iter().map(|code| rule(code)).collect();
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {"name": "castgate", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules}},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        });
        format!("{log:#}\n")
    }
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.id,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.explanation()},
        "help": {"text": code.explanation()},
    })
}

impl Lines<'_> {
    fn sarif_result(&self, diagnostic: &Diagnostic) -> Value {
        let mut message = diagnostic.title.clone();
        for help in &diagnostic.help {
            message.push_str("\nhelp: ");
            message.push_str(help);
        }
        let primary = diagnostic.labels.first().map(|label| &label.span);
        let related: Vec<Value> = diagnostic
            .labels
            .iter()
            .skip(1)
            .map(|label| {
                let mut location = self.location(Some(&label.span));
                location["message"] = json!({"text": label.text});
                location
            })
            .collect();
        let fixes: Vec<Value> = diagnostic
            .edits
            .iter()
            .map(|edit| {
                json!({
                    "description": {"text": edit.title},
                    "artifactChanges": [{
                        "artifactLocation": {"uri": encoded::path(self.file(&edit.span))},
                        "replacements": [{
                            "deletedRegion": self.region(&edit.span),
                            "insertedContent": {"text": edit.replacement},
                        }],
                    }],
                })
            })
            .collect();
        json!({
            "ruleId": diagnostic.code.id,
            "ruleIndex": codes::ALL.iter().position(|code| code.id == diagnostic.code.id),
            "level": diagnostic.severity_name(),
            "message": {"text": message},
            "locations": [self.location(primary)],
            "relatedLocations": related,
            "fixes": fixes,
        })
    }

    fn location(&self, span: Option<&Span>) -> Value {
        let file = span.map_or(self.source.first_path(), |span| self.file(span));
        let mut place = json!({"artifactLocation": {"uri": encoded::path(file)}});
        if let Some(span) = span {
            place["region"] = self.region(span);
        }
        json!({"physicalLocation": place})
    }

    fn region(&self, span: &Span) -> Value {
        let (start, end) = self.range(span);
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        })
    }
}
