//! What of a path two programs could read differently.

use super::bare;

/// A set of what a path may have that one program takes for a part of a name, and the next does not. A route says which
/// of it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Disputed(u8);

impl Disputed {
    /// There is one reading.
    pub const NOTHING: Self = Self(0);
    /// A segment has parameters (`;`, or `%3B`, which some decode too early). They are never matched.
    pub const PARAMETERS: Self = Self(1);
    /// A segment has a slash or a backslash in it (`%2F`, `%5C`), which some decode before they split. To us it is
    /// a part of the segment.
    pub const SLASHES: Self = Self(2);

    /// All of both.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of the other is in it.
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// What of it is in a canonical path.
    pub(super) fn of(path: &str) -> Self {
        let has_parameters = bare(path).len() < path.len();
        let has_slashes = SLASHES.into_iter().any(|slash| path.contains(slash));
        let parameters = if has_parameters { Self::PARAMETERS } else { Self::NOTHING };
        parameters.union(if has_slashes { Self::SLASHES } else { Self::NOTHING })
    }
}

/// What some decode to a separator, in canonical form.
pub(super) const SLASHES: [&str; 2] = ["%2F", "%5C"];
