//! Templates which build a path from a route's parameters: `/v2/{id}/{*rest}`, `/{tenant}/{id}`.
//!
//! What a template makes is in canonical form for every request (RFC 3986, section 6.2.2), as the requests themselves
//! are: a backend must not read a path otherwise than it was matched and authorised.

use super::segment::canonical_literal;
use super::{Parameter, Parameters, PatternError, TemplatePiece};
use castgate_contract::path;
use std::ops::Range;

/// Parses the template `text` over these parameters; adjacent literals are one piece. The path begins at
/// `start`; what is in front (a scheme and a host) is taken as it is.
pub(crate) fn parse(
    text: &str,
    start: usize,
    parameters: Parameters<'_>,
) -> Result<Vec<TemplatePiece>, PatternError> {
    let parts = parts(text, start, parameters)?;
    canonical(text, start, &parts)?;
    let mut pieces: Vec<TemplatePiece> = Vec::new();
    if start > 0 {
        pieces.push(TemplatePiece::Literal(text[..start].to_owned()));
    }
    for part in parts {
        match (part.piece, pieces.last_mut()) {
            (TemplatePiece::Literal(more), Some(TemplatePiece::Literal(literal))) => literal.push_str(&more),
            (piece, _) => pieces.push(piece),
        }
    }
    Ok(pieces)
}

/// Requires the canonical form of a path without parameters.
pub(super) fn check_literal(path: &str) -> Result<(), PatternError> {
    let piece = TemplatePiece::Literal(path.to_owned());
    canonical(path, 0, &[Part { piece, range: 0..path.len() }])
}

/// A piece, and where it is in the text.
struct Part {
    piece: TemplatePiece,
    range: Range<usize>,
}

fn parts(text: &str, start: usize, parameters: Parameters<'_>) -> Result<Vec<Part>, PatternError> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = start;
    while at < text.len() {
        let rest = &text[at..];
        if let Some(Part { piece: TemplatePiece::Rest(_), range }) = parts.last() {
            return Err(PatternError::new(range.clone(), "`{*..}` must be the last of a template")
                .help("it takes all that remains of the path, which may end with a slash"));
        }
        let (piece, end) = if rest.starts_with('{') {
            let end = at + rest.find('}').map_or(rest.len(), |end| end + 1);
            (parameter(text, at..end, parameters)?, end)
        } else {
            let end = at + rest.find('{').unwrap_or(rest.len());
            if let Some(brace) = text[at..end].find('}') {
                let range = at + brace..at + brace + 1;
                return Err(PatternError::new(range, "this `}` closes nothing")
                    .help("a parameter is `{name}` or, last, `{*name}`"));
            }
            (TemplatePiece::Literal(text[at..end].to_owned()), end)
        };
        parts.push(Part { piece, range: at..end });
        at = end;
    }
    Ok(parts)
}

/// The parameter which is written at `range`, with its braces.
fn parameter(
    text: &str,
    range: Range<usize>,
    parameters: Parameters<'_>,
) -> Result<TemplatePiece, PatternError> {
    let Some(name) = text[range.clone()].strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return Err(PatternError::new(range, "this `{` is not closed"));
    };
    let bare = name.strip_prefix('*').unwrap_or(name);
    let Some(found) = parameters.find(bare, &range)? else {
        return Err(PatternError::new(range, format!("no parameter `{bare}` in the route's path"))
            .help(parameters.known()));
    };
    let is_rest = matches!(found, Parameter::Rest(_));
    if is_rest != name.starts_with('*') {
        let right = if is_rest { format!("{{*{bare}}}") } else { format!("{{{bare}}}") };
        let canonical = format!("{}{right}{}", &text[..range.start], &text[range.end..]);
        return Err(
            PatternError::new(range, format!("this parameter is written `{right}`")).canonical(canonical)
        );
    }
    Ok(match found {
        Parameter::Segment(number) => TemplatePiece::Segment(number),
        Parameter::Rest(number) => TemplatePiece::Rest(number),
        Parameter::Label => TemplatePiece::Label,
    })
}

/// A part of one segment.
enum Bit {
    /// In canonical form.
    Literal(String),
    /// As written, with its braces.
    Parameter(String),
}

/// Requires the canonical form of every path that the parts can make. A parameter is a segment of a canonical path, or
/// the label of a host: never empty, never a dot segment, all of its escapes whole.
fn canonical(text: &str, start: usize, parts: &[Part]) -> Result<(), PatternError> {
    let mut segments: Vec<(Range<usize>, Vec<Bit>)> = Vec::new();
    for part in parts {
        let TemplatePiece::Literal(literal) = &part.piece else {
            let bit = Bit::Parameter(text[part.range.clone()].to_owned());
            match segments.last_mut() {
                Some((range, bits)) => {
                    range.end = part.range.end;
                    bits.push(bit);
                }
                None => segments.push((part.range.clone(), vec![bit])),
            }
            continue;
        };
        let mut at = part.range.start;
        for (index, raw) in literal.split('/').enumerate() {
            let range = at..at + raw.len();
            at = range.end + 1;
            let bit = Bit::Literal(canonical_literal(
                raw,
                &range,
                "cannot stand in a path that the gateway makes",
            )?);
            match segments.last_mut() {
                Some((whole, bits)) if index == 0 => {
                    whole.end = range.end;
                    bits.push(bit);
                }
                // What is in front of the first slash is no segment.
                None if index == 0 && raw.is_empty() => {}
                _ => segments.push((range, vec![bit])),
            }
        }
    }
    let written = |bits: &[Bit]| -> String {
        bits.iter()
            .map(|bit| match bit {
                Bit::Literal(text) | Bit::Parameter(text) => text.as_str(),
            })
            .collect()
    };
    for (range, bits) in &segments {
        dot_segment(range, bits, &written(bits))?;
    }
    let last = segments.len().saturating_sub(1);
    let kept = segments.iter().enumerate().filter(|(index, (range, _))| *index == last || !range.is_empty());
    let whole: String = kept.map(|(_, (_, bits))| format!("/{}", written(bits))).collect();
    let whole = format!("{}{whole}", &text[..start]);
    let empty = segments.iter().take(last).find(|(range, _)| range.is_empty());
    if let Some((range, _)) = empty {
        let range = range.start.saturating_sub(1)..range.start + 1;
        return Err(
            PatternError::new(range, "an empty segment (`//`) is read in more than one way").canonical(whole)
        );
    }
    let other = segments.iter().find(|(range, bits)| text[range.clone()] != written(bits));
    match other {
        Some((range, _)) => {
            Err(PatternError::new(range.clone(), "this segment is not in canonical form").canonical(whole))
        }
        None => Ok(()),
    }
}

