//! A config as a tree, and its YAML.

#[cfg(feature = "cli")]
mod json;
pub(crate) mod trap;

#[cfg(feature = "cli")]
pub(crate) use json::json;

use crate::place::ConfigPath;
use crate::printable::is_printable;

/// A value of a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// A number, a quantity, a word of the language: written as it is.
    Plain(String),
    /// Text of the user's, in quotes where it needs them.
    Text(String),
    /// In order.
    List(Vec<Tree>),
    /// A list whose order says nothing.
    Set(Vec<Tree>),
    /// In order.
    Map(Vec<(String, Tree)>),
    /// A value which was, or whose parts were, written at the first of these paths where anything was.
    At(Vec<ConfigPath>, Box<Tree>),
    /// No value: a remark.
    Remark(String),
}

/// What stands behind a value as a comment, given the paths at which it may have been written.
type Comment<'a> = &'a dyn Fn(&[ConfigPath]) -> Option<String>;

impl Tree {
    /// A word, a number, a quantity.
    pub fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    /// Text of the user's.
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// A section.
    pub fn map<const N: usize>(entries: [(&str, Tree); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// A list of plain values.
    pub fn plains<T: ToString>(values: impl IntoIterator<Item = T>) -> Self {
        Self::List(values.into_iter().map(Self::plain).collect())
    }

    /// Without the keys which hold nothing: no text, an empty list, an empty map.
    pub(crate) fn filled(self) -> Self {
        let is_empty = |tree: &Self| match tree {
            Self::Map(map) => map.is_empty(),
            Self::Set(list) | Self::List(list) => list.is_empty(),
            Self::Text(text) => text.is_empty(),
            _ => false,
        };
        match self {
            Self::Map(mut map) => {
                map.retain(|(_, value)| !is_empty(value));
                Self::Map(map)
            }
            other => other,
        }
    }

    /// Block YAML.
    pub fn yaml(&self, comment: Comment<'_>) -> String {
        let mut out = String::new();
        self.block(0, &[ConfigPath::root()], comment, &mut out);
        out
    }

    /// On one line, for tables and comparisons.
    pub fn one_line(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Text(text) => scalar(text),
            Self::At(_, inner) => inner.one_line(),
            Self::Remark(_) => String::new(),
            Self::List(list) | Self::Set(list) => {
                let entries: Vec<String> = list.iter().map(Self::one_line).collect();
                format!("[{}]", entries.join(", "))
            }
            Self::Map(map) => {
                let entries = map.iter().filter(|(_, value)| !matches!(value, Self::Remark(_)));
                let entries: Vec<String> =
                    entries.map(|(name, value)| format!("{}: {}", key(name), value.one_line())).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// The same for all trees that mean the same: maps by their keys, sets in one order and nothing in them twice,
    /// without remarks and places.
    pub fn canonical(&self) -> Self {
        match self {
            Self::Plain(_) | Self::Text(_) | Self::Remark(_) => self.clone(),
            Self::At(_, inner) => inner.canonical(),
            Self::List(list) => Self::List(list.iter().map(Self::canonical).collect()),
            Self::Set(list) => {
                let mut list: Vec<Self> = list.iter().map(Self::canonical).collect();
                list.sort_by_cached_key(Self::one_line);
                list.dedup();
                Self::Set(list)
            }
            Self::Map(map) => {
                let entries = map.iter().filter(|(_, value)| !matches!(value, Self::Remark(_)));
                let mut map: Vec<(String, Self)> =
                    entries.map(|(key, value)| (key.clone(), value.canonical())).collect();
                map.sort_by(|(a, _), (b, _)| a.cmp(b));
                Self::Map(map)
            }
        }
    }

    /// The value at each path, one line each.
    pub fn leaves(&self) -> Vec<(String, String)> {
        let mut leaves = Vec::new();
        self.collect(&ConfigPath::root(), &mut leaves);
        leaves
    }

    fn collect(&self, at: &ConfigPath, leaves: &mut Vec<(String, String)>) {
        match self {
            Self::Map(map) if !map.is_empty() => {
                map.iter().for_each(|(key, value)| value.collect(&at.key(key), leaves))
            }
            Self::At(_, inner) => inner.collect(at, leaves),
            Self::Remark(_) => {}
            // A list is compared as a whole: places in it mean little.
            _ => leaves.push((at.to_string(), self.one_line())),
        }
    }

    fn block(&self, indent: usize, paths: &[ConfigPath], comment: Comment<'_>, out: &mut String) {
        let pad = "  ".repeat(indent);
        match self {
            Self::At(paths, inner) => inner.block(indent, paths, comment, out),
            Self::Map(map) => {
                for (name, value) in map {
                    if let Self::Remark(text) = value {
                        out.push_str(&format!("{pad}# {name}: {text}\n"));
                        continue;
                    }
                    let paths: Vec<ConfigPath> = paths.iter().map(|path| path.key(name)).collect();
                    out.push_str(&format!("{pad}{}:", key(name)));
                    value.after_key(indent + 1, &paths, comment, out);
                }
            }
            Self::List(list) | Self::Set(list) => {
                for (index, value) in list.iter().enumerate() {
                    let paths: Vec<ConfigPath> = paths.iter().map(|path| path.index(index)).collect();
                    out.push_str(&format!("{pad}-"));
                    if value.is_section() {
                        let mut section = String::new();
                        value.block(indent + 1, &paths, comment, &mut section);
                        out.push(' ');
                        out.push_str(section.trim_start());
                    } else {
                        value.after_key(indent + 1, &paths, comment, out);
                    }
                }
            }
            Self::Plain(_) | Self::Text(_) | Self::Remark(_) => {
                out.push_str(&format!("{pad}{}\n", self.one_line()))
            }
        }
    }

    fn after_key(&self, indent: usize, paths: &[ConfigPath], comment: Comment<'_>, out: &mut String) {
        let (inner, paths) = match self {
            Self::At(paths, inner) => (&**inner, paths.as_slice()),
            other => (other, paths),
        };
        let list = match inner {
            Self::List(list) | Self::Set(list) => list.as_slice(),
            _ => &[],
        };
        if inner.is_section() || list.iter().any(Self::is_section) {
            out.push('\n');
            return inner.block(indent, paths, comment, out);
        }
        out.push_str(&format!(" {}", inner.one_line()));
        if let Some(comment) = comment(paths) {
            out.push_str(&format!("  # {comment}"));
        }
        out.push('\n');
    }

    /// Whether it is a map with something in it.
    fn is_section(&self) -> bool {
        match self {
            Self::Map(map) => !map.is_empty(),
            Self::At(_, inner) => inner.is_section(),
            _ => false,
        }
    }
}

fn key(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if is_plain && starts_plainly(name) { name.to_owned() } else { quoted(name) }
}

/// Text as a scalar which no reader takes for anything else.
pub(crate) fn scalar(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
    if is_plain && starts_plainly(text) { text.to_owned() } else { quoted(text) }
}

fn starts_plainly(text: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];
    let first = text.bytes().next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == b'/')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// In double quotes.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            char if !is_printable(char) => out.push_str(&match u32::from(char) {
                code @ ..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn text_is_quoted_where_a_reader_could_be_mistaken() {
        for (text, expected) in [
            ("users", "users"),
            ("/a/b", "/a/b"),
            ("1", "\"1\""),
            ("no", "\"no\""),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("\u{200b}\u{e0041}", "\"\\u200b\\U000e0041\""),
            ("a\n\"\\", "\"a\\n\\\"\\\\\""),
        ] {
            assert_eq!(Tree::text(text).one_line(), expected);
        }
    }
}
