//! What becomes of the path on its way to the backend. Only canonical paths come in, and only such go out: what was
//! matched and authorised is what is forwarded.

use http::Uri;
use http::uri::PathAndQuery;

use crate::error::{Error, Reason};
use crate::route::nth_segment;
use crate::server::Worker;

/// A piece of a rewritten path.
#[derive(Clone, Copy, Debug)]
pub enum TemplatePiece {
    /// Text as it stands.
    Literal(&'static str),
    /// A segment of the request's path, by its number.
    Segment(u8),
    /// All segments of the request's path from this number on.
    Rest(u8),
}

impl TemplatePiece {
    /// Appends what the pieces make of `path`.
    pub(crate) fn render(pieces: &[Self], path: &str, output: &mut String) {
        for piece in pieces {
            match *piece {
                Self::Literal(text) => output.push_str(text),
                Self::Segment(number) => output.push_str(&path[nth_segment(path, usize::from(number))]),
                Self::Rest(number) => output.push_str(&path[nth_segment(path, usize::from(number)).start..]),
            }
        }
    }
}

/// What a route does with the path.
#[derive(Clone, Copy, Debug)]
pub enum PathEdit {
    /// Nothing.
    Keep,
    /// Cuts off a literal prefix of this many bytes; what remains begins with a slash.
    Strip(usize),
    /// Puts a new path together.
    Rewrite(&'static [TemplatePiece]),
}

impl PathEdit {
    /// The new target, or `None` if the old one stands. The query is kept.
    #[inline]
    pub(crate) fn apply(&self, uri: &Uri, worker: &Worker) -> Result<Option<Uri>, Error> {
        let mut target = worker.text();
        match *self {
            Self::Keep => return Ok(None),
            Self::Strip(length) => {
                let rest = uri.path().get(length..).unwrap_or_default();
                if !rest.starts_with('/') {
                    target.push('/');
                }
                target.push_str(rest);
            }
            Self::Rewrite(pieces) => TemplatePiece::render(pieces, uri.path(), &mut target),
        }
        // A path that begins with two slashes would be an authority to whoever resolves it against a base.
        if let Some(rest) = target.strip_prefix("//") {
            let rest = rest.trim_start_matches('/').to_owned();
            target.truncate(1);
            target.push_str(&rest);
        }
        if let Some(query) = uri.query() {
            target.push('?');
            target.push_str(query);
        }
        let path = PathAndQuery::from_maybe_shared(worker.bytes(target.as_bytes()))
            .map_err(|_| Reason::BadRequest)?;
        Ok(Some(Uri::from(path)))
    }
}
