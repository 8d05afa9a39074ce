//! What there is to know of a section and its keys, for the schema and all that is made from it.

use super::Kind;
use crate::codes::Code;
use crate::field::Use;
use crate::place::ConfigPath;

/// A section.
#[derive(Debug)]
pub(crate) struct SectionMeta {
    /// The type that serde reads.
    pub(crate) written: &'static str,
    /// What it is: the lines of its doc comment.
    pub(crate) about: &'static [&'static str],
    /// Its keys.
    pub(crate) keys: &'static [KeyMeta],
}

/// A key of a section.
#[derive(Debug)]
pub(crate) struct KeyMeta {
    /// As it is written.
    pub(crate) name: &'static str,
    /// What it means: the lines of its doc comment.
    pub(crate) doc: &'static [&'static str],
    /// What may be written.
    pub(crate) shape: fn() -> Shape,
    /// What can be wrong with it, beside what follows from its shape.
    pub(crate) codes: fn() -> Vec<&'static Code>,
    /// What holds without it.
    pub(crate) without: fn() -> Without,
    /// As one would write it; empty if nobody may.
    pub(crate) example: &'static str,
}

/// What holds where a key is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Without {
    /// It has to be there.
    Required,
    /// A list of which one entry at least has to be there.
    AtLeastOne,
    /// Nothing to speak of.
    Nothing,
    /// A default, in words; and as it is written, if it is always, or all but always, the same.
    Default(String, Option<String>),
}

impl From<&str> for Without {
    /// In words.
    fn from(said: &str) -> Self {
        if said.is_empty() { Self::Nothing } else { Self::Default(said.to_owned(), None) }
    }
}

impl Without {
    /// A default as it is written, with its proviso.
    pub(crate) fn value(written: &str, proviso: &str) -> Self {
        Self::Default(format!("`{written}`{proviso}"), Some(written.to_owned()))
    }

    /// A default which the kind can write, with its proviso.
    pub(crate) fn default<T, K: Kind<T>>(kind: &K, default: &T, proviso: &str) -> Self {
        let written = kind.tree(default).one_line();
        let said = match kind.shape() {
            Shape::Flag | Shape::Number(..) | Shape::Numbers(_) => written.clone(),
            _ => format!("`{written}`"),
        };
        // The schema's `default` has never been a list.
        let is_list = matches!(kind.shape(), Shape::List(_));
        Self::Default(said + proviso, Some(written).filter(|_| !is_list))
    }
}

/// What may be written as a value.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// `true` or `false`.
    Flag,
    /// A whole number of this range.
    Number(u64, u64),
    /// One of these numbers.
    Numbers(&'static [u64]),
    /// `5s`
    Duration,
    /// `10MiB`
    Size,
    /// `20%`
    Share,
    /// `100/s`
    Rate,
    /// One of these.
    Words(Vec<&'static str>),
    /// Any text.
    Text,
    /// Text of this regular expression; and what that is, in words.
    Pattern(&'static str, &'static str),
    /// The name of a header field, for a use.
    FieldName(Use),
    /// Header fields for a use, with values of this shape.
    Fields(Use, Box<Shape>),
    /// Text of which at least a part comes at start.
    Late,
    /// Several of these.
    List(Box<Shape>),
    /// These, by names.
    Map(Box<Shape>),
    /// These, by statuses of errors and classes of them.
    Statuses(Box<Shape>),
    /// Any of these.
    AnyOf(Vec<Shape>),
    /// The keys of a section.
    Section(&'static SectionMeta),
    /// `off`, or `false`.
    Off,
    /// Nothing: the key is known, and refused.
    Refused,
}

impl Shape {
    /// What a value may be, each form on its own.
    pub(crate) fn forms(self) -> Vec<Self> {
        match self {
            Self::AnyOf(choices) => choices.into_iter().flat_map(Self::forms).collect(),
            form => vec![form],
        }
    }

    /// The section which a value holds, alone, in a list or by name.
    pub(crate) fn section(&self) -> Option<&'static SectionMeta> {
        match self {
            Self::Section(section) => Some(section),
            Self::List(of) | Self::Map(of) | Self::Statuses(of) | Self::Fields(_, of) => of.section(),
            Self::AnyOf(choices) => choices.iter().find_map(Self::section),
            _ => None,
        }
    }

    /// The same, if nothing else can stand in its place.
    pub(crate) fn section_alone(&self) -> Option<&'static SectionMeta> {
        match self {
            Self::List(of) | Self::Map(of) => of.section_alone(),
            Self::AnyOf(_) => None,
            other => other.section(),
        }
    }

    /// A list of these.
    pub(crate) fn list(of: Self) -> Self {
        Self::List(Box::new(of))
    }

    /// A map of names to these.
    pub(crate) fn map(of: Self) -> Self {
        Self::Map(Box::new(of))
    }

    /// This, or `off`.
    pub(crate) fn or_off(on: Self) -> Self {
        Self::AnyOf(on.forms().into_iter().chain([Self::Off]).collect())
    }
}

impl SectionMeta {
    /// Every key of the section and of those in it, with the path of the section that has it; one that several keys hold
    /// counts under each of them.
    pub(crate) fn each(&'static self, mut visit: impl FnMut(&ConfigPath, &'static KeyMeta)) {
        let (mut sections, mut next) = (vec![(ConfigPath::root(), self)], 0);
        while let Some((at, section)) = sections.get(next).cloned() {
            next += 1;
            for key in section.keys {
                visit(&at, key);
                sections.extend((key.shape)().section().map(|held| (at.key(key.name), held)));
            }
        }
    }
}

#[cfg(feature = "cli")]
impl SectionMeta {
    /// What it is.
    pub(crate) fn description(&self) -> String {
        prose(self.about)
    }

    /// What the schema calls it.
    pub(crate) fn name(&self) -> &'static str {
        self.written.trim_start_matches("Written")
    }
}

#[cfg(feature = "cli")]
impl KeyMeta {
    /// What it means.
    pub(crate) fn meaning(&self) -> String {
        prose(self.doc)
    }

    /// All that is said of it.
    pub(crate) fn description(&self) -> String {
        let mut text = self.meaning();
        if let Without::Default(said, _) = (self.without)() {
            text.push_str(&format!(" Default: {said}."));
        }
        if !self.example.is_empty() {
            text.push_str(&format!(" Example: `{}`.", self.example));
        }
        text
    }
}

/// The lines of a doc comment as running text; an empty one ends a paragraph.
#[cfg(feature = "cli")]
fn prose(lines: &[&str]) -> String {
    let paragraphs = lines.split(|line| line.is_empty());
    let text = |lines: &[&str]| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    paragraphs.map(text).collect::<Vec<_>>().join("\n\n")
}
