//! Places that are put together of text and values: the path of a rewrite, and where a redirect leads. What a client chooses is
//! encoded for the part of the URL that it stands in, so the parts are known here; the host is nobody's choice but the config's.

use super::{Captures, foreign, source::source};
use crate::diagnostic::quoted;
use crate::model::{Part, Piece, RequestText, Source};
use crate::pattern::{Made, PatternError, check_made, check_query};
use castgate_contract::authority::Authority;
use std::ops::Range;

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A path, and perhaps a query: what a backend is asked.
    Path,
    /// The same, or a whole URL: where a client is sent.
    Anywhere,
}

/// Beginnings of a URL.
const SCHEMES: [&str; 3] = ["http://", "https://", "{request.scheme}://"];

/// Takes a template apart.
pub(crate) fn parse(text: &str, place: Place, captures: &Captures) -> Result<RequestText, PatternError> {
    let tokens = tokens(text, captures)?;
    let of_scheme = SCHEMES.iter().find(|scheme| place == Place::Anywhere && text.starts_with(**scheme));
    let scheme = of_scheme.map_or(0, |scheme| scheme.len());
    begins(text, scheme > 0, place, &tokens)?;
    let found = |from: usize, chars: &[char]| first(text, &tokens, from, chars);
    let whole_path = tokens.iter().find(|token| token.is(&Source::Path) && token.range.start >= scheme);
    let path = match scheme {
        0 => 0,
        scheme => {
            let end = found(scheme, &['/', '?', '#']);
            whole_path.map_or(end, |token| end.min(token.range.start))
        }
    };
    if scheme > 0 {
        authority(text, scheme..path, &tokens, captures)?;
    }
    let query = found(path, &['?', '#']);
    self::path(text, path..query, &tokens)?;
    self::query(text, query, &tokens)?;
    Ok(RequestText { parts: tokens.into_iter().map(|token| token.part).collect() })
}

/// A part, and where it is in the text.
struct Token {
    part: Part,
    range: Range<usize>,
}

impl Token {
    fn source(&self) -> Option<&Source> {
        match &self.part {
            Part::Request(source) => Some(source),
            Part::Late(_) => None,
        }
    }

    fn is(&self, source: &Source) -> bool {
        self.source() == Some(source)
    }
}

fn tokens(text: &str, captures: &Captures) -> Result<Vec<Token>, PatternError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(found) = foreign::variable(rest) {
            return Err(found.error(text, at));
        }
        let (part, length) = match first {
            '{' => {
                if let Some(inner) = rest.strip_prefix("{{").and_then(|inner| inner.split_once("}}")) {
                    let end = at + inner.0.len() + 4;
                    let bare = inner.0.trim().trim_start_matches('.');
                    let right = format!("{}{{{bare}}}{}", &text[..at], &text[end..]);
                    let message = "a value stands in one pair of braces";
                    return Err(PatternError::new(at..end, message)
                        .help("a brace of the text itself is `%7B` or `%7D`")
                        .canonical(right));
                }
                let Some(length) = rest.find('}').map(|end| end + 1) else {
                    return Err(PatternError::new(at..text.len(), "this `{` is not closed"));
                };
                (Part::Request(source(text, at..at + length, captures)?), length)
            }
            '}' => {
                return Err(PatternError::new(at..at + 1, "this `}` closes nothing")
                    .help("a parameter is `{name}` or, last, `{*name}`"));
            }
            first => {
                let next = rest[first.len_utf8()..].find(['{', '}', '$', '%']);
                let length = next.map_or(rest.len(), |next| first.len_utf8() + next);
                (Part::Late(Piece::Literal(rest[..length].to_owned())), length)
            }
        };
        match (&part, tokens.last_mut()) {
            (
                Part::Late(Piece::Literal(more)),
                Some(Token { part: Part::Late(Piece::Literal(text)), range }),
            ) => {
                text.push_str(more);
                range.end += length;
            }
            _ => tokens.push(Token { part, range: at..at + length }),
        }
        at += length;
    }
    Ok(tokens)
}

/// Where one of these characters is first written as text; else the end.
fn first(text: &str, tokens: &[Token], from: usize, chars: &[char]) -> usize {
    let texts = tokens.iter().filter(|token| token.source().is_none() && token.range.end > from);
    let mut found = texts.filter_map(|token| {
        let start = token.range.start.max(from);
        text[start..token.range.end].find(chars).map(|at| start + at)
    });
    found.next().unwrap_or(text.len())
}

fn begins(text: &str, has_scheme: bool, place: Place, tokens: &[Token]) -> Result<(), PatternError> {
    let starts_with_path = tokens.first().is_some_and(|token| token.is(&Source::Path));
    let is_path = text.starts_with('/') && (place == Place::Path || !text.starts_with("//"));
    if has_scheme || starts_with_path || is_path {
        return Ok(());
    }
    if place == Place::Path {
        let error = PatternError::new(0..text.len(), "a path starts with `/`");
        return Err(error.canonical(format!("/{}", text.trim_start_matches('/'))));
    }
    if let Some(token) = tokens.first().filter(|token| token.source().is_some_and(|of| *of != Source::Scheme))
    {
        let value = &text[token.range.clone()];
        let message = format!("a redirect that begins with `{value}` leads wherever it says");
        return Err(PatternError::new(token.range.clone(), message).help(
            "begin with `/`, or with `https://` and a host; a value may stand in the path and in the query",
        ));
    }
    let message = format!("{} is neither a path nor an absolute URL", quoted(text));
    Err(PatternError::new(0..text.len(), message).help("write `/path` or `https://host/path`"))
}

