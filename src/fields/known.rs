//! The names that framing, gate, filter and log ask for, and what each is to them: one table, a class a name.
//! The parser gives a field its class once; whoever asks later compares a byte.

mod find;
mod table;

use self::table::{ROLES, Role};

pub(crate) use self::table::Known;

impl Known {
    /// The class of a name, whatever its case.
    pub(crate) fn of(name: &[u8]) -> Self {
        Self::listed(name).unwrap_or_else(|| Self::unlisted(name))
    }

    /// The class of a name that the table has as a whole, and which is a token therefore.
    #[inline]
    pub(crate) fn listed(name: &[u8]) -> Option<Self> {
        find::whole(name)
    }

    /// The class of a token that the table has not as a whole.
    #[inline(never)]
    pub(crate) fn unlisted(name: &[u8]) -> Self {
        find::by_beginning(name)
    }

    /// It is about this connection or about this message's framing on it, and no part of a request that goes on
    /// (RFC 9110 section 7.6.1).
    pub(crate) const fn ends_in_requests(self) -> bool {
        self.has(Role::EndsInRequests)
    }

    /// It is no part of a response that goes on.
    pub(crate) const fn ends_in_responses(self) -> bool {
        self.has(Role::EndsInResponses)
    }

    /// Whoever writes the message says it anew, from what the body is (RFC 9112 section 6).
    pub(crate) const fn is_framing(self) -> bool {
        self.has(Role::Framing)
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
        !matches!(self, Self::Other | Self::Ambiguous | Self::Identity | Self::Content | Self::Control)
    }

    const fn has(self, role: Role) -> bool {
        ROLES[self as usize] & role as u8 != 0
    }
}

#[cfg(test)]
mod tests;
