//! Path patterns: `/users/{id:uint}`, `/files/{*rest}`.
//!
//! A path is split at every `/` after its first byte: `/` is one empty segment, `/a/` is `a` and an empty one.
//! A prefix pattern loses its trailing slash (`/api/` is `/api`, `/` has no segments and matches every path);
//! an exact pattern keeps it as an empty literal, so that `/a/` and `/a` differ.

use super::segment::{ParamKind, Segment};
use super::{PatternError, foreign};
pub use crate::language::route::MatchKind;
use castgate_contract::built_in::{self, BuiltIn};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

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

impl PathPattern {
    /// What the gateway itself may answer at the one path of an exact pattern, or at that of which this is the prefix.
    pub fn built_in(&self) -> Option<BuiltIn> {
        let [Segment::Literal(name)] = self.segments.as_slice() else { return None };
        built_in::at(&format!("/{name}"))
    }

    /// Parses a pattern as written, `exact` being its `match` key.
    pub fn parse(text: &str, kind: MatchKind) -> Result<Self, PatternError> {
        let whole = 0..text.len();
        if text.trim() != text {
            return Err(PatternError::new(whole, "a path has no spaces at its ends").canonical(text.trim()));
        }
        let Some(path) = text.strip_prefix('/') else {
            if let Some(rest) = text.strip_prefix('^') {
                return Err(PatternError::new(whole, "a path pattern is no regular expression")
                    .help("a segment is text, `{name}`, `{name:uint}`, `{name:uuid}` or, as the last, `{*name}`")
                    .canonical(foreign::expression(rest)));
            }
            if text.contains("://") {
                return Err(PatternError::new(whole, "a path pattern has neither scheme nor host")
                    .help("the host goes in the route's `host`"));
            }
            return Err(PatternError::new(whole, "a path must start with `/`").canonical(format!("/{text}")));
        };
        if let Some(at) = text.find(['?', '#']) {
            return Err(PatternError::new(at..text.len(), "a path pattern has neither query nor fragment")
                .help("match query parameters with the route's `query` map"));
        }
        if let Some(at) = text.find("//") {
            let mut canonical = text.to_owned();
            while canonical.contains("//") {
                canonical = canonical.replace("//", "/");
            }
            return Err(PatternError::new(at..at + 2, "an empty segment (`//`) can never match")
                .help("the gateway normalises a request's path before it matches it")
                .canonical(canonical));
        }
        let mut segments = Vec::new();
        let mut ranges = Vec::new();
        // A prefix pattern's trailing slash says nothing that its segments do not.
        let path = if kind == MatchKind::Prefix { path.strip_suffix('/').unwrap_or(path) } else { path };
        if !(kind == MatchKind::Prefix && path.is_empty()) {
            let mut start = 1;
            for raw in path.split('/') {
                let range = start..start + raw.len();
                start = range.end + 1;
                let is_last = range.end == path.len() + 1;
                segments.push(Segment::parse(text, raw, range.clone(), is_last)?);
                ranges.push(range);
            }
        }
        if segments.len() > MAX_SEGMENTS {
            return Err(PatternError::new(
                0..text.len(),
                format!("a path has at most {MAX_SEGMENTS} segments, this one has {}", segments.len()),
            ));
        }
        let mut names = BTreeSet::new();
        for (segment, range) in segments.iter().zip(ranges) {
            if let Some(name) = segment.name().filter(|name| !names.insert(*name)) {
                return Err(PatternError::new(
                    range,
                    format!("parameter `{name}` occurs twice in this path"),
                )
                .help("each has a name of its own"));
            }
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
        longer_first.then(other.kind.cmp(&self.kind))
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

/// The pattern in canonical form, as the reference writes it.
impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        self.segments.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
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
            "//", "/a//", "/a//b", "/a/./b", "/..;a", "/.;", "/../a", "/%2e%2e", "/a%2Fb", "/a%5cb", "/a%00",
            "/a%", "/a%zz", "/a?b", "/a#b", "",
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
