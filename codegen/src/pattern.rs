//! The grammar of paths and hosts, and the order in which patterns take a request.
//!
//! This module knows nothing of YAML or of routes: text in, pattern or [`PatternError`] out.

mod foreign;
mod host;
mod hosts;
mod origin;
mod parameters;
mod path;
mod prefix;
mod segment;
mod target;
mod template;

pub use host::{HostPattern, Label};
pub use hosts::Hosts;
pub use origin::OriginPattern;
pub(crate) use parameters::{Parameter, Parameters};
pub use path::{MAX_SEGMENTS, MatchKind, PathPattern};
pub(crate) use prefix::parse as parse_prefix;
pub use segment::{ParamKind, Segment};
pub(crate) use target::{check as check_target, check_query};
pub(crate) use template::{Made, canonical as check_made};

use std::ops::Range;

/// What is wrong with a pattern, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// The part of the pattern's text which is wrong, in bytes.
    pub range: Range<usize>,
    /// One line, without a full stop.
    pub message: String,
    /// How to mend it, if that is not obvious.
    pub help: Option<String>,
    /// The whole pattern without this error, if that is known; it may have others.
    pub canonical: Option<String>,
}

/// More mistakes than this in one pattern are not mended.
const MOST_STEPS: usize = 16;

/// What a pattern becomes when every error of it is mended, one after the other; `None` if one of them cannot be.
pub(crate) fn mended<T>(
    error: &PatternError,
    parse: impl Fn(&str) -> Result<T, PatternError>,
) -> Option<String> {
    let mut text = error.canonical.clone()?;
    for _ in 0..MOST_STEPS {
        match parse(&text) {
            Ok(_) => return Some(text),
            Err(error) => text = error.canonical?,
        }
    }
    None
}

impl PatternError {
    pub(crate) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { range, message: message.into(), help: None, canonical: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn canonical(mut self, canonical: impl Into<String>) -> Self {
        self.canonical = Some(canonical.into());
        self
    }
}
