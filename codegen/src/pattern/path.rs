//! Path patterns: `/users/{id:uint}`, `/files/{*rest}`.
//!
//! A path is split at every `/` after its first byte: `/` is one empty segment, `/a/` is `a` and an empty one.
//! A prefix pattern loses its trailing slash (`/api/` is `/api`, `/` has no segments and matches every path);
//! an exact pattern keeps it as an empty literal, so that `/a/` and `/a` differ.

use super::PatternError;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

/// More segments than this are an error; matchers may rely on it.
pub const MAX_SEGMENTS: usize = 64;

/// A path pattern in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    /// At most [`MAX_SEGMENTS`]; a [`Segment::Rest`] is always the last.
    pub segments: Vec<Segment>,
    /// What may follow the segments. A pattern that ends in [`Segment::Rest`] is always [`MatchKind::Prefix`].
    pub kind: MatchKind,
}

/// Whether a pattern must match the whole path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchKind {
    /// The path has these segments and no more.
    Exact,
    /// The path begins with these segments.
    Prefix,
}

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
    /// `{*rest}`: all that remains of the path, at least one segment that is not empty.
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

impl PathPattern {
    /// Parses a pattern as written, `exact` being its `match` key.
    pub fn parse(text: &str, kind: MatchKind) -> Result<Self, PatternError> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(
                PatternError::new(0..text.len(), "a path must start with `/`").canonical(format!("/{text}"))
            );
        };
        if let Some(at) = text.find(['?', '#']) {
            return Err(PatternError::new(at..text.len(), "a path pattern has neither query nor fragment")
                .help("match query parameters with the route's `query` map"));
        }
        let mut segments = Vec::new();
        // A prefix pattern's trailing slash says nothing that its segments do not.
        let path = if kind == MatchKind::Prefix { path.strip_suffix('/').unwrap_or(path) } else { path };
        if !(kind == MatchKind::Prefix && path.is_empty()) {
            let mut start = 1;
            for raw in path.split('/') {
                let range = start..start + raw.len();
                start = range.end + 1;
                let is_last = range.end == path.len() + 1;
                segments.push(segment(text, raw, range, is_last)?);
            }
        }
        if segments.len() > MAX_SEGMENTS {
            return Err(PatternError::new(
                0..text.len(),
                format!("a path has at most {MAX_SEGMENTS} segments, this one has {}", segments.len()),
            ));
        }
        let mut names: Vec<&str> = segments.iter().filter_map(Segment::name).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let at = text.rfind(pair[0]).unwrap_or(0);
            return Err(PatternError::new(
                at..at + pair[0].len(),
                format!("parameter `{}` occurs twice in this path", pair[0]),
            ));
        }
        let ends_in_rest = matches!(segments.last(), Some(Segment::Rest { .. }));
        let kind = if ends_in_rest { MatchKind::Prefix } else { kind };
        Ok(Self { segments, kind })
    }

    /// The index of the segment which the parameter of this name takes.
    pub fn param(&self, name: &str) -> Option<usize> {
        self.segments.iter().position(|segment| segment.name() == Some(name))
    }

    /// The order in which patterns take a request: `Less` goes first, `Equal` means the same shape.
    ///
    /// Segment by segment from the left, literal before `uint`/`uuid` before plain parameter before rest; a
    /// longer pattern before its own prefix; an exact pattern before a prefix of the same segments. Two
    /// different literals (and `uint` and `uuid`) never match the same path; they are ordered all the same, so
    /// that sorting is total.
    pub fn precedence(&self, other: &Self) -> Ordering {
        for (a, b) in self.segments.iter().zip(&other.segments) {
            let order = a.precedence(b);
            if order.is_ne() {
                return order;
            }
        }
        let longer_first = other.segments.len().cmp(&self.segments.len());
        longer_first.then(self.kind.cmp(&other.kind))
    }

    /// The literal segments in front, as a path without a trailing slash: `/users` of `/users/{id}`.
    pub fn literal_prefix(&self) -> String {
        let literals = self.segments.iter().map_while(|segment| match segment {
            Segment::Literal(text) => Some(text),
            Segment::Param { .. } | Segment::Rest { .. } => None,
        });
        literals.fold(String::new(), |path, text| path + "/" + text)
    }

    /// A path which this pattern matches, to show in diagnostics.
    pub fn example(&self) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            path.push_str(match segment {
                Segment::Literal(text) => text,
                Segment::Param { kind: ParamKind::Uint, .. } => "1",
                Segment::Param { kind: ParamKind::Uuid, .. } => "00000000-0000-0000-0000-000000000000",
                Segment::Param { kind: ParamKind::Any, .. } | Segment::Rest { .. } => "x",
            });
        }
        if path.is_empty() { "/".to_owned() } else { path }
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
}

/// The pattern in canonical form, as the reference writes it.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        for segment in &self.segments {
            match segment {
                Segment::Literal(text) => write!(f, "/{text}")?,
                Segment::Param { name, kind: ParamKind::Any } => write!(f, "/{{{name}}}")?,
                Segment::Param { name, kind: ParamKind::Uint } => write!(f, "/{{{name}:uint}}")?,
                Segment::Param { name, kind: ParamKind::Uuid } => write!(f, "/{{{name}:uuid}}")?,
                Segment::Rest { name } => write!(f, "/{{*{name}}}")?,
            }
        }
        Ok(())
    }
}

