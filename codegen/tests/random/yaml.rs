//! A tree of YAML, and the many ways to write it down: in blocks and in flow, with and without quotes, with comments,
//! in any order of keys, with either line end.

use super::Choices;
use std::fmt::Write as _;

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// Written as it is: a number, a word, a quantity.
    Plain(String),
    /// Text, however it has to be written.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }
}

/// A section that is being filled.
#[derive(Default)]
pub(crate) struct Section(pub(crate) Vec<(String, Node)>);

impl Section {
    pub(crate) fn put(&mut self, key: &str, value: Node) {
        self.0.push((key.to_owned(), value));
    }

    /// Puts a key so many times in a hundred.
    pub(crate) fn may(
        &mut self,
        choices: &mut Choices<'_>,
        percent: usize,
        key: &str,
        value: impl FnOnce(&mut Choices<'_>) -> Node,
    ) {
        if choices.chance(percent) {
            let value = value(choices);
            self.put(key, value);
        }
    }

    pub(crate) fn done(self) -> Node {
        Node::Map(self.0)
    }
}

impl From<Section> for Node {
    fn from(section: Section) -> Self {
        section.done()
    }
}

/// The whole file.
pub(crate) fn file(choices: &mut Choices<'_>, root: &Node) -> String {
    let mut writer = Writer { out: String::new() };
    if choices.chance(5) {
        writer.out.push_str("%YAML 1.2\n---\n");
    } else if choices.chance(10) {
        writer.out.push_str("---\n");
    }
    match root {
        Node::Map(map) if !map.is_empty() && !choices.chance(5) => writer.block(choices, root, 0),
        _ => {
            writer.flow(choices, root);
            writer.out.push('\n');
        }
    }
    let text = if choices.chance(10) { writer.out.replace('\n', "\r\n") } else { writer.out };
    if choices.chance(5) { format!("\u{feff}{text}") } else { text }
}

struct Writer {
    out: String,
}

impl Writer {
    /// A list or a map that is not empty, from the beginning of a line.
    fn block(&mut self, choices: &mut Choices<'_>, node: &Node, indent: usize) {
        match node {
            Node::Map(map) => {
                let mut entries: Vec<&(String, Node)> = map.iter().collect();
                if choices.chance(30) {
                    choices.shuffle(&mut entries);
                }
                for (key, value) in entries {
                    self.comment_line(choices, indent);
                    self.pad(indent);
                    self.scalar(choices, key, None);
                    self.out.push(':');
                    self.after(choices, value, indent, false);
                }
            }
            Node::List(list) => {
                for value in list {
                    self.comment_line(choices, indent);
                    self.pad(indent);
                    self.out.push('-');
                    self.after(choices, value, indent, true);
                }
            }
            Node::Plain(_) | Node::Text(_) => self.after(choices, node, indent, false),
        }
    }

    /// What stands behind a `key:` or a `-`.
    fn after(&mut self, choices: &mut Choices<'_>, value: &Node, indent: usize, is_entry: bool) {
        let is_block = match value {
            Node::List(list) => !list.is_empty() && !choices.chance(40),
            Node::Map(map) => !map.is_empty() && !choices.chance(40),
            Node::Plain(_) | Node::Text(_) => false,
        };
        if !is_block {
            self.out.push(' ');
            if let Node::Text(text) = value {
                if !self.scalar(choices, text, Some(indent + 2)) {
                    self.line_end(choices);
                }
            } else {
                self.flow(choices, value);
                self.line_end(choices);
            }
            return;
        }
        let mut inner = Writer { out: String::new() };
        let deeper = indent + choices.between(2, 4);
        if is_entry && matches!(value, Node::Map(_)) && !choices.chance(20) {
            inner.block(choices, value, indent + 2);
            // The first key stands behind the dash, unless a comment stands before it.
            if !inner.out.starts_with('#') && inner.out.starts_with(&" ".repeat(indent + 2)) {
                self.out.push(' ');
                self.out.push_str(&inner.out[indent + 2..]);
                return;
            }
        } else {
            inner.block(choices, value, deeper);
        }
        self.line_end(choices);
        self.out.push_str(&inner.out);
    }

    fn flow(&mut self, choices: &mut Choices<'_>, node: &Node) {
        match node {
            Node::Plain(text) => self.out.push_str(text),
            Node::Text(text) => {
                self.scalar(choices, text, None);
            }
            Node::List(list) => {
                self.out.push('[');
                for (index, value) in list.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.flow(choices, value);
                }
                self.out.push(']');
            }
            Node::Map(map) => {
                self.out.push('{');
                for (index, (key, value)) in map.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.scalar(choices, key, None);
                    self.out.push_str(": ");
                    self.flow(choices, value);
                }
                self.out.push('}');
            }
        }
    }

    /// Text in one of its spellings; whether it was written as a block, line end included. That needs the indent.
    fn scalar(&mut self, choices: &mut Choices<'_>, text: &str, block: Option<usize>) -> bool {
        if is_plain(text) && !choices.chance(40) {
            self.out.push_str(text);
            return false;
        }
        if let Some(indent) = block.filter(|_| is_block(text))
            && choices.chance(50)
        {
            let body = text.trim_end_matches('\n');
            self.out.push_str(match text.len() - body.len() {
                0 => "|-\n",
                1 => "|\n",
                _ => "|+\n",
            });
            for line in body.split('\n').chain(text[body.len()..].split('\n').skip(2)) {
                if !line.is_empty() {
                    self.pad(indent);
                }
                self.out.push_str(line);
                self.out.push('\n');
            }
            return true;
        }
        if text.chars().all(|char| is_printable(char) && char != '\n') && choices.chance(40) {
            _ = write!(self.out, "'{}'", text.replace('\'', "''"));
            return false;
        }
        self.out.push('"');
        for char in text.chars() {
            match char {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\0' => self.out.push_str("\\0"),
                '\t' => self.out.push_str("\\t"),
                _ if is_printable(char) && !choices.chance(3) => self.out.push(char),
                _ => {
                    let code = u32::from(char);
                    _ = match code {
                        0..0x100 => write!(self.out, "\\x{code:02x}"),
                        0x100..0x1_0000 => write!(self.out, "\\u{code:04X}"),
                        _ => write!(self.out, "\\U{code:08x}"),
                    };
                }
            }
        }
        self.out.push('"');
        false
    }

    fn pad(&mut self, indent: usize) {
        self.out.push_str(&" ".repeat(indent));
    }

    fn line_end(&mut self, choices: &mut Choices<'_>) {
        if choices.chance(4) {
            self.out.push_str(choices.pick(&["  # \u{e9} */ {} \"", " #", " # key: [value", "   "]));
        }
        self.out.push('\n');
    }

    fn comment_line(&mut self, choices: &mut Choices<'_>, indent: usize) {
        if choices.chance(4) {
            self.pad(indent);
            self.out.push_str(choices.pick(&["# routes:\n", "#\n", "\n", "# \u{1f980} \"; fn main() {}\n"]));
        }
    }
}

/// Whether text means itself wherever it stands without quotes.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan"];
    text.starts_with(|char: char| char.is_ascii_alphabetic() || char == '/')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether it can be a literal block without an indentation indicator.
fn is_block(text: &str) -> bool {
    text.chars().all(is_printable)
        && text.starts_with(|char: char| !char.is_whitespace())
        && text.split('\n').all(|line| line.is_empty() || !line.trim().is_empty())
}

/// What YAML lets stand as it is, but for tabs, and for characters which some readers take for line breaks.
fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}