/// Refuses what a request's path may not hold either: dot segments, and empty ones that only have parameters (`/;a`).
fn dot_segment(range: &Range<usize>, bits: &[Bit], written: &str) -> Result<(), PatternError> {
    let is_only_dots = |text: &str| matches!(text, "." | "..");
    let begins_with_dots = matches!(bits, [Bit::Literal(text), _, ..] if is_only_dots(text));
    let bare = path::bare(written);
    if is_only_dots(bare) || begins_with_dots {
        return Err(PatternError::new(range.clone(), "a dot segment never reaches a backend")
            .help("the gateway resolves or refuses it in a request; write the path that is meant"));
    }
    if bare.is_empty() && !written.is_empty() {
        return Err(PatternError::new(
            range.clone(),
            "a segment of nothing but parameters (`;`) never reaches a backend",
        )
        .help("the gateway refuses it in a request; write what the parameters belong to"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{HostPattern, MatchKind, PathPattern};

    fn pattern() -> PathPattern {
        PathPattern::parse("/v1/{id}/{*rest}", MatchKind::Prefix).unwrap()
    }

    fn parsed(text: &str, start: usize) -> Result<Vec<TemplatePiece>, PatternError> {
        parse(text, start, Parameters::of_path(&pattern()))
    }

    fn error(text: &str) -> PatternError {
        parsed(text, 0).expect_err(text)
    }

    #[test]
    fn a_label_of_the_host_is_a_piece_if_every_host_has_it() {
        let path = pattern();
        let of = |hosts: &[&str]| {
            let hosts: Vec<HostPattern> =
                hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect();
            parse("/{tenant}/{id}", 0, Parameters { path: &path, hosts: &hosts })
        };
        let pieces = of(&["{tenant}.a.com", "{tenant}.b.com"]).unwrap();
        assert_eq!(pieces[1], TemplatePiece::Label);
        for partly in [&["{tenant}.a.com", "b.com"][..], &["{tenant}.a.com", "{other}.b.com"]] {
            assert!(of(partly).unwrap_err().message.contains("has no label `tenant`"));
        }
        assert!(of(&["*.a.com"]).unwrap_err().message.starts_with("no parameter"));
    }

    #[test]
    fn parameters_become_segment_indices() {
        let pieces = parsed("/v2/{id}/x/{*rest}", 0).unwrap();
        assert_eq!(
            pieces,
            [
                TemplatePiece::Literal("/v2/".to_owned()),
                TemplatePiece::Segment(1),
                TemplatePiece::Literal("/x/".to_owned()),
                TemplatePiece::Rest(2),
            ]
        );
        for bad in ["/{nope}", "/{id", "/{rest}", "/{*id}", "/a\r\n", "/}", "/{*rest}/", "/{*rest}.html"] {
            error(bad);
        }
        let url = parsed("http://h:80/{id}", 11).unwrap();
        assert_eq!(url, [TemplatePiece::Literal("http://h:80/".to_owned()), TemplatePiece::Segment(1)]);
        assert_eq!(parsed("http://h", 8), Ok(vec![TemplatePiece::Literal("http://h".to_owned())]));
    }

    #[test]
    fn what_a_template_makes_is_canonical() {
        for good in ["/", "/a/", "/a/{id}/", "/a-{id}.json", "/{id}{id}", "/.well-known/{id}", "/%20", "/..."]
        {
            assert!(parsed(good, 0).is_ok(), "{good}");
        }
        for bad in [
            "/%zz/../x",
            "/%",
            "/%2",
            "/%{id}",
            "/a%2fb",
            "/%5c",
            "/%00",
            "/.",
            "/..",
            "/../a",
            "/a/.",
            "/%2e",
            "/.{id}",
            "/..{id}",
            "/..;a/b",
            "/..%3ba",
            "/;",
            "/;a/b",
            "/%3B{id}",
        ] {
            assert_eq!(error(bad).canonical, None, "{bad}");
        }
        for (written, right) in [
            ("//", "/"),
            ("/a//b", "/a/b"),
            ("//a///{id}//", "/a/{id}/"),
            ("/a b/{id}/%7e%c3%a9", "/a%20b/{id}/~%C3%A9"),
            ("/[{id}]", "/%5B{id}%5D"),
        ] {
            assert_eq!(error(written).canonical.as_deref(), Some(right), "{written}");
            assert!(parsed(right, 0).is_ok(), "{right}");
        }
    }
}
