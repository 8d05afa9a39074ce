//! Values of the request in a text: `{client.ip}`, `{header.X-Tenant}`, `{id}`, beside what comes at start.

mod foreign;
mod source;
mod template;

use crate::late::{self, LateError};
use crate::model::{Part, Piece, RequestText};
use crate::pattern::{Hosts, Parameters, PathPattern, PatternError};
pub(crate) use foreign::{first as foreign_variable, unmistakable};
use source::source;
pub(crate) use template::{Place, parse as parse_template};

/// The parameters of a path and the labels of hosts that a value may use.
pub(crate) enum Captures {
    /// None: what is written is for every route.
    TopLevel,
    /// Those of this path and these hosts.
    Route(PathPattern, Hosts),
    /// The path or a host is wrong, which has been reported: whatever it may have had.
    Unknown,
}

impl Captures {
    /// Those of a route.
    fn parameters(&self) -> Option<Parameters<'_>> {
        match self {
            Self::Route(path, hosts) => Some(Parameters::of(path, hosts)),
            Self::TopLevel | Self::Unknown => None,
        }
    }
}

/// What a brace is that begins no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Braces {
    /// An error: it is written twice.
    Doubled,
    /// Text, as in a JSON document; what would be a value is text in two braces. Nothing comes at start.
    Text,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueError {
    /// With what comes at start.
    Late(LateError),
    /// Something may not come at start here.
    LateHere,
    /// With a value of the request.
    Request(PatternError),
}

impl From<LateError> for ValueError {
    fn from(error: LateError) -> Self {
        Self::Late(error)
    }
}

impl From<PatternError> for ValueError {
    fn from(error: PatternError) -> Self {
        Self::Request(error)
    }
}

impl From<ValueError> for PatternError {
    /// For those who only want to know whether a text would do.
    fn from(error: ValueError) -> Self {
        match error {
            ValueError::Late(LateError { range, message }) => Self::new(range, message),
            ValueError::LateHere => Self::new(0..0, "a late value cannot stand here"),
            ValueError::Request(error) => error,
        }
    }
}

/// Takes a text apart.
pub(crate) fn parse(text: &str, braces: Braces, captures: &Captures) -> Result<RequestText, ValueError> {
    let mut made = Made::default();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("$${") {
            let end = escaped(rest);
            made.literal(&rest[1..end]);
            at += end;
        } else if let Some(found) = foreign::variable(rest).filter(|_| braces == Braces::Doubled) {
            return Err(found.error(text, at).into());
        } else if rest.starts_with("${") {
            if braces == Braces::Text {
                return Err(ValueError::LateHere);
            }
            let (piece, end) = late::piece_at(text, at)?;
            made.parts.push(Part::Late(piece));
            at = end;
        } else if let Some(inner) = doubled(rest, braces) {
            made.literal(inner.text);
            at += inner.length;
        } else if let Some(length) = braced(rest, braces) {
            let range = at..at + length;
            made.parts.push(Part::Request(source(text, range.clone(), captures)?));
            at = range.end;
        } else if matches!(first, '{' | '}') && braces == Braces::Doubled {
            return Err(lone(text, at).into());
        } else {
            made.literal(&rest[..first.len_utf8()]);
            at += first.len_utf8();
        }
    }
    Ok(RequestText { parts: made.parts })
}

/// Text as it is written among values.
pub(crate) fn literal(text: &str, braces: Braces) -> String {
    let mut written = String::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if rest.starts_with("${") {
            let length = escaped(&format!("${rest}")) - 1;
            written.push('$');
            written.push_str(&rest[..length]);
            length
        } else if let Some(length) = shape(rest).filter(|_| braces == Braces::Text) {
            written.push_str(&format!("{{{}}}", &rest[..length]));
            length
        } else {
            let times = if matches!(first, '{' | '}') && braces == Braces::Doubled { 2 } else { 1 };
            (0..times).for_each(|_| written.push(first));
            first.len_utf8()
        };
        at += length;
    }
    written
}

