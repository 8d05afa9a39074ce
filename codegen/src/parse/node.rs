//! A YAML value without YAML: what the decoder reads.

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `true`, `false`
    Bool(bool),
    /// `5`
    Unsigned(u64),
    /// `-5`
    Signed(i64),
    /// `1.5`
    Float(f64),
    /// Anything in quotes, and all other plain scalars.
    Text(String),
    /// Entries which had a problem are gaps.
    List(Vec<Option<Node>>),
    /// Entries which had a problem are gaps, too: their names are known.
    Map(Vec<(String, Option<Node>)>),
}
