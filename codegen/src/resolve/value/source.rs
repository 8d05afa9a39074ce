//! Which value of a request a name in braces is, and what was meant where it is none.

use super::{Captures, foreign};
use crate::diagnostic::nearest;
use crate::field::{self, Nature, Use};
use crate::model::{HeaderName, PLAIN, Source};
use crate::pattern::{Parameter, PatternError};
use std::ops::Range;

/// Families of values, by what is in front of a name.
const FAMILIES: [&str; 3] = ["query.", "cookie.", "header."];

/// What ends at each hop, or is written by the gateway, is no value.
const READ: Use = Use::of("is no value of a request", &[Nature::Connection, Nature::Framing]);

/// The value which is written at `range`, with its braces.
pub(super) fn source(text: &str, range: Range<usize>, captures: &Captures) -> Result<Source, PatternError> {
    let name = &text[range.start + 1..range.end - 1];
    let instead = |right: &str| format!("{}{{{right}}}{}", &text[..range.start], &text[range.end..]);
    if let Some((_, source)) = PLAIN.iter().find(|(known, _)| *known == name) {
        return Ok(source.clone());
    }
    if let Some((family, inner)) = name.split_once('.') {
        let is_good = match family {
            "query" => !inner.is_empty(),
            "cookie" | "header" => field::is_token(inner),
            _ => return Err(unknown(name, range.clone(), instead)),
        };
        if !is_good {
            let message = format!("this is not the name of a {}", of_family(family));
            return Err(PatternError::new(range, message));
        }
        return match family {
            "query" => Ok(Source::Query(inner.to_owned())),
            "cookie" => Ok(Source::Cookie(inner.to_owned())),
            _ => header(inner, range.clone()),
        };
    }
    parameter(name, range.clone(), captures, instead)
}

fn of_family(family: &str) -> &'static str {
    match family {
        "query" => "parameter of a query",
        "cookie" => "cookie",
        _ => "header field",
    }
}

fn header(name: &str, range: Range<usize>) -> Result<Source, PatternError> {
    let name = HeaderName(name.to_ascii_lowercase());
    match READ.refusal(&name) {
        Some((why, _)) => {
            let message = format!("header `{name}` {}", READ.what);
            Err(PatternError::new(range, message).help(format!("it {why}")))
        }
        None => Ok(Source::Header(name)),
    }
}

fn unknown(name: &str, range: Range<usize>, instead: impl Fn(&str) -> String) -> PatternError {
    let later = [
        ("claim.", "a claim is of a token, which this version does not read"),
        ("consumer.", "a consumer is of named credentials, which this version does not have"),
        ("tls.", "what TLS says of a client is no value in this version"),
    ];
    if let Some((family, why)) = later.iter().find(|(family, _)| name.starts_with(family)) {
        let message = format!("no value `{}` in this version", name.trim_end_matches('.'));
        let help = if *family == "claim." {
            "with API keys, `{header.NAME}` is what the client has sent"
        } else {
            ""
        };
        let error = PatternError::new(range, format!("{message}: {why}"));
        return if help.is_empty() { error } else { error.help(help) };
    }
    let error = PatternError::new(range, format!("no value of a request is called `{name}`"));
    let known = PLAIN.iter().map(|(known, _)| *known);
    if let Some(ours) = foreign::braced(name) {
        return error.canonical(instead(&ours));
    }
    match nearest(name, known.clone()) {
        Some(near) => error.canonical(instead(near)),
        None => error.help(format!(
            "there are `{{{}}}`, `{{query.NAME}}`, `{{cookie.NAME}}`, `{{header.NAME}}` and the parameters of the route's path",
            known.collect::<Vec<_>>().join("}`, `{")
        )),
    }
}

/// A parameter of the route's path, or a label of its host.
fn parameter(
    name: &str,
    range: Range<usize>,
    captures: &Captures,
    instead: impl Fn(&str) -> String,
) -> Result<Source, PatternError> {
    let bare = name.strip_prefix('*').unwrap_or(name);
    if matches!(captures, Captures::Unknown) {
        return Ok(Source::Segment { name: bare.to_owned(), number: 0 });
    }
    let parameters = captures.parameters();
    let found = parameters.map(|parameters| parameters.find(bare, &range)).transpose()?.flatten();
    let Some(found) = found else {
        if let Some(ours) = foreign::braced(name).or_else(|| dotted(name)) {
            let message = format!("no value of a request is called `{name}`");
            return Err(PatternError::new(range, message).canonical(instead(&ours)));
        }
        let Some(parameters) = parameters else {
            let message = format!("no parameter `{bare}` here");
            return Err(PatternError::new(range, message)
                .help("this is for every route, whatever its path; write it in the route whose path has the parameter"));
        };
        let message = format!("no parameter `{bare}` in the route's path");
        let error = PatternError::new(range, message);
        return Err(match nearest(bare, parameters.names()) {
            Some(near) => error.canonical(instead(near)),
            None => error.help(parameters.known()),
        });
    };
    let is_rest = matches!(found, Parameter::Rest(_));
    let name_of = bare.to_owned();
    if is_rest != name.starts_with('*') {
        let right = if is_rest { format!("*{bare}") } else { bare.to_owned() };
        let message = format!("this parameter is written `{{{right}}}`");
        return Err(PatternError::new(range, message).canonical(instead(&right)));
    }
    Ok(match found {
        Parameter::Segment(number) => Source::Segment { name: name_of, number },
        Parameter::Rest(number) => Source::Rest { name: name_of, number },
        Parameter::Label => Source::Label { name: name_of },
    })
}

/// `client_ip`, where `client.ip` is meant, and `header_X`.
fn dotted(name: &str) -> Option<String> {
    let dotted = name.replacen(['_', '-', ':'], ".", 1);
    let is_known = PLAIN.iter().any(|(known, _)| *known == dotted)
        || FAMILIES.iter().any(|family| dotted.strip_prefix(family).is_some_and(field::is_token));
    is_known.then_some(dotted)
}
