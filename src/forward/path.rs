//! What becomes of the path on its way to the backend. Only canonical paths come in, and only such go out: what was
//! matched and authorised is what is forwarded.

use castgate_contract::template;

/// A piece of a rewritten path.
pub type TemplatePiece = template::TemplatePiece<&'static str>;

/// Another beginning of a path.
pub type PrefixEdit = template::Prefix<&'static str>;

/// What a route does with the path.
#[derive(Clone, Copy, Debug)]
pub enum PathEdit {
    /// Nothing.
    Keep,
    /// Puts another beginning in the place of some segments.
    Prefix(PrefixEdit),
    /// Puts a new path together.
    Rewrite(&'static [TemplatePiece]),
}
