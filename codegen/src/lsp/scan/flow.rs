//! Flow structure, `{a: [b, {c: d}]}`, over as many lines as it takes.

use super::{End, Entry, Step, key_end, unquoted};
use crate::source::Span;

enum Level {
    Map { key: Option<Span> },
    List { index: usize },
}

/// Scans from an opening bracket; where it ends, and what is typed next if the text ends first.
pub(super) fn scan(
    text: &str,
    start: usize,
    base: Vec<Step>,
    entries: &mut Vec<Entry>,
) -> (usize, Option<End>) {
    let mut scanner = Scanner { path: base, levels: Vec::new(), entries };
    let mut at = start;
    // A word, from its first to behind its last byte that is no blank.
    let mut word: Option<Span> = None;
    while let Some(char) = text[at..].chars().next() {
        let next = at + char.len_utf8();
        match char {
            '{' | '[' if word.is_none() => scanner.open(char),
            '}' | ']' => {
                scanner.word(text, word.take());
                if scanner.close() {
                    return (next, None);
                }
            }
            ',' => {
                scanner.word(text, word.take());
                scanner.next();
            }
            ':' if scanner.is_colon(&text[next..]) => scanner.colon(text, word.take()),
            '#' if text[..at].ends_with([' ', '\n']) => {
                at = text[at..].find('\n').map_or(text.len(), |end| at + end);
                continue;
            }
            '"' | '\'' if word.is_none() => {
                let end = text[next..].find(char).map_or(text.len(), |end| next + end + 1);
                word = Some(at..end);
                at = end;
                continue;
            }
            char if char.is_whitespace() => {}
            // A key in the first column: the bracket was never closed.
            _ if text[..at].ends_with('\n')
                && key_end(text[at..].lines().next().unwrap_or_default()).is_some() =>
            {
                return (at.saturating_sub(1), None);
            }
            _ => word = Some(word.map_or(at, |word| word.start)..next),
        }
        at = next;
    }
    let end = scanner.end(word, text.len());
    (text.len(), Some(end))
}

struct Scanner<'e> {
    path: Vec<Step>,
    levels: Vec<Level>,
    entries: &'e mut Vec<Entry>,
}

impl Scanner<'_> {
    fn open(&mut self, bracket: char) {
        if bracket == '{' {
            self.levels.push(Level::Map { key: None });
        } else {
            self.levels.push(Level::List { index: 0 });
            self.path.push(Step::Index(0));
        }
    }

    /// Whether that was the outermost bracket.
    fn close(&mut self) -> bool {
        match self.levels.pop() {
            Some(Level::Map { key: None }) | None => {}
            Some(Level::Map { key: Some(_) } | Level::List { .. }) => {
                self.path.pop();
            }
        }
        self.levels.is_empty()
    }

    fn next(&mut self) {
        match self.levels.last_mut() {
            Some(Level::Map { key }) => {
                let had_key = key.take().is_some();
                if had_key {
                    self.path.pop();
                }
            }
            Some(Level::List { index }) => {
                *index += 1;
                let index = *index;
                self.path.pop();
                self.path.push(Step::Index(index));
            }
            None => {}
        }
    }

    fn is_colon(&self, rest: &str) -> bool {
        let is_map = matches!(self.levels.last(), Some(Level::Map { key: None }));
        is_map && rest.chars().next().is_none_or(|next| next.is_whitespace() || "{}[],\"'".contains(next))
    }

    fn colon(&mut self, text: &str, word: Option<Span>) {
        let span = word.unwrap_or_default();
        self.path.push(Step::Key(unquoted(&text[span.clone()])));
        self.entries.push(Entry { path: self.path.clone(), key: Some(span.clone()), value: None });
        if let Some(Level::Map { key }) = self.levels.last_mut() {
            *key = Some(span);
        }
    }

    /// A word that is complete: a value, or a key without one.
    fn word(&mut self, text: &str, word: Option<Span>) {
        let Some(span) = word else { return };
        match self.levels.last() {
            Some(Level::Map { key: Some(_) }) => {
                let path = &self.path;
                if let Some(entry) = self.entries.iter_mut().rev().find(|entry| entry.path == *path) {
                    entry.value = Some(span);
                }
            }
            Some(Level::Map { key: None }) => {
                let mut path = self.path.clone();
                path.push(Step::Key(unquoted(&text[span.clone()])));
                self.entries.push(Entry { path, key: Some(span), value: None });
            }
            Some(Level::List { .. }) => {
                self.entries.push(Entry { path: self.path.clone(), key: None, value: Some(span) });
            }
            None => {}
        }
    }

    fn end(&self, word: Option<Span>, length: usize) -> End {
        let is_value = !matches!(self.levels.last(), Some(Level::Map { key: None }));
        End { path: self.path.clone(), is_value, start: word.map_or(length, |word| word.start) }
    }
}
