//! Diagnostics as one line each, as compilers write them: `gateway.yml:5:26: error[CG0203]: unknown upstream`.

use super::{Diagnostic, Diagnostics, Lines};
use crate::source::Source;

impl Diagnostics {
    /// All problems, one a line: `file:line:column: error[CG0203]: what is wrong`.
    pub fn to_short(&self, source: &Source) -> String {
        let diagnostics = self.sorted();
        let lines = Lines::new(source);
        diagnostics.iter().fold(String::new(), |text, diagnostic| text + &line(diagnostic, source, &lines))
    }
}

fn line(diagnostic: &Diagnostic, source: &Source, lines: &Lines<'_>) -> String {
    let (severity, id, title) = (diagnostic.severity_name(), diagnostic.code.id, &diagnostic.title);
    let Some(label) = diagnostic.labels.first() else {
        return format!("{}: {severity}[{id}]: {title}\n", source.first_path());
    };
    let (file, at) = (lines.file(&label.span), lines.position(label.span.start));
    let text = if label.text.is_empty() { String::new() } else { format!(": {}", label.text) };
    format!("{file}:{}:{}: {severity}[{id}]: {title}{text}\n", at.line, at.column)
}
