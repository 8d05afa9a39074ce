//! The words of `lints:`, and the section `allow:`.

use super::kind::Verbatim;
use super::{Section, Shape, section, words};

words! {
    /// What a lint does.
    Level, "level" {
        /// Nothing.
        Allow = "allow";
        /// Warns.
        Warn = "warn";
        /// Stops the build.
        Deny = "deny";
    }
}

/// A list of what somebody is let off.
pub(crate) fn allow() -> Shape {
    Shape::list(Shape::Section(Allow::META))
}

section! {
    /// `allow: [{lint: route-without-auth, reason: "public by design"}]`
    Allow / WrittenAllow {
        /// The name of a lint, required.
        lint: String = Verbatim, needed "the name of a lint, such as `route-without-auth`", example "route-without-auth";
        /// Why, required: for whoever reads the file next.
        reason: String = Verbatim, needed "whoever reads the file next will ask why", example "public by design";
    }
}
