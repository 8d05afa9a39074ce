//! Diagnostics as GitHub's workflow commands, which annotate the lines of a pull request.

use super::{Diagnostic, Diagnostics, Lines};
use crate::source::Source;

impl Diagnostics {
    /// All problems as GitHub's workflow commands, one a line.
    pub fn to_github(&self, source: &Source) -> String {
        let diagnostics = self.sorted();
        let lines = Lines::new(source);
        diagnostics.iter().fold(String::new(), |text, diagnostic| text + &command(diagnostic, source, &lines))
    }
}

fn command(diagnostic: &Diagnostic, source: &Source, lines: &Lines<'_>) -> String {
    let file = diagnostic.labels.first().map_or(source.first_path(), |label| lines.file(&label.span));
    let mut properties = format!("file={}", property(file));
    if let Some(label) = diagnostic.labels.first() {
        let (start, end) = lines.range(&label.span);
        properties.push_str(&format!(",line={},endLine={}", start.line, end.line));
        // Columns of a range over several lines are refused.
        if start.line == end.line {
            properties.push_str(&format!(",col={},endColumn={}", start.column, end.column));
        }
    }
    let title = property(&format!("{}: {}", diagnostic.code.id, diagnostic.code.title));
    let mut message = diagnostic.title.clone();
    for label in diagnostic.labels.iter().filter(|label| !label.text.is_empty()) {
        let elsewhere = Some(lines.file(&label.span)).filter(|other| *other != file);
        let elsewhere = elsewhere.map(|file| format!("{file}, ")).unwrap_or_default();
        let line = lines.position(label.span.start).line;
        message.push_str(&format!("\n{elsewhere}line {line}: {}", label.text));
    }
    for help in &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    format!("::{} {properties},title={title}::{}\n", diagnostic.severity_name(), data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
