//! What becomes of the path on its way to the backend. Only canonical paths come in, and only such go out: what was
//! matched and authorised is what is forwarded.

use castgate_contract::template;

use crate::exchange::Request;
use crate::fields::Known;

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

impl PathEdit {
    /// Appends the target that the backend is asked for.
    pub(super) fn write(&self, request: &Request, buffer: &mut Vec<u8>) {
        let path = request.target.path();
        match *self {
            Self::Keep => return buffer.extend_from_slice(request.target.as_str().as_bytes()),
            Self::Prefix(ref prefix) => {
                prefix.of(path).iter().for_each(|part| buffer.extend_from_slice(part.as_bytes()));
            }
            Self::Rewrite(pieces) => {
                let host = || request.fields.first(Known::Host).unwrap_or_default();
                template::render(pieces, path, host, |text| buffer.extend_from_slice(text.as_bytes()))
            }
        }
        if let Some(query) = request.target.query() {
            buffer.extend_from_slice(b"?");
            buffer.extend_from_slice(query.as_bytes());
        }
    }
}
