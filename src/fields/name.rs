//! A name of the config: its class is found when the gateway is built, and not at each request.

use http::HeaderName;

use super::{Asked, Known};

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
