//! Which header fields a policy has to do with.

use crate::model::HeaderName;

/// A field that a middleware writes, and what that leaves to others on the same route.
pub(crate) struct Claim<'a> {
    /// The key of the section which names it; if none does, the section itself.
    pub(crate) key: Option<&'static str>,
    /// Its name in lower case.
    pub(crate) field: &'a str,
    /// What it carries: the request's `id`.
    pub(crate) carries: &'static str,
    pub(crate) held: Held,
    /// What is said of it, of where it was claimed, and what to do about another use.
    pub(crate) said: Said,
}

/// How much of a field is claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// All of it: nobody else has to do with it.
    Whole,
    /// What it says: nobody else writes it.
    Written,
    /// A line: others may have theirs, as long as this one stays.
    Line,
}

impl Held {
    /// Whether who has claimed so much has nobody else do this.
    pub(crate) fn excludes(self, does: Does) -> bool {
        match self {
            Self::Whole => true,
            Self::Written => does != Does::Read,
            Self::Line => does == Does::Replace,
        }
    }
}

impl Claim<'static> {
    /// That of a body with values of the request, which are written as its type asks for.
    pub(crate) const fn of_values(key: Option<&'static str>) -> Self {
        Self {
            key,
            field: "content-type",
            carries: "type of a body",
            held: Held::Written,
            said: Said {
                title: "says how the values in a body are written",
                label: "values of the request in a body",
                clash: Some("as another type, what a client sends could be more than text"),
                help: "say it with the `content_type` of the body",
            },
        }
    }
}

/// What is said of a claim.
pub(crate) struct Said {
    /// Behind the name of the field: `carries the request's id`.
    pub(crate) title: &'static str,
    /// Where it was claimed.
    pub(crate) label: &'static str,
    /// Of another middleware that has to do with it; `None` if that knows itself what goes wrong.
    pub(crate) clash: Option<&'static str>,
    /// What to do.
    pub(crate) help: &'static str,
}

/// Another use of a field.
pub(crate) struct Touch<'a> {
    /// The keys which lead to its name, from the section.
    pub(crate) path: &'static [&'static str],
    pub(crate) field: &'a HeaderName,
    pub(crate) does: Does,
    /// What goes wrong if the field carries something of the gateway's own, whose name it is told.
    pub(crate) clash: fn(&str) -> String,
}

/// What becomes of a field that is touched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Read,
    /// Lines that others have written stay.
    Add,
    /// They are lost.
    Replace,
}

/// What is written before does not stay.
pub(crate) fn written_after(carried: &str) -> String {
    format!("the {carried} is written after this")
}
