//! Segments of path patterns: literals in canonical form, and parameters.

use super::{PatternError, foreign};
use crate::diagnostic::quoted;
use castgate_contract::path::{self, is_path_byte, is_unreserved};
use castgate_contract::segment;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

/// One segment of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// These bytes, in canonical form; empty only for the trailing slash of an exact pattern.
    Literal(String),
    /// `{name}`, `{name:uint}`, `{name:uuid}`: one segment, never an empty one.
    Param {
        /// Unique in its pattern.
        name: String,
        /// What it accepts.
        kind: ParamKind,
    },
    /// `{*rest}`: all that remains of the path behind a slash, perhaps nothing.
    Rest {
        /// Unique in its pattern.
        name: String,
    },
}

/// What a parameter accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParamKind {
    /// 1 to 20 decimal digits.
    Uint,
    /// 8-4-4-4-12 hex digits, either case. Never overlaps with [`ParamKind::Uint`].
    Uuid,
    /// Any segment that is not empty.
    Any,
}

impl ParamKind {
    /// Whether a segment of a request's path is of this kind.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Uint => segment::is_uint(text.as_bytes()),
            Self::Uuid => segment::is_uuid(text.as_bytes()),
            Self::Any => !text.is_empty(),
        }
    }
}

impl Segment {
    /// The parameter's name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Param { name, .. } | Self::Rest { name } => Some(name),
        }
    }

    /// As a template has it: `{id}`, `{*rest}`.
    pub(crate) fn parameter(&self) -> Option<String> {
        match self {
            Self::Literal(_) => None,
            Self::Param { name, .. } => Some(format!("{{{name}}}")),
            Self::Rest { name } => Some(format!("{{*{name}}}")),
        }
    }

    /// What segments of the same kind have in common: its text, or its type. No literal has a brace in it.
    pub(crate) fn shape(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Param { kind: ParamKind::Uint, .. } => "{:uint}",
            Self::Param { kind: ParamKind::Uuid, .. } => "{:uuid}",
            Self::Param { kind: ParamKind::Any, .. } => "{}",
            Self::Rest { .. } => "{*}",
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Param { kind: ParamKind::Uint, .. } => 1,
            Self::Param { kind: ParamKind::Uuid, .. } => 2,
            Self::Param { kind: ParamKind::Any, .. } => 3,
            Self::Rest { .. } => 4,
        }
    }

    /// `Less` goes first. Names of parameters do not count.
    pub fn precedence(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Literal(a), Self::Literal(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// Parses one segment; `range` is where it is in `text`, the whole pattern.
    pub(super) fn parse(
        text: &str,
        raw: &str,
        range: Range<usize>,
        is_last: bool,
    ) -> Result<Self, PatternError> {
        let instead = |new: &str| format!("{}{new}{}", &text[..range.start], &text[range.end..]);
        if raw.contains(['{', '}']) {
            return param(raw, range.clone(), is_last).map_err(|error| {
                match foreign::segment(raw, is_last, text) {
                    Some(here) => error.canonical(instead(&here)),
                    None => error,
                }
            });
        }
        // What could stand in a request's path may be meant as it is: then it is a matter of a lint.
        let is_path = raw.bytes().all(is_path_byte);
        if let Some(here) = foreign::segment(raw, is_last, text).filter(|_| !is_path) {
            let message = format!("{} is only text here", quoted(raw));
            return Err(PatternError::new(range.clone(), message)
                .help("a pattern has parameters, and no regular expressions: `{name}`, `{name:uint}`, `{name:uuid}`, `{*name}`")
                .canonical(instead(&here)));
        }
        // Only the trailing slash of an exact pattern gets here with nothing in it.
        if raw.is_empty() && is_last {
            return Ok(Segment::Literal(String::new()));
        }
        let canonical = canonical_literal(raw, &range, "is not matched as text")?;
        // With a path parameter (`..;a`) some servers resolve them and some do not.
        let is_dots = |dots: &str| {
            canonical.strip_prefix(dots).is_some_and(|rest| rest.is_empty() || rest.starts_with(';'))
        };
        if is_dots(".") || is_dots("..") {
            let error = PatternError::new(range.clone(), "a dot segment can never match")
                .help("the gateway normalises a request's path before it matches it");
            // Of a single dot nothing is left in a request's path.
            let gone = || format!("{}{}", &text[..range.start], text[range.end..].trim_start_matches('/'));
            return Err(if canonical == "." { error.canonical(gone()) } else { error });
        }
        if path::bare(&canonical) != canonical {
            return Err(PatternError::new(range, "a segment is matched without its parameters (`;`)")
                .help("leave them out of the path; `path_parameters: keep` on the route lets them through"));
        }
        // A request's escape of what needs none is no other segment.
        let canonical = path::spelled(&canonical).into_owned();
        if canonical != raw {
            let whole = instead(&canonical);
            return Err(PatternError::new(range, "this segment is not in canonical form").canonical(whole));
        }
        Ok(Segment::Literal(canonical))
    }
}

/// As the reference writes it.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Param { name, kind: ParamKind::Any } => write!(f, "{{{name}}}"),
            Self::Param { name, kind: ParamKind::Uint } => write!(f, "{{{name}:uint}}"),
            Self::Param { name, kind: ParamKind::Uuid } => write!(f, "{{{name}:uuid}}"),
            Self::Rest { name } => write!(f, "{{*{name}}}"),
        }
    }
}

