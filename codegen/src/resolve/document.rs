//! Where in a document that a body makes a value of the request may stand: whatever a client chooses, the document keeps its shape.

mod json;
mod link;
mod markup;

pub(crate) use link::check_field;

use super::Cx;
use crate::codes;
use crate::model::{Document, Part, Piece, RequestText, Source};
use crate::source::ConfigPath;

/// Why a value may not stand where it does.
struct Objection {
    /// Behind `{name} `.
    title: String,
    label: &'static str,
    help: String,
}

/// What has been read of a document.
enum Scan {
    Plain,
    Json(json::Scan),
    Markup(markup::Scan),
    Other,
}

/// Reports each value that could be more than a text in a body of this type.
pub(crate) fn check(cx: &mut Cx<'_>, at: &ConfigPath, content_type: &str, body: &RequestText) {
    let mut scan = match Document::of(content_type) {
        Document::Plain => Scan::Plain,
        Document::Json => Scan::Json(json::Scan::default()),
        Document::Markup => Scan::Markup(markup::Scan::default()),
        Document::Other => Scan::Other,
    };
    for part in &body.parts {
        match part {
            Part::Late(Piece::Literal(text)) => scan.read(text),
            // Known to who writes the config.
            Part::Late(_) => {}
            Part::Request(source) => {
                let Some(objection) = scan.objection(source, content_type) else { continue };
                let title = format!("`{{{source}}}` {}", objection.title);
                cx.sink.error_at(&codes::BAD_VALUE, at, title, objection.label).help(objection.help);
            }
        }
    }
}

impl Scan {
    fn read(&mut self, text: &str) {
        match self {
            Self::Plain | Self::Other => {}
            Self::Json(scan) => scan.read(text),
            Self::Markup(scan) => scan.read(text),
        }
    }

    fn objection(&mut self, source: &Source, content_type: &str) -> Option<Objection> {
        match self {
            Self::Plain => None,
            Self::Json(scan) => scan.objection(source),
            Self::Markup(scan) => scan.objection(source),
            Self::Other => source.is_chosen().then(|| Objection {
                title: format!("in a body of the type `{content_type}`"),
                label: "how a value is quoted is known of plain text, JSON, HTML and XML",
                help: "whoever chooses the value could write any part of the document: choose one of these types, or leave the value out".into(),
            }),
        }
    }
}
