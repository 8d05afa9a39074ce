//! Paths that the gateway makes: of text and of what stands for a segment. What is made is in canonical form for every request
//! (RFC 3986, section 6.2.2), as the requests themselves are: a backend must not read a path otherwise than it was matched and
//! authorised.

use super::PatternError;
use super::segment::canonical_literal;
use castgate_contract::path;
use std::ops::Range;

/// Requires the canonical form of a path without parameters.
pub(super) fn check_literal(path: &str) -> Result<(), PatternError> {
    canonical(path, 0, &[Made { range: 0..path.len(), is_text: true }])
}

/// A part of a path, by its place in the whole text.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) range: Range<usize>,
    /// It stands as it is written; else it stands for a segment, or a part of one.
    pub(crate) is_text: bool,
}

/// A part of one segment.
enum Bit {
    /// In canonical form.
    Literal(String),
    /// As written, with its braces.
    Parameter(String),
}

/// Requires the canonical form of every path that the parts, which begin at `start`, can make. What stands for a segment is never
/// empty, never a dot segment, all of its escapes whole.
pub(crate) fn canonical(text: &str, start: usize, parts: &[Made]) -> Result<(), PatternError> {
    let mut segments: Vec<(Range<usize>, Vec<Bit>)> = Vec::new();
    for part in parts {
        let written = &text[part.range.clone()];
        if !part.is_text {
            let bit = Bit::Parameter(written.to_owned());
            match segments.last_mut() {
                Some((range, bits)) => {
                    range.end = part.range.end;
                    bits.push(bit);
                }
                None => segments.push((part.range.clone(), vec![bit])),
            }
            continue;
        }
        let mut at = part.range.start;
        for (index, raw) in written.split('/').enumerate() {
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
