//! The words of `lints:`, and the section `allow:`.

use super::kind::{Verbatim, Word};
use super::{KeyMeta, Kind, Section, SectionMeta, Shape, Without, Words, section};
use crate::lint::{Level, Lint, registry};

impl Words for Level {
    const WHAT: &'static str = "level";
    const ALL: &'static [(&'static str, Self)] =
        &[("allow", Self::Allow), ("warn", Self::Warn), ("deny", Self::Deny)];
}

macro_rules! section_of_lints {
    ($($(#[doc = $doc:literal])* $code:ident $level:ident;)*) => {
        impl Words for Lint {
            const WHAT: &'static str = "lint";
            const ALL: &'static [(&'static str, Self)] = &[$((Self::$code.name(), Self::$code)),*];
        }

        /// What there is to know of `lints:`.
        pub(crate) const LINTS: &SectionMeta = &SectionMeta {
            written: "Lints",
            about: &["`lints: {route-without-auth: deny, route-without-test: warn}`; the levels are `allow`, `warn`, `deny`."],
            keys: &[$(
                KeyMeta {
                    name: Lint::$code.name(),
                    doc: &[$($doc),*],
                    shape: || Kind::<Level>::shape(&Word),
                    codes: Vec::new,
                    without: || Without::default(&Word, &Level::$level, ""),
                    example: "deny",
                },
            )*],
        };
    };
}

registry!(section_of_lints);

/// A list of what somebody is let off.
pub(crate) fn allow() -> Shape {
    Shape::list(Shape::Section(Allow::META))
}

section! {
    /// `allow: [{lint: route-without-auth, reason: "public by design"}]`
    Allow / WrittenAllow {
        /// The name of a lint, required.
        lint: Lint = Word, needed "the name of a lint, such as `route-without-auth`", example "route-without-auth";
        /// Why, required: for whoever reads the file next.
        reason: String = Verbatim, needed "whoever reads the file next will ask why", example "public by design";
    }
}
