//! Which header fields a policy has to do with.

use crate::model::HeaderName;

/// A field that is written by one middleware alone, and can have no other use on the same route.
pub(crate) struct Claim<'a> {
    /// The key of the section which names it.
    pub(crate) key: &'static str,
    pub(crate) field: &'a HeaderName,
    /// What it carries: the request's `id`.
    pub(crate) carries: &'static str,
}

/// Another use of a field.
pub(crate) struct Touch<'a> {
    /// The keys which lead to its name, from the section.
    pub(crate) path: &'static [&'static str],
    pub(crate) field: &'a HeaderName,
    /// What goes wrong if the field carries something of the gateway's own, whose name it is told.
    pub(crate) clash: fn(&str) -> String,
}

/// What is written before does not stay.
pub(crate) fn written_after(carried: &str) -> String {
    format!("the {carried} is written after this")
}
