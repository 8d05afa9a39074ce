//! What becomes of the path on its way to the backend. Only canonical paths come in, and only such go out: what was
//! matched and authorised is what is forwarded.

use crate::route::nth_segment;

/// A piece of a rewritten path.
#[derive(Clone, Copy, Debug)]
pub enum TemplatePiece {
    /// Text as it stands.
    Literal(&'static str),
    /// A segment of the request's path, by its number.
    Segment(u8),
    /// All segments of the request's path from this number on.
    Rest(u8),
}

impl TemplatePiece {
    /// Passes on what the pieces make of `path`, bit by bit.
    pub(crate) fn render(pieces: &[Self], path: &str, mut output: impl FnMut(&str)) {
        for piece in pieces {
            output(match *piece {
                Self::Literal(text) => text,
                Self::Segment(number) => &path[nth_segment(path, usize::from(number))],
                Self::Rest(number) => &path[nth_segment(path, usize::from(number)).start..],
            });
        }
    }
}

/// What a route does with the path.
#[derive(Clone, Copy, Debug)]
pub enum PathEdit {
    /// Nothing.
    Keep,
    /// Cuts off this many segments, whatever parameters they have; what remains begins with a slash.
    Strip(usize),
    /// Puts a new path together.
    Rewrite(&'static [TemplatePiece]),
}
