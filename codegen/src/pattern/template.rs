//! Templates which build a path from a pattern's parameters: `/v2/{id}/{*rest}`.

use super::segment::is_path_byte;
use super::{PathPattern, PatternError, Segment};

/// A part of a template. Indices count the pattern's segments (which are at most 64) from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePiece {
    /// These bytes.
    Literal(String),
    /// The bytes of this segment of the request's path.
    Segment(u8),
    /// The request's path from this segment to its end, without a slash in front.
    Rest(u8),
}

/// Parses the template `text` over the parameters of `pattern`; adjacent literals are one piece.
pub(crate) fn parse(text: &str, pattern: &PathPattern) -> Result<Vec<TemplatePiece>, PatternError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if !rest.starts_with('{') {
            let end = rest.find('{').unwrap_or(rest.len());
            check_literal(&rest[..end], at)?;
            pieces.push(TemplatePiece::Literal(rest[..end].to_owned()));
            at += end;
            continue;
        }
        let Some(end) = rest.find('}') else {
            return Err(PatternError::new(at..text.len(), "this `{` is not closed"));
        };
        let name = &rest[1..end];
        let range = at..at + end + 1;
        let bare = name.strip_prefix('*').unwrap_or(name);
        let index = pattern.param(bare).and_then(|index| Some((index, u8::try_from(index).ok()?)));
        let Some((index, number)) = index else {
            let known: Vec<&str> = pattern.segments.iter().filter_map(Segment::name).collect();
            let help = if known.is_empty() {
                "the route's path has no parameters".to_owned()
            } else {
                format!("the route's path has `{}`", known.join("`, `"))
            };
            return Err(
                PatternError::new(range, format!("no parameter `{bare}` in the route's path")).help(help)
            );
        };
        let is_rest = matches!(pattern.segments[index], Segment::Rest { .. });
        if is_rest != name.starts_with('*') {
            let right = if is_rest { format!("{{*{bare}}}") } else { format!("{{{bare}}}") };
            let canonical = format!("{}{right}{}", &text[..range.start], &text[range.end..]);
            return Err(
                PatternError::new(range, format!("this parameter is written `{right}`")).canonical(canonical)
            );
        }
        pieces.push(if is_rest { TemplatePiece::Rest(number) } else { TemplatePiece::Segment(number) });
        at += end + 1;
    }
    Ok(pieces)
}

/// What a URL may consist of, so that no template can split a header or a request line.
fn check_literal(text: &str, offset: usize) -> Result<(), PatternError> {
    let is_url_byte = |byte: u8| is_path_byte(byte) || b"/%?#[]".contains(&byte);
    let bad = text.char_indices().find(|(_, char)| !u8::try_from(*char).is_ok_and(is_url_byte));
    match bad {
        None => Ok(()),
        Some((at, char)) => {
            let start = offset + at;
            Err(PatternError::new(start..start + char.len_utf8(), format!("{char:?} cannot stand in a URL"))
                .help("write it percent-encoded"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::MatchKind;

    #[test]
    fn parameters_become_segment_indices() {
        let pattern = PathPattern::parse("/v1/{id}/{*rest}", MatchKind::Prefix).unwrap();
        let pieces = parse("/v2/{id}/x/{*rest}", &pattern).unwrap();
        assert_eq!(
            pieces,
            [
                TemplatePiece::Literal("/v2/".to_owned()),
                TemplatePiece::Segment(1),
                TemplatePiece::Literal("/x/".to_owned()),
                TemplatePiece::Rest(2),
            ]
        );
        for bad in ["/{nope}", "/{id", "/{rest}", "/{*id}", "/a b", "/a\r\n", "/}"] {
            assert!(parse(bad, &pattern).is_err(), "{bad}");
        }
    }
}
