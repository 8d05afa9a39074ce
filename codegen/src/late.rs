//! Late values: text with `${env:NAME}`, `${env:NAME:-default}` and `${file:/path}` in it.

use std::ops::Range;

/// Text which may be completed at start: `http://${env:HOST:-localhost}:9001`.
///
/// Adjacent literals are one piece, none is empty, and there is at least one piece unless the text is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Late {
    /// In order.
    pub pieces: Vec<Piece>,
}

/// A part of a [`Late`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// Known at build.
    Literal(String),
    /// `${env:NAME}` or `${env:NAME:-default}`, read at start.
    Env {
        /// `[A-Za-z_][A-Za-z0-9_]*`
        name: String,
        /// Taken if the variable is unset or empty.
        default: Option<String>,
    },
    /// `${file:/path}`: the file's content without trailing line breaks, read at start.
    File(String),
}

impl Late {
    /// Text that is known.
    pub(crate) fn of(text: &str) -> Self {
        Self { pieces: if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text.to_owned())] } }
    }

    /// All of them, each beginning a line.
    pub(crate) fn lines(values: &[Self]) -> Self {
        let values: Vec<&[Piece]> = values.iter().map(|value| value.pieces.as_slice()).collect();
        Self { pieces: values.join(&Piece::Literal("\n".to_owned())) }
    }

    /// The whole text at a start where no variable is set, as far as that is known at build.
    pub fn by_default(&self) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) | Piece::Env { default: Some(text), .. } => Some(text.clone()),
            Piece::Env { default: None, .. } | Piece::File(_) => None,
        };
        self.pieces.iter().map(piece).collect()
    }

    /// Whether a part of it is in the binary as what holds where nobody says otherwise.
    pub(crate) fn has_default(&self) -> bool {
        self.pieces.iter().any(Piece::has_default)
    }

    /// The whole text, if it is known at build.
    pub fn literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

impl Piece {
    /// Whether it is in the binary as what holds where nobody says otherwise.
    pub(crate) fn has_default(&self) -> bool {
        matches!(self, Self::Env { default: Some(text), .. } if !text.is_empty())
    }
}

/// What is wrong, and where in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LateError {
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
}

/// Takes a text apart. `$${` is a literal `${`.
pub(crate) fn parse(text: &str) -> Result<Late, LateError> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        if text[at..start].ends_with('$') {
            literal.push_str(&text[at..start]);
            literal.push('{');
            at = start + 2;
            continue;
        }
        literal.push_str(&text[at..start]);
        let (piece, end) = piece_at(text, start)?;
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(piece);
        at = end;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(Late { pieces })
}

/// The late value whose `${` is at `start`, and where it ends.
pub(crate) fn piece_at(text: &str, start: usize) -> Result<(Piece, usize), LateError> {
    let Some(length) = text[start + 2..].find('}').map(|length| length + 2) else {
        return Err(LateError { range: start..text.len(), message: "this `${` is not closed".to_owned() });
    };
    let end = start + length + 1;
    if text[start + 2..end].contains("${") {
        let whole = end + text[end..].find('}').map_or(0, |length| length + 1);
        return Err(LateError {
            range: start..whole,
            message: "a late value cannot stand within another; a default is plain text".to_owned(),
        });
    }
    let piece =
        piece(&text[start + 2..end - 1]).map_err(|message| LateError { range: start..end, message })?;
    Ok((piece, end))
}

fn piece(inner: &str) -> Result<Piece, String> {
    match inner.split_once(':') {
        Some(("env", rest)) => {
            let (name, default) = match rest.split_once(":-") {
                Some((name, default)) => (name, Some(default.to_owned())),
                None => (rest, None),
            };
            let starts_well =
                name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
            if !starts_well || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err("this is not the name of an environment variable".to_owned());
            }
            Ok(Piece::Env { name: name.to_owned(), default })
        }
        Some(("file", path)) if path.contains(":-") => {
            Err("a file has no default; only `${env:NAME:-default}` has one".to_owned())
        }
        Some(("file", path)) if path.starts_with('/') && path.len() > 1 => Ok(Piece::File(path.to_owned())),
        Some(("file", _)) => Err("the path of a `${file:..}` is absolute".to_owned()),
        _ => Err("a late value is `${env:NAME}`, `${env:NAME:-default}` or `${file:/path}`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_pieces_compose() {
        let late = parse("http://${env:HOST:-localhost}:${env:PORT}").unwrap();
        assert_eq!(
            late.pieces,
            [
                Piece::Literal("http://".to_owned()),
                Piece::Env { name: "HOST".to_owned(), default: Some("localhost".to_owned()) },
                Piece::Literal(":".to_owned()),
                Piece::Env { name: "PORT".to_owned(), default: None },
            ]
        );
        assert_eq!(parse("${file:/run/x}").unwrap().pieces, [Piece::File("/run/x".to_owned())]);
        assert_eq!(parse("").unwrap().literal(), Some(""));
        assert_eq!(parse("a$b").unwrap().literal(), Some("a$b"));
        assert_eq!(parse("$${env:X}").unwrap().literal(), Some("${env:X}"));
    }

    #[test]
    fn malformed_pieces_are_found_where_they_are() {
        assert_eq!(parse("a${env:1}").unwrap_err().range, 1..9);
        assert_eq!(parse("${env:X:-${env:Y}}!").unwrap_err().range, 0..18, "not a default and a brace");
        for bad in [
            "${",
            "${}",
            "${HOST}",
            "${env:}",
            "${file:x}",
            "${file:/}",
            "${env:A-B}",
            "${file:/a:-x}",
            "${file:/${env:A}}",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