fn param(raw: &str, range: Range<usize>, is_last: bool) -> Result<Segment, PatternError> {
    let inner = raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner.filter(|inner| !inner.contains(['{', '}'])) else {
        return Err(PatternError::new(range, "a parameter must be a whole segment")
            .help("write `/{name}`, `/{name:uint}`, `/{name:uuid}` or, last, `/{*name}`"));
    };
    if let Some(name) = inner.strip_prefix('*') {
        check_name(name, &range)?;
        if !is_last {
            return Err(PatternError::new(
                range,
                "`{*..}` takes all that remains, so it must be the last segment",
            ));
        }
        return Ok(Segment::Rest { name: name.to_owned() });
    }
    let (name, kind) = match inner.split_once(':') {
        None => (inner, ParamKind::Any),
        Some((name, "uint")) => (name, ParamKind::Uint),
        Some((name, "uuid")) => (name, ParamKind::Uuid),
        Some((_, other)) => {
            return Err(PatternError::new(range, format!("unknown parameter type `{other}`"))
                .help("the types are `uint` (1 to 20 digits) and `uuid`"));
        }
    };
    check_name(name, &range)?;
    Ok(Segment::Param { name: name.to_owned(), kind })
}

pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn check_name(name: &str, range: &Range<usize>) -> Result<(), PatternError> {
    if is_name(name) {
        return Ok(());
    }
    Err(PatternError::new(range.clone(), format!("`{name}` is not a parameter name"))
        .help("a name has ASCII letters, digits and `_`, and does not start with a digit"))
}

/// RFC 3986's form of a literal segment: needless escapes decoded, needed ones made, hex in capitals.
/// `fate` is what becomes of an escape that the gateway refuses.
pub(super) fn canonical_literal(raw: &str, range: &Range<usize>, fate: &str) -> Result<String, PatternError> {
    let bytes = raw.as_bytes();
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b'\\' || byte.is_ascii_control() {
            let here = range.start + at..range.start + at + 1;
            let error = PatternError::new(here, format!("{:?} cannot stand in a path", char::from(byte)));
            return Err(match byte {
                b'\\' => error.help("segments are separated by `/`"),
                _ => error,
            });
        }
        if byte != b'%' {
            push_byte(&mut out, byte, is_path_byte(byte));
            at += 1;
            continue;
        }
        let here = range.start + at..range.start + (at + 3).min(bytes.len());
        let decoded = bytes[at + 1..].first_chunk().and_then(|digits| path::escaped(*digits));
        match decoded {
            None => {
                return Err(PatternError::new(here, "`%` must be followed by two hex digits")
                    .help("a literal `%` is written `%25`"));
            }
            Some(b'/' | b'\\') => {
                return Err(PatternError::new(here, format!("this escape {fate}"))
                    .help("a parameter (`{name}`) takes a segment with `%2F` or `%5C` in it, if the route says `encoded_slashes: keep`"));
            }
            Some(0) => {
                return Err(PatternError::new(here, "`%00` cannot stand in a path")
                    .help("the gateway answers a path with `%00` in it with 400"));
            }
            Some(byte) => push_byte(&mut out, byte, is_unreserved(byte)),
        }
        at += 3;
    }
    Ok(out)
}

fn push_byte(out: &mut String, byte: u8, as_is: bool) {
    if as_is {
        out.push(char::from(byte));
    } else {
        out.push_str(&format!("%{byte:02X}"));
    }
}