#[derive(Default)]
struct Made {
    parts: Vec<Part>,
}

impl Made {
    fn literal(&mut self, more: &str) {
        match self.parts.last_mut() {
            Some(Part::Late(Piece::Literal(literal))) => literal.push_str(more),
            _ => self.parts.push(Part::Late(Piece::Literal(more.to_owned()))),
        }
    }
}

/// How long a `$${..}` is; without an end that is its own, the beginning.
fn escaped(rest: &str) -> usize {
    const START: usize = "$${".len();
    let end = rest[START..].find(['{', '}', '$']).map(|end| START + end);
    end.filter(|end| rest[*end..].starts_with('}')).map_or(START, |end| end + 1)
}

/// What stands for other text.
struct Escape<'t> {
    text: &'t str,
    length: usize,
}

/// `{{` and `}}`, or in a body `{{name}}`.
fn doubled(rest: &str, braces: Braces) -> Option<Escape<'_>> {
    match braces {
        Braces::Doubled if rest.starts_with("{{") || rest.starts_with("}}") => {
            Some(Escape { text: &rest[..1], length: 2 })
        }
        Braces::Doubled => None,
        Braces::Text => {
            let inner = rest.strip_prefix('{')?;
            let length = shape(inner).filter(|length| inner[*length..].starts_with('}'))?;
            Some(Escape { text: &inner[..length], length: length + 2 })
        }
    }
}

/// How long the value is which begins here, with its braces.
fn braced(rest: &str, braces: Braces) -> Option<usize> {
    match braces {
        Braces::Text => shape(rest),
        Braces::Doubled => {
            let inner = rest.strip_prefix('{')?;
            let end = inner.find(['{', '}']).filter(|end| inner[*end..].starts_with('}'))?;
            let is_name = |char: char| !char.is_whitespace() && !"\"'\\,;".contains(char);
            (end > 0 && inner[..end].chars().all(is_name)).then_some(end + 2)
        }
    }
}

