//! Words of the language's own.

use super::{ConfigPath, Constant, Cx, Kind, Shape, Tree, Value};

/// An enumeration of the language; `words!` makes them.
pub(crate) trait Words: Copy + Ord + 'static {
    /// What one of them is called in reports.
    const WHAT: &'static str;
    /// All of them, as they are written.
    const ALL: &'static [(&'static str, Self)];

    /// As it is written.
    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, word)| *word == self).map_or("", |(word, _)| word)
    }
}

/// An enumeration which the runtime has, too.
pub(crate) trait Coded: Words {
    /// What a word is there: a path of the facade.
    fn code(self) -> &'static str;
}

/// A word as it is written, which is as it stands, but for a `*`, which would be an alias, and for what would be a number.
pub(crate) fn written(word: &str) -> Tree {
    if word.starts_with(|first: char| first == '*' || first.is_ascii_digit()) {
        Tree::text(word)
    } else {
        Tree::plain(word)
    }
}

/// One of the words of an enumeration.
pub(crate) struct Word;

impl<T: Words> Kind<T> for Word {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<T> {
        cx.word(at, written, T::WHAT, T::ALL)
    }
    fn tree(&self, value: &T) -> Tree {
        written(value.as_str())
    }
    fn shape(&self) -> Shape {
        Shape::Words(T::ALL.iter().map(|(word, _)| *word).collect())
    }
}

impl<T: Coded> Constant<T> for Word {
    fn value(&self, value: &T) -> Value {
        Value::Path(value.code())
    }
}
