//! Sets of classes: what is asked of all fields of a message at once.

use super::Known;
use super::table::{ROLES, Role};

/// A set of classes, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Classes(u64);

const _: () = assert!(ROLES.len() <= u64::BITS as usize);

impl Classes {
    /// No class.
    pub(crate) const NONE: Self = Self(0);
    /// Whoever writes a message says it anew, from what the body is (RFC 9112 section 6).
    pub(crate) const FRAMING: Self = Self::of(Role::Framing);
    /// What is about a connection, or about a request's framing on it, and no part of one that goes on (RFC 9110 section 7.6.1).
    pub(crate) const ENDS_IN_REQUESTS: Self = Self::of(Role::EndsInRequests).and(Self::FRAMING);
    /// The same of a response.
    pub(crate) const ENDS_IN_RESPONSES: Self = Self::of(Role::EndsInResponses).and(Self::FRAMING);
    /// A proxy's word that the gateway writes itself.
    pub(crate) const WRITTEN: Self = Self::of(Role::Written);

    /// The set of one.
    pub(crate) const fn one(known: Known) -> Self {
        Self(1 << known as u8)
    }

    /// Those of both sets.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are not in the other set.
    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a class is one of them.
    #[inline]
    pub(crate) const fn has(self, known: Known) -> bool {
        self.0 & Self::one(known).0 != 0
    }

    /// Whether the sets share a class.
    #[inline]
    pub(crate) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn of(role: Role) -> Self {
        let (mut bits, mut class) = (0, 0);
        while class < ROLES.len() {
            if ROLES[class] & role as u8 != 0 {
                bits |= 1 << class;
            }
            class += 1;
        }
        Self(bits)
    }
}
