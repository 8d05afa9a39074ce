//! Where keys and values are in a text that may be no YAML yet: somebody is typing.
//!
//! Reads block structure by indentation and flow structure by brackets, believes whatever it sees, and never fails.
//! What the text means is for the parser to say; this only has to find the place somebody looks at.

mod flow;

use crate::source::Span;

/// A step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The keys of a path; of an index, nothing.
pub(super) fn keys(path: &[Step]) -> Vec<&str> {
    path.iter().map(|step| if let Step::Key(key) = step { key } else { "" }).collect()
}

/// A key, and the value behind it if that is on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// With the key itself; of a list's entry, with its index.
    pub(super) path: Vec<Step>,
    /// Of a list's entry, none.
    pub(super) key: Option<Span>,
    pub(super) value: Option<Span>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Outline {
    pub(super) entries: Vec<Entry>,
    /// Where the text ends: what would be typed next.
    pub(super) end: End,
}

/// The place where a text ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct End {
    /// Of a key: the map that it would be in. Of a value: its own path.
    pub(super) path: Vec<Step>,
    pub(super) is_value: bool,
    /// Where the word that is being typed starts.
    pub(super) start: usize,
}

struct Frame {
    indent: usize,
    step: Step,
}

/// Finds what is where.
pub(super) fn scan(text: &str) -> Outline {
    let mut scanner = Scanner { text, at: 0, frames: Vec::new(), outline: Outline::default() };
    while scanner.at < text.len() {
        scanner.line();
    }
    if text.is_empty() || text.ends_with('\n') {
        scanner.outline.end = End { path: Vec::new(), is_value: false, start: text.len() };
    }
    scanner.outline
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    frames: Vec<Frame>,
    outline: Outline,
}

impl Scanner<'_> {
    fn line(&mut self) {
        let start = self.at;
        let end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let line = &self.text[start..end];
        let indent = line.len() - line.trim_start_matches(' ').len();
        let content = line[indent..].trim_end();
        self.at = (end + 1).min(self.text.len());
        if end == self.text.len() {
            self.at = end;
        }
        if content.is_empty() && end < self.text.len()
            || content.starts_with('#')
            || content.starts_with("---")
        {
            return;
        }
        self.content(start + indent, indent, end);
    }

    /// The content of a line from `start`, which is in column `indent`.
    fn content(&mut self, start: usize, indent: usize, end: usize) {
        let content = &self.text[start..end];
        let dash = content.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with([' ', '\r']));
        if let Some(rest) = dash {
            let index = self.next_index(indent);
            self.frames.push(Frame { indent, step: Step::Index(index) });
            let blank = rest.len() - rest.trim_start_matches(' ').len();
            return self.content(start + 1 + blank, indent + 1 + blank, end);
        }
        self.pop(indent);
        match key_end(content) {
            Some((key, colon)) => {
                self.frames.push(Frame { indent, step: Step::Key(unquoted(&content[..key])) });
                let rest = &content[colon + 1..];
                let blank = rest.len() - rest.trim_start_matches(' ').len();
                self.value(Some(start..start + key), start + colon + 1 + blank, end);
            }
            None if content.starts_with(['[', '{']) => self.value(None, start, end),
            None => {
                let path = self.path();
                let trimmed = content.trim_end();
                self.outline.end = End { path: path.clone(), is_value: false, start };
                if matches!(path.last(), Some(Step::Index(_))) && !trimmed.is_empty() {
                    let value = Some(start..start + trimmed.len());
                    self.outline.entries.push(Entry { path, key: None, value });
                }
            }
        }
    }

    /// Leaves what a key in this column cannot be in.
    fn pop(&mut self, indent: usize) {
        while self.frames.last().is_some_and(|frame| frame.indent >= indent) {
            self.frames.pop();
        }
    }

    /// Leaves what a dash in this column cannot be in; the number of its entry. A list may be in its key's column.
    fn next_index(&mut self, indent: usize) -> usize {
        while let Some(frame) = self.frames.last() {
            match &frame.step {
                Step::Index(index) if frame.indent == indent => {
                    let next = index + 1;
                    self.frames.pop();
                    return next;
                }
                Step::Key(_) if frame.indent <= indent => return 0,
                Step::Index(_) if frame.indent < indent => return 0,
                _ => {
                    self.frames.pop();
                }
            }
        }
        0
    }

    fn path(&self) -> Vec<Step> {
        self.frames.iter().map(|frame| frame.step.clone()).collect()
    }

    /// What stands behind a key, or behind a dash, from `start`.
    fn value(&mut self, key: Option<Span>, start: usize, end: usize) {
        let path = self.path();
        let content = &self.text[start.min(end)..end];
        self.outline.end = End { path: path.clone(), is_value: true, start };
        if content.starts_with(['|', '>']) {
            self.outline.entries.push(Entry { path, key, value: None });
            return self.skip_block();
        }
        if content.starts_with(['[', '{']) {
            self.outline.entries.push(Entry { path: path.clone(), key, value: None });
            let (next, end) = flow::scan(self.text, start, path, &mut self.outline.entries);
            if let Some(end) = end {
                self.outline.end = end;
            }
            // The rest of the line is of no interest.
            self.at = self.text[next..].find('\n').map_or(self.text.len(), |at| next + at + 1);
            return;
        }
        let length = scalar_length(content);
        let value = (length > 0).then(|| start..start + length);
        self.outline.entries.push(Entry { path, key, value });
    }

    /// Passes the lines of a `|` or `>` text.
    fn skip_block(&mut self) {
        let indent = self.frames.last().map_or(0, |frame| frame.indent);
        while self.at < self.text.len() {
            let end = self.text[self.at..].find('\n').map_or(self.text.len(), |at| self.at + at);
            let line = &self.text[self.at..end];
            let own = line.len() - line.trim_start_matches(' ').len();
            if !line.trim().is_empty() && own <= indent {
                return;
            }
            self.at = (end + 1).min(self.text.len());
        }
    }
}

/// The end of the key at the start of a line, and its colon.
fn key_end(content: &str) -> Option<(usize, usize)> {
    if let Some(quote) = content.chars().next().filter(|char| matches!(char, '"' | '\'')) {
        let end = content[1..].find(quote)? + 2;
        return content[end..].starts_with(':').then_some((end, end));
    }
    if content.starts_with(['[', '{', '#']) {
        return None;
    }
    let colon = content.match_indices(':').map(|(at, _)| at).find(|at| {
        let next = content[at + 1..].chars().next();
        next.is_none_or(char::is_whitespace)
    })?;
    Some((content[..colon].trim_end().len(), colon))
}

/// Without a comment and blanks at its end.
fn scalar_length(content: &str) -> usize {
    let quote = content.chars().next().filter(|char| matches!(char, '"' | '\''));
    if let Some(end) = quote.and_then(|quote| content[1..].find(quote)) {
        return end + 2;
    }
    if content.starts_with('#') {
        return 0;
    }
    content[..content.find(" #").unwrap_or(content.len())].trim_end().len()
}

/// A scalar's text, near enough for names.
pub(super) fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests;
