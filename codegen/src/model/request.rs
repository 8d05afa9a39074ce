//! Values of the request: text with what is known only while a request is served.

use super::{HeaderName, Late, Piece};
use std::fmt;

/// Text parts of which are the request's: `{client.ip}:{query.page}`. Adjacent literals are one part, and none is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestText {
    /// In order.
    pub parts: Vec<Part>,
}

/// A part of a [`RequestText`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Known at build or at start.
    Late(Piece),
    /// Known of each request.
    Request(Source),
}

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `{client.ip}`: the address, after the rules of `server.trusted_proxies`.
    ClientIp,
    /// `{request.scheme}`
    Scheme,
    /// `{request.host}`: without its port, in lower case.
    Host,
    /// `{request.port}`
    Port,
    /// `{request.method}`
    Method,
    /// `{request.path}`: in canonical form, without the query.
    Path,
    /// `{request.id}`
    Id,
    /// `{query.NAME}`: the first parameter of this decoded name.
    Query(String),
    /// `{cookie.NAME}`: the first cookie of this name.
    Cookie(String),
    /// `{header.NAME}`: the first line of the field.
    Header(HeaderName),
    /// `{id}`: a segment of the path, by its number.
    Segment {
        /// The parameter's name.
        name: String,
        /// From 0.
        number: u8,
    },
    /// `{*rest}`: all segments of the path from this number on.
    Rest {
        /// The parameter's name.
        name: String,
        /// From 0.
        number: u8,
    },
    /// `{tenant}` of `{tenant}.example.com`: the label in front of the host, in lower case.
    Label {
        /// Its name.
        name: String,
    },
}

/// Those without a name of their own, as they are written.
pub(crate) const PLAIN: [(&str, Source); 7] = [
    ("client.ip", Source::ClientIp),
    ("request.scheme", Source::Scheme),
    ("request.host", Source::Host),
    ("request.port", Source::Port),
    ("request.method", Source::Method),
    ("request.path", Source::Path),
    ("request.id", Source::Id),
];

impl RequestText {
    /// The same text, if nothing of it is the request's.
    pub fn late(&self) -> Option<Late> {
        let piece = |part: &Part| match part {
            Part::Late(piece) => Some(piece.clone()),
            Part::Request(_) => None,
        };
        Some(Late { pieces: self.parts.iter().map(piece).collect::<Option<_>>()? })
    }

    /// Whether it is nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What it has of the request.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.parts.iter().filter_map(|part| match part {
            Part::Request(source) => Some(source),
            Part::Late(_) => None,
        })
    }

    /// The texts of it that are known at build.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.pieces().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Env { .. } | Piece::File(_) => None,
        })
    }

    /// What it has besides.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.parts.iter().filter_map(|part| match part {
            Part::Late(piece) => Some(piece),
            Part::Request(_) => None,
        })
    }
}

impl From<Late> for RequestText {
    fn from(late: Late) -> Self {
        Self { parts: late.pieces.into_iter().map(Part::Late).collect() }
    }
}

impl Source {
    /// Whether whoever sends the request can make it any text.
    pub(crate) const fn is_chosen(&self) -> bool {
        !matches!(self, Self::ClientIp | Self::Scheme | Self::Port)
    }
}

impl fmt::Display for Source {
    /// As it is written, without the braces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(name) => write!(f, "query.{name}"),
            Self::Cookie(name) => write!(f, "cookie.{name}"),
            Self::Header(name) => write!(f, "header.{name}"),
            Self::Segment { name, number: _ } | Self::Label { name } => f.write_str(name),
            Self::Rest { name, number: _ } => write!(f, "*{name}"),
            plain => f.write_str(PLAIN.iter().find(|(_, known)| known == plain).map_or("", |(name, _)| name)),
        }
    }
}

/// What a body is, and so what is escaped of a value in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    /// Text that nobody takes apart.
    Plain,
    /// Values stand in strings.
    Json,
    /// HTML or XML: values stand in text, or in attributes with quotes.
    Markup,
    /// Of a type whose quotes are not known here.
    Other,
}

impl Document {
    /// That of a media type.
    pub(crate) fn of(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.rsplit(['/', '+']).next().unwrap_or_default() {
            "json" => Self::Json,
            "html" | "xml" => Self::Markup,
            "plain" => Self::Plain,
            _ => Self::Other,
        }
    }

    /// What is escaped, in the facade.
    pub(crate) const fn escape(self) -> &'static str {
        match self {
            Self::Plain | Self::Other => "Escape::Nothing",
            Self::Json => "Escape::Json",
            Self::Markup => "Escape::Markup",
        }
    }
}