/// The host and the port: what a client could choose there would lead to another site.
fn authority(
    text: &str,
    range: Range<usize>,
    tokens: &[Token],
    captures: &Captures,
) -> Result<(), PatternError> {
    // What stands for a value, so that the rest can be looked at.
    let mut sample = text[range.clone()].to_owned();
    for token in tokens.iter().rev().filter(|token| range.contains(&token.range.start)) {
        let Some(source) = token.source() else { continue };
        let is_last = token.range.end == range.end;
        let stands_for = match source {
            Source::Label { .. } if !is_of_a_domain(&text[token.range.end..range.end]) => {
                return Err(of_no_domain(text, token));
            }
            Source::Label { .. } => "label",
            Source::Host => of_the_config(&token.range, captures)?,
            Source::Port if is_last && text[..token.range.start].ends_with(':') => "80",
            _ => return Err(chosen(text, token)),
        };
        let within = token.range.start - range.start..token.range.end - range.start;
        sample.replace_range(within, stands_for);
    }
    let why = match Authority::parse(&sample) {
        _ if sample.contains('@') => {
            "there is no user in front of it: browsers warn of that, and people are misled by it"
        }
        Ok(_) => return Ok(()),
        Err(why) => why,
    };
    let message = format!("{} is not a host to be redirected to", quoted(&text[range.clone()]));
    Err(PatternError::new(if range.is_empty() { 0..text.len() } else { range }, message).help(why))
}

/// Whether what follows a label in a host is a domain of two names or more, which is somebody's: `{tenant}.com` is whoever's
/// that has bought it.
fn is_of_a_domain(behind: &str) -> bool {
    let host = behind.split_once(':').map_or(behind, |(host, _)| host);
    let domain = host.split_once('.').map_or("", |(_, domain)| domain.trim_end_matches('.'));
    domain.contains('.') && !domain.rsplit('.').take(2).any(|name| name.contains('{'))
        || domain.eq_ignore_ascii_case("localhost")
        || domain.contains("{request.host}")
}

fn of_no_domain(text: &str, token: &Token) -> PatternError {
    let value = &text[token.range.clone()];
    let message = format!(
        "`{value}` is of no domain of the config's, so that whoever makes up a link chooses where it leads"
    );
    PatternError::new(token.range.clone(), message)
        .help(format!("write a domain behind it, `{value}.example.com`, which has no other labels of a host in its last two names"))
}

/// That the host which is asked is one of the route's own.
fn of_the_config(range: &Range<usize>, captures: &Captures) -> Result<&'static str, PatternError> {
    let is_any = match captures {
        Captures::Route(_, hosts) => hosts.is_any(),
        Captures::TopLevel | Captures::Unknown => false,
    };
    if is_any {
        let message = "`{request.host}` is whatever a client says, on a route without `host`";
        return Err(PatternError::new(range.clone(), message).help(
            "name the route's hosts with `host`, so that it is one of them; or name what is other with `scheme`, `port` or `prefix` and leave `to` out",
        ));
    }
    Ok("host.example")
}

fn chosen(text: &str, token: &Token) -> PatternError {
    let value = &text[token.range.clone()];
    let message = format!("`{value}` in the host of a redirect lets anybody choose where it leads");
    PatternError::new(token.range.clone(), message)
        .help("write the host out, or take `{request.host}` or the label of the route's `host`")
}

fn path(text: &str, range: Range<usize>, tokens: &[Token]) -> Result<(), PatternError> {
    let mut made = Vec::new();
    let mut end = range.end;
    for token in tokens.iter().filter(|token| token.range.start < range.end && token.range.end > range.start)
    {
        let part = token.range.start.max(range.start)..token.range.end.min(range.end);
        let is_last = part.end == range.end;
        match token.source() {
            Some(Source::Rest { .. }) if !is_last => {
                return Err(PatternError::new(part, "`{*..}` must be the last of a path")
                    .help("it takes all that remains of the path, which may end with a slash"));
            }
            Some(Source::Path) if !is_last => {
                return Err(PatternError::new(part, "`{request.path}` must be the last of a path")
                    .help("it is a whole path, which may end with a slash"));
            }
            Some(Source::Path) if part.start > range.start && text[..part.start].ends_with('/') => {
                let message = "`{request.path}` brings its own slash";
                let without = format!("{}{}", &text[..part.start - 1], &text[part.start..]);
                return Err(PatternError::new(part.start - 1..part.end, message).canonical(without));
            }
            Some(Source::Path) => end = part.start,
            source => made.push(Made { range: part, is_text: source.is_none() }),
        }
    }
    let front = &text[..end];
    check_made(front, range.start, &made).map_err(|error| match &error.canonical {
        Some(canonical) => {
            let whole = format!("{canonical}{}", &text[end..]);
            error.canonical(whole)
        }
        None => error,
    })
}

/// From the `?` on.
fn query(text: &str, start: usize, tokens: &[Token]) -> Result<(), PatternError> {
    let fragment = first(text, tokens, start, &['#']);
    if fragment < text.len() {
        return Err(PatternError::new(fragment..text.len(), "a template has no fragment").help(
            "it is the client's own, which keeps it through a redirect; a literal `#` is written `%23`",
        ));
    }
    if start + 1 == text.len() {
        return Err(PatternError::new(start..text.len(), "a query of nothing").canonical(&text[..start]));
    }
    for token in tokens.iter().filter(|token| token.source().is_none() && token.range.end > start) {
        let from = token.range.start.max(start);
        check_query(&text[from..token.range.end], from)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
