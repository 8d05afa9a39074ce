//! Names that are asked for. The class of one that the config has is found when the gateway is built, and not at each request.

use http::HeaderName;

use super::{Entry, Field, Known, Text};

/// A name that is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(super) known: Known,
    pub(super) name: &'a [u8],
}

impl<'a> Asked<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        Self { known: Known::of(name.as_bytes()), name: name.as_bytes() }
    }

    pub(super) fn is(self, field: &Field<'_>) -> bool {
        field.known == self.known && (self.known.is_one_name() || field.name.eq_ignore_ascii_case(self.name))
    }

    #[inline]
    pub(super) fn is_of(self, text: Text<'_>, entry: &Entry) -> bool {
        entry.known == self.known
            && (self.known.is_one_name() || text.name(entry).eq_ignore_ascii_case(self.name))
    }
}

/// A name that the config has, and its class.
#[derive(Debug)]
pub(crate) struct FieldName {
    name: HeaderName,
    known: Known,
}

impl FieldName {
    /// `name` is lower-case.
    pub(crate) const fn from_static(name: &'static str) -> Self {
        Self { name: HeaderName::from_static(name), known: Known::of_lower_case(name.as_bytes()) }
    }

    /// What is asked of fields with it.
    #[inline]
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { known: self.known, name: self.name.as_str().as_bytes() }
    }
}
