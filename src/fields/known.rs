//! The names that framing, gate, filter and log ask for, and what each is to them: one table, a class a name.
//! The parser gives a field its class once; whoever asks later compares a byte.

mod classes;
mod find;
mod table;

use self::table::{ROLES, Role};

pub(crate) use self::classes::Classes;
pub(crate) use self::table::Known;
use crate::words::{any, other_than_alphanumeric_or};

impl Known {
    /// The class of a name, whatever its case.
    pub(crate) fn of(name: &[u8]) -> Self {
        Self::listed(name).or_else(|| Self::unlisted(name)).unwrap_or(Self::Ambiguous)
    }

    /// The same for a name in lower case, for the compiler.
    pub(crate) const fn of_lower_case(name: &[u8]) -> Self {
        find::plainly(name)
    }

    /// The class of a name that the table has as a whole, and which is a token therefore.
    #[inline(always)]
    pub(crate) fn listed(name: &[u8]) -> Option<Self> {
        find::whole(name)
    }

    /// The class of a name that the table has not as a whole; `None` if not all of it are letters, digits and hyphens: that is
    /// [`Known::Ambiguous`], or no name.
    #[inline(never)]
    pub(crate) fn unlisted(name: &[u8]) -> Option<Self> {
        let is_plain = !name.is_empty() && !any(name, |word| other_than_alphanumeric_or(word, b'-', b'-'));
        is_plain.then(|| find::by_beginning(name))
    }

    /// A proxy's word of the client, which no client may say of itself.
    pub(crate) const fn is_identity(self) -> bool {
        matches!(self, Self::Identity)
    }

    /// A proxy's word that the gateway writes itself.
    pub(crate) const fn is_written(self) -> bool {
        self.has(Role::Written)
    }

    /// `Connection` may name it, so that it ends at the next hop. Whoever names anything that says what the message is,
    /// for whom, from whom or by which way it came, wants that to vanish.
    pub(crate) const fn may_be_nominated(self) -> bool {
        !self.has(Role::Lasting)
    }

    /// It may stand behind a body: whoever reads it there has decided nothing by it before (RFC 9110 section 6.5.1).
    pub(crate) const fn may_be_trailer(self) -> bool {
        !self.has(Role::Leading)
    }

    /// Its value is not for logs.
    pub(crate) const fn is_secret(self) -> bool {
        self.has(Role::Secret)
    }

    /// Only one name has this class.
    pub(crate) const fn is_one_name(self) -> bool {
        !matches!(
            self,
            Self::Other | Self::Ambiguous | Self::Identity | Self::Content | Self::Digest | Self::Control
        )
    }

    const fn has(self, role: Role) -> bool {
        ROLES[self as usize] & role as u8 != 0
    }
}

#[cfg(test)]
mod tests;
