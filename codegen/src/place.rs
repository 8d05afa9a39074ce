//! Places in a config: a span of its text, the way to a value, a line of a file, and which of them belong together.

mod index;
mod path;

pub use index::{FileLine, Place, SpanIndex};
pub use path::ConfigPath;

/// A range of bytes of the source.
pub type Span = std::ops::Range<usize>;
