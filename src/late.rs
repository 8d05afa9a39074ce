//! Values that are known only at start: `${env:NAME}`, `${env:NAME:-default}` and `${file:/path}`.
//! Everything late is bound once, before the first listener opens, and all problems are reported together.

use std::fmt;

/// A place in the config, so that a log line or a start error can name `gateway.yml:21`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    file: &'static str,
    line: u32,
}

impl Origin {
    /// The 1-based line of one of the config's files.
    pub const fn at(file: &'static str, line: u32) -> Self {
        Self { file, line }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One piece of a late value.
#[derive(Clone, Copy, Debug)]
pub enum Piece {
    /// Text as it was written.
    Literal(&'static str),
    /// An environment variable, with the text that stands in when it is unset.
    Env(&'static str, Option<&'static str>),
    /// The contents of a file, without trailing line ends.
    File(&'static str),
}

/// A string that is put together at start from literal text, environment variables and files.
#[derive(Clone, Copy, Debug)]
pub struct Late(&'static [Piece]);

impl Late {
    /// A late value of these pieces, in order.
    pub const fn new(pieces: &'static [Piece]) -> Self {
        Self(pieces)
    }

    /// Where the value comes from, for messages: ` (from ${env:NAME})`, or nothing if it is all literal.
    pub fn source(&self) -> String {
        let sources: Vec<String> = self
            .0
            .iter()
            .filter_map(|piece| match piece {
                Piece::Literal(_) => None,
                Piece::Env(name, _) => Some(format!("${{env:{name}}}")),
                Piece::File(path) => Some(format!("${{file:{path}}}")),
            })
            .collect();
        if sources.is_empty() { String::new() } else { format!(" (from {})", sources.join(", ")) }
    }

    /// Reads the environment and the files; one message a piece that cannot be read.
    pub fn resolve(&self) -> Result<String, Vec<String>> {
        let mut text = String::new();
        let mut errors = Vec::new();
        for piece in self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Env(name, default) => match (std::env::var(name), default) {
                    (Ok(value), _) => text.push_str(&value),
                    (Err(std::env::VarError::NotPresent), Some(default)) => text.push_str(default),
                    (Err(std::env::VarError::NotPresent), None) => {
                        errors.push(format!("environment variable {name} is not set"))
                    }
                    (Err(std::env::VarError::NotUnicode(_)), _) => {
                        errors.push(format!("environment variable {name} is not valid UTF-8"))
                    }
                },
                Piece::File(path) => match std::fs::read_to_string(path) {
                    Ok(contents) => text.push_str(contents.trim_end_matches(['\n', '\r'])),
                    Err(error) => errors.push(format!("file {path} cannot be read: {error}")),
                },
            }
        }
        if errors.is_empty() { Ok(text) } else { Err(errors) }
    }
}

/// Everything that is wrong at start, collected so that the operator mends it in one go.
#[derive(Debug, Default)]
pub struct Problems {
    messages: Vec<String>,
}

impl Problems {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem of the setting written at `origin`.
    pub fn at(&mut self, origin: Origin, message: impl fmt::Display) {
        self.messages.push(format!("{origin}: {message}"));
    }

    /// Adds a problem that comes of no setting.
    pub(crate) fn of_itself(&mut self, message: impl fmt::Display) {
        self.messages.push(message.to_string());
    }

    /// Resolves a late value, adding its problems; `None` if there were any.
    pub fn resolve(&mut self, origin: Origin, late: &Late) -> Option<String> {
        match late.resolve() {
            Ok(text) => Some(text),
            Err(errors) => {
                errors.iter().for_each(|error| self.at(origin, error));
                None
            }
        }
    }

    /// The messages, each `file:line: what is wrong`.
    pub fn messages(&self) -> &[String] {
        &self.messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_and_defaults_used() {
        const PIECES: &[Piece] = &[
            Piece::Literal("http://"),
            Piece::Env("CASTGATE_TEST_UNSET_1", Some("localhost")),
            Piece::Literal(":9001"),
        ];
        assert_eq!(Late::new(PIECES).resolve(), Ok("http://localhost:9001".to_owned()));
    }

    #[test]
    fn every_problem_is_reported() {
        const PIECES: &[Piece] =
            &[Piece::Env("CASTGATE_TEST_UNSET_2", None), Piece::File("/nonexistent/castgate")];
        let mut problems = Problems::new();
        assert_eq!(problems.resolve(Origin::at("gateway.yml", 7), &Late::new(PIECES)), None);
        assert_eq!(problems.messages().len(), 2);
        assert!(
            problems.messages()[0].starts_with("gateway.yml:7: environment variable CASTGATE_TEST_UNSET_2")
        );
    }
}