/// Parses one segment; `range` is where it is in `text`, the whole pattern.
fn segment(text: &str, raw: &str, range: Range<usize>, is_last: bool) -> Result<Segment, PatternError> {
    if raw.contains(['{', '}']) {
        return param(raw, range, is_last);
    }
    // Only the trailing slash of an exact pattern gets here with nothing in it.
    if raw.is_empty() && is_last {
        return Ok(Segment::Literal(String::new()));
    }
    let canonical = canonical_literal(raw, &range)?;
    if raw.is_empty() || canonical == "." || canonical == ".." {
        let what = if raw.is_empty() { "an empty segment (`//`)" } else { "a dot segment" };
        return Err(PatternError::new(range, format!("{what} can never match"))
            .help("the gateway normalises a request's path before it matches it"));
    }
    if canonical != raw {
        let whole = format!("{}{canonical}{}", &text[..range.start], &text[range.end..]);
        return Err(PatternError::new(range, "this segment is not in canonical form").canonical(whole));
    }
    Ok(Segment::Literal(canonical))
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

fn check_name(name: &str, range: &Range<usize>) -> Result<(), PatternError> {
    let mut bytes = name.bytes();
    let starts_well = bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    if starts_well && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(());
    }
    Err(PatternError::new(range.clone(), format!("`{name}` is not a parameter name"))
        .help("a name has ASCII letters, digits and `_`, and does not start with a digit"))
}

/// RFC 3986's form of a literal segment: needless escapes decoded, needed ones made, hex in capitals.
fn canonical_literal(raw: &str, range: &Range<usize>) -> Result<String, PatternError> {
    let bytes = raw.as_bytes();
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte != b'%' {
            push_byte(&mut out, byte, is_path_byte(byte));
            at += 1;
            continue;
        }
        let here = range.start + at..range.start + (at + 3).min(bytes.len());
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let decoded = hex
            .filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match decoded {
            None => {
                return Err(PatternError::new(here, "`%` must be followed by two hex digits")
                    .help("a literal `%` is written `%25`"));
            }
            Some(b'/' | b'\\' | 0) => {
                return Err(PatternError::new(here, "this escape can never match")
                    .help("the gateway answers a path with `%2F`, `%5C` or `%00` in it with 400"));
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

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986 `pchar`, but for its percent escapes.
pub(crate) fn is_path_byte(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> PathPattern {
        PathPattern::parse(text, MatchKind::Prefix).unwrap()
    }

    fn exact(text: &str) -> PathPattern {
        PathPattern::parse(text, MatchKind::Exact).unwrap()
    }

    fn error(text: &str) -> PatternError {
        PathPattern::parse(text, MatchKind::Prefix).unwrap_err()
    }

    #[test]
    fn a_trailing_slash_counts_only_on_exact_patterns() {
        assert_eq!(prefix("/api/"), prefix("/api"));
        assert_eq!(prefix("/").segments, []);
        assert_ne!(exact("/a/"), exact("/a"));
        assert_eq!(exact("/").segments, [Segment::Literal(String::new())]);
        assert_eq!(exact("/a/").to_string(), "/a/");
    }

    #[test]
    fn parameters_are_whole_segments_with_unique_names() {
        assert_eq!(prefix("/u/{id:uint}/{x}/{*rest}").to_string(), "/u/{id:uint}/{x}/{*rest}");
        assert_eq!(exact("/f/{*rest}").kind, MatchKind::Prefix);
        for bad in ["/a{id}", "/{id", "/{}", "/{1a}", "/{a}/{a}", "/{*rest}/x", "/{id:int}", "/{{a}}"] {
            error(bad);
        }
    }

    #[test]
    fn literals_must_be_canonical() {
        assert_eq!(error("/caf\u{e9}").canonical.as_deref(), Some("/caf%C3%A9"));
        assert_eq!(error("/a%7Eb/c").canonical.as_deref(), Some("/a~b/c"));
        assert_eq!(error("/a%c3%a9").canonical.as_deref(), Some("/a%C3%A9"));
        assert_eq!(error("api").canonical.as_deref(), Some("/api"));
        for bad in [
            "/a//b", "/a/./b", "/../a", "/%2e%2e", "/a%2Fb", "/a%5cb", "/a%00", "/a%", "/a%zz", "/a?b",
            "/a#b", "",
        ] {
            error(bad);
        }
    }

    #[test]
    fn errors_point_into_the_text() {
        let text = "/a/b%2Fc";
        assert_eq!(&text[error(text).range], "%2F");
    }

    #[test]
    fn precedence_is_left_to_right() {
        let ordered = [
            exact("/a/b"),
            prefix("/a/b"),
            prefix("/a/{id:uint}"),
            prefix("/a/{x}/c"),
            prefix("/a/{x}"),
            prefix("/a/{*rest}"),
            prefix("/a"),
            prefix("/{x}/b"),
            prefix("/"),
        ];
        for pair in ordered.windows(2) {
            assert_eq!(pair[0].precedence(&pair[1]), Ordering::Less, "{} before {}", pair[0], pair[1]);
        }
        assert_eq!(prefix("/{a}").precedence(&prefix("/{b}")), Ordering::Equal);
    }
}