/// How long a text of the shape of a value is: `{name}`, `{*name}` or `{name.name}`.
pub(crate) fn shape(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('{')?;
    let inner = &inner[..inner.find('}')?];
    let is_word = |word: &str| {
        word.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    let is_value = match inner.split_once('.') {
        Some((family, name)) => is_word(family) && is_word(name),
        None => is_word(inner.strip_prefix('*').unwrap_or(inner)),
    };
    is_value.then_some(inner.len() + 2)
}

/// A brace that is no value's.
fn lone(text: &str, at: usize) -> PatternError {
    let message =
        if text[at..].starts_with('{') { "this `{` begins no value" } else { "this `}` ends no value" };
    PatternError::new(at..at + 1, message)
        .help("a brace of the text itself is written twice: `{{`, `}}`")
        .canonical(format!("{}{}{}", &text[..at], text[at..at + 1].repeat(2), &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use crate::pattern::{HostPattern, MatchKind};

    fn captures() -> Captures {
        let hosts = std::iter::once(HostPattern::parse("{tenant}.example.com").unwrap()).collect();
        Captures::Route(PathPattern::parse("/v1/{id}/{*rest}", MatchKind::Prefix).unwrap(), hosts)
    }

    fn read(text: &str, braces: Braces) -> Result<RequestText, ValueError> {
        parse(text, braces, &captures())
    }

    fn error(text: &str) -> PatternError {
        match read(text, Braces::Doubled) {
            Err(ValueError::Request(error)) => error,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn values_and_text_are_told_apart() {
        let made = read("a {client.ip}${env:X}{id}/{*rest} {{b}}{query.q}{tenant}", Braces::Doubled).unwrap();
        let literal = |text: &str| Part::Late(Piece::Literal(text.to_owned()));
        assert_eq!(
            made.parts,
            [
                literal("a "),
                Part::Request(Source::ClientIp),
                Part::Late(Piece::Env { name: "X".to_owned(), default: None }),
                Part::Request(Source::Segment { name: "id".to_owned(), number: 1 }),
                literal("/"),
                Part::Request(Source::Rest { name: "rest".to_owned(), number: 2 }),
                literal(" {b}"),
                Part::Request(Source::Query("q".to_owned())),
                Part::Request(Source::Label { name: "tenant".to_owned() }),
            ]
        );
        for (written, literal) in [("$${env:X}", "${env:X}"), ("5$ a$b", "5$ a$b"), ("", ""), ("$${", "${")] {
            let made = read(written, Braces::Doubled).unwrap();
            assert_eq!(made.late().unwrap().literal(), Some(literal), "{written}");
        }
    }

    #[test]
    fn in_a_body_all_is_text_that_has_not_the_shape_of_a_value() {
        for text in [
            r#"{"ok": true, "a": {"b": 1}}"#,
            "body{color:red}",
            "{}",
            "{ id }",
            "{1}",
            "{a.b.c}",
            "$remote_addr {\"x\":\"%[src]\"}",
        ] {
            assert_eq!(read(text, Braces::Text).unwrap().late().unwrap().literal(), Some(text));
        }
        for (written, literal) in [("{{id}}", "{id}"), ("{{{id}}}", "{{id}}"), ("$${id}", "${id}")] {
            assert_eq!(read(written, Braces::Text).unwrap().late().unwrap().literal(), Some(literal));
        }
        assert_eq!(read(r#"{"id":{id}}"#, Braces::Text).unwrap().parts.len(), 3);
        assert_eq!(read("${env:X}", Braces::Text), Err(ValueError::LateHere));
        assert!(matches!(read("{client_ip}", Braces::Text), Err(ValueError::Request(_))));
    }

    #[test]
    fn what_is_wrong_is_found_where_it_is_and_mended() {
        for (written, range, mended) in [
            ("a{client_ip}", 1..12, Some("a{client.ip}")),
            ("{client.ipp}", 0..12, Some("{client.ip}")),
            ("{rest}", 0..6, Some("{*rest}")),
            ("{*id}", 0..5, Some("{id}")),
            ("{*tenant}", 0..9, Some("{tenant}")),
            ("{tenand}", 0..8, Some("{tenant}")),
            ("{header_X-A}", 0..12, Some("{header.X-A}")),
            ("x {\"a\": 1}", 2..3, Some("x {{\"a\": 1}")),
            ("a}", 1..2, Some("a}}")),
            ("{}", 0..1, Some("{{}")),
            ("$remote_addr", 0..12, Some("{client.ip}")),
            ("a $http_x_a;", 2..11, Some("a {header.x-a};")),
            ("%[src]", 0..6, Some("{client.ip}")),
            ("a ${host}", 2..9, Some("a {request.host}")),
            ("${1}", 0..4, None),
            ("%{HTTP_HOST}", 0..12, Some("{request.host}")),
            ("%{HTTP:X-A}", 0..11, Some("{header.X-A}")),
            ("{>X-A}", 0..6, Some("{header.X-A}")),
            ("{~a}", 0..4, Some("{cookie.a}")),
            ("{http.request.host}", 0..19, Some("{request.host}")),
            ("{nope}", 0..6, None),
            ("{claim.sub}", 0..11, None),
            ("{consumer.name}", 0..15, None),
            ("{tls.subject}", 0..13, None),
            ("{header.a b}", 0..1, Some("{{header.a b}")),
            ("{header.Connection}", 0..19, None),
            ("{query.}", 0..8, None),
            ("{a.b}", 0..5, None),
        ] {
            let error = error(written);
            assert_eq!((error.range, error.canonical.as_deref()), (range, mended), "{written}");
        }
        let top = parse("{id}", Braces::Doubled, &Captures::TopLevel);
        assert!(matches!(top, Err(ValueError::Request(error)) if error.help.is_some()));
        assert!(parse("{id}", Braces::Doubled, &Captures::Unknown).is_ok());
        assert!(matches!(read("${", Braces::Doubled), Err(ValueError::Late(_))));
    }
}
