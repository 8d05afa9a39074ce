//! What becomes of a path that is put together anew, and where a redirect leads. Paths are canonical.

use crate::host::{self, MAX_LABEL};
use crate::segment::{behind, nth};

/// A piece of a template; `T` is its text. Segments are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TemplatePiece<T> {
    /// Text as it stands.
    Literal(T),
    /// A segment of the request's path, by its number.
    Segment(u8),
    /// All segments of the request's path from this number on, without a slash in front.
    Rest(u8),
    /// The label in front of the request's host, in lower case.
    Label,
}

/// Passes on what the pieces make of `path`, bit by bit; the `Host` is asked for only if a piece is a part of it. What a request
/// does not have is empty.
#[inline]
pub fn render<'h, T: AsRef<str>>(
    pieces: &[TemplatePiece<T>],
    path: &str,
    host: impl Fn() -> &'h [u8],
    mut output: impl FnMut(&str),
) {
    let mut buffer = [0; MAX_LABEL];
    for piece in pieces {
        output(match piece {
            TemplatePiece::Literal(text) => text.as_ref(),
            TemplatePiece::Segment(number) => &path[nth(path, usize::from(*number))],
            TemplatePiece::Rest(number) => &path[nth(path, usize::from(*number)).start..],
            TemplatePiece::Label => host::label(host(), &mut buffer).unwrap_or_default(),
        });
    }
}

/// Another beginning of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix<T> {
    /// So many segments are taken off, whatever parameters they have.
    pub taken: usize,
    /// What stands in their place: nothing, or a path without a slash at its end.
    pub put: T,
}

impl<T: AsRef<str>> Prefix<T> {
    /// The path with the other beginning, in two parts. What is left of it keeps its slash, and nothing at all is `/` (Gateway API,
    /// `ReplacePrefixMatch`).
    #[inline]
    pub fn of<'p>(&'p self, path: &'p str) -> [&'p str; 2] {
        match (self.put.as_ref(), &path[behind(path, self.taken)..]) {
            ("", "") => ["", "/"],
            (put, rest) => [put, rest],
        }
    }
}

/// Adds a request's query to the place of a redirect, in front of the fragment (RFC 3986, section 3).
pub fn add_query(location: &mut String, query: &str) {
    let fragment = location.find('#').map(|at| location.split_off(at));
    location.push(if location.contains('?') { '&' } else { '?' });
    location.push_str(query);
    location.push_str(fragment.as_deref().unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_query_goes_in_front_of_the_fragment() {
        for (to, expected) in [
            ("/a", "/a?q=1"),
            ("/a#x", "/a?q=1#x"),
            ("/a?b=2", "/a?b=2&q=1"),
            ("/a?b=2#x?y", "/a?b=2&q=1#x?y"),
            ("https://a.example/#x?y", "https://a.example/?q=1#x?y"),
        ] {
            let mut location = to.to_owned();
            add_query(&mut location, "q=1");
            assert_eq!(location, expected);
        }
    }

    #[test]
    fn a_prefix_is_replaced_without_a_slash_too_many_or_too_few() {
        for (path, taken, put, made) in [
            ("/foo/bar", 1, "/xyz", "/xyz/bar"),
            ("/foo", 1, "/xyz", "/xyz"),
            ("/foo/", 1, "/xyz", "/xyz/"),
            ("/foo/bar", 1, "", "/bar"),
            ("/foo/", 1, "", "/"),
            ("/foo", 1, "", "/"),
            ("/", 0, "/v2", "/v2/"),
            ("/a", 0, "/v2", "/v2/a"),
            ("/a/b/c", 2, "/x/y", "/x/y/c"),
        ] {
            assert_eq!(Prefix { taken, put }.of(path).concat(), made, "{path}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_segments_of_the_path(path in "(/[a-z;=.]{0,12}){1,6}", number in 0u8..8) {
            let segments: Vec<&str> = path[1..].split('/').collect();
            let from = &segments[usize::from(number).min(segments.len())..];
            let pieces = [
                TemplatePiece::Literal("/x/"),
                TemplatePiece::Segment(number),
                TemplatePiece::Label,
                TemplatePiece::Rest(number),
            ];
            let mut made = String::new();
            render(&pieces, &path, || b"Shop.example.com", |text| made.push_str(text));
            prop_assert_eq!(made, format!("/x/{}shop{}", from.first().unwrap_or(&""), from.join("/")));
        }
    }
}
