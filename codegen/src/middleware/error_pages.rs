//! `error_pages`: what a client gets in place of a problem document.

use super::{Claim, Code, Configured, Facts, Lower, Placed, Prose, Registered, Site, State};
use crate::ast::Map;
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::kind::{Body, FileOf, Flag, MediaType};
use crate::language::route::CONTENT_TYPE;
use crate::language::{Kind, Section, Shape, Without, section};
use crate::model::{Attached, Document, Late, RequestText, Source};
#[cfg(feature = "cli")]
use crate::model::{Part, Piece};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::resolve::document;
use crate::resolve::value::Captures;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use std::collections::BTreeMap;

section! {
    /// `error_pages: {"404": {file: web/404.html}, "5xx": {content_type: text/html, body: "..", backend: true}}`: a page for a
    /// status, or for a class of them; a status goes before its class.
    ErrorPage / WrittenErrorPage {
        /// The media type of the page.
        content_type: String = MediaType, optional Without::value(CONTENT_TYPE, "; of a file by the end of its name: `.html`, `.json`, `.txt`, `.xml`"),
        example "text/html; charset=utf-8";
        /// The page. `{request.id}` and other values of the request are escaped as the content type asks for; any other brace is
        /// text, and so is a value in two (`{{request.id}}`).
        body: RequestText = Body, optional "", example "\"not here: {request.path}\"";
        /// A file with the page, in the place of `body`, of at most 64 KiB. A relative path starts at the directory of the config file
        /// that names it. Its bytes become a part of the binary as they are: a value of the request in it is text.
        file: Attached = FileOf(64), optional "", example "web/404.html";
        /// Whether the page also stands for a response of a backend with this status.
        backend: bool = Flag, default false, example "true";
    }
}

/// Pages by their statuses, in the order in which they are looked for: a status before its class. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPages {
    pages: Vec<Page>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Page {
    statuses: Statuses,
    /// As it is written in the config, which may be `5XX`.
    key: String,
    content_type: String,
    content: Content,
    backend: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Body(RequestText),
    File(Attached),
}

/// What a page is for; statuses go before classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Statuses {
    One(u16),
    /// 4 or 5.
    Class(u16),
}

impl Statuses {
    /// What is written, if it stands for errors.
    fn parse(text: &str) -> Option<Self> {
        match text {
            "4xx" | "4XX" => Some(Self::Class(4)),
            "5xx" | "5XX" => Some(Self::Class(5)),
            _ => text.parse().ok().filter(|status| (400..=599).contains(status)).map(Self::One),
        }
    }

    fn key(self) -> String {
        match self {
            Self::One(status) => status.to_string(),
            Self::Class(class) => format!("{class}xx"),
        }
    }

    /// The first and the last.
    fn ends(self) -> [u16; 2] {
        match self {
            Self::One(status) => [status, status],
            Self::Class(class) => [class * 100, class * 100 + 99],
        }
    }
}

/// The type of a file, by its name.
fn type_of(path: &str) -> Option<&'static str> {
    Some(match path.rsplit_once('.')?.1 {
        "html" | "htm" => "text/html; charset=utf-8",
        "json" => "application/json",
        "txt" => CONTENT_TYPE,
        "xml" => "application/xml",
        _ => return None,
    })
}

/// The page at `at`; what is wrong has been reported.
fn page(cx: &mut Cx<'_>, at: &ConfigPath, statuses: Statuses, written: &WrittenErrorPage) -> Option<Page> {
    let ErrorPage { content_type, body, file, backend } =
        ErrorPage::with_defaults(cx, at.clone(), Some(written));
    let (body_at, file_at) = (at.key(WrittenErrorPage::body), at.key(WrittenErrorPage::file));
    let content = match (body, file) {
        (Some(_), Some(_)) => {
            let other = cx.source.key_span(&body_at);
            let title = "an error page is either a `body` or a `file`";
            cx.sink
                .error_at_key(&codes::KEY_DOES_NOT_APPLY, &file_at, title, "one page is here")
                .label(other, "and another here");
            return None;
        }
        (None, None) => {
            // What is there but could not be read has been reported.
            let keys = [WrittenErrorPage::body, WrittenErrorPage::file];
            if keys.iter().all(|key| cx.source.is_absent(at, key)) {
                let help = "write what the client gets as `body`, or the name of a `file` which has it";
                let title = "an error page without a page";
                cx.sink.error_at_key(&codes::MISSING_KEY, at, title, "nothing to be sent").help(help);
            }
            return None;
        }
        (Some(body), None) => Content::Body(body),
        (None, Some(file)) => Content::File(file),
    };
    let content_type = match (content_type, &content) {
        (Some(content_type), _) => content_type,
        (None, Content::Body(_)) => CONTENT_TYPE.to_owned(),
        (None, Content::File(file)) => match type_of(&file.path) {
            Some(content_type) => content_type.to_owned(),
            None => {
                let title = format!("the type of {} is not known by its name", quoted(&file.path));
                cx.sink
                    .error_at(&codes::MISSING_KEY, &file_at, title, "this needs `content_type`")
                    .help("for example `content_type: text/html`");
                return None;
            }
        },
    };
    if let Content::Body(body) = &content {
        document::check(cx, &body_at, &content_type, body);
    }
    Some(Page { statuses, key: at.last().to_owned(), content_type, content, backend })
}

/// The pages at `at`, over those which are there.
fn pages(
    cx: &mut Cx<'_>,
    (written, at): Placed<'_, Map<WrittenErrorPage>>,
    pages: &mut BTreeMap<Statuses, Page>,
) {
    let mut first: BTreeMap<Statuses, ConfigPath> = BTreeMap::new();
    for (key, written) in written.iter() {
        let at = at.key(key);
        let Some(statuses) = Statuses::parse(key) else {
            let title = format!("{} is no status of an error", quoted(key));
            let label = "must be 400 to 599, or a class: `4xx`, `5xx`";
            cx.sink.error_at_key(&codes::IMPOSSIBLE_VALUE, &at, title, label);
            continue;
        };
        if let Some(first) = first.get(&statuses) {
            let first = cx.source.key_span(first);
            let title = format!("there are two pages for {}", statuses.key());
            cx.sink
                .error_at_key(&codes::DUPLICATE_KEY, &at, title, "one is enough")
                .label(first, "first written here");
            continue;
        }
        first.insert(statuses, at.clone());
        let Some(written) = written else { continue };
        if let Some(page) = page(cx, &at, statuses, written) {
            pages.insert(statuses, page);
        }
    }
}

impl Configured for ErrorPages {
    type Written = Map<WrittenErrorPage>;

    fn shape() -> Shape {
        Shape::Statuses(Box::new(Shape::Section(ErrorPage::META)))
    }

    fn laid_over(
        cx: &mut Cx<'_>,
        own: Placed<'_, Self::Written>,
        base: Option<Placed<'_, Self::Written>>,
    ) -> Option<Self> {
        if own.0.iter().next().is_none() {
            let title = "error pages without a page";
            cx.sink
                .error_at(&codes::IMPOSSIBLE_VALUE, own.1, title, "this is empty")
                .help("write `off` for problem documents");
            return None;
        }
        let mut found = BTreeMap::new();
        if let Some(base) = base {
            // There it is for every route, whatever its path.
            let captures = std::mem::replace(&mut cx.captures, Captures::TopLevel);
            pages(cx, base, &mut found);
            cx.captures = captures;
        }
        pages(cx, own, &mut found);
        Some(Self { pages: found.into_values().collect() }).filter(|pages| !pages.pages.is_empty())
    }

    fn tree(&self) -> Tree {
        self.tree_with(|content| match content {
            Content::Body(body) => (WrittenErrorPage::body, Body.tree(body)),
            Content::File(file) => (WrittenErrorPage::file, FileOf(0).tree(file)),
        })
    }
}

impl ErrorPages {
    fn tree_with(&self, content: impl Fn(&Content) -> (&'static str, Tree)) -> Tree {
        let page = |page: &Page| {
            let content_type = (WrittenErrorPage::content_type, MediaType.tree(&page.content_type));
            let backend = (WrittenErrorPage::backend, Tree::plain(page.backend));
            (page.statuses.key(), Tree::map([content_type, content(&page.content), backend]))
        };
        Tree::Map(self.pages.iter().map(page).collect())
    }
}

impl Registered for ErrorPages {
    const FACTS: Facts = Facts {
        sees_unmatched: true,
        reports: &[
            (&codes::IMPOSSIBLE_VALUE, &["", "content_type"]),
            (&codes::MISSING_KEY, &["", "file"]),
            (&codes::KEY_DOES_NOT_APPLY, &["file"]),
            (&codes::LATE_VALUE_HERE, &["body", "content_type"]),
            (&codes::HEADER_VALUE, &["content_type"]),
            (&codes::FOREIGN_WILDCARD, &["body"]),
        ],
        prose: Prose { before: include_str!("error_pages.md"), after: include_str!("error_pages_after.md") },
        ..Facts::of(
            "Answers errors with pages in the place of problem documents.",
            "{\"404\": {body: nothing is here}}",
            Code { layer: "ErrorPages", policy: "Pages", stem: "PAGES_", state: State::None },
        )
    };
}

impl Lower for ErrorPages {
    fn policy(&self, _: &Site<'_>) -> Value {
        let page = |page: &Page| {
            let [first, last] = page.statuses.ends().map(|status| Value::Number(status.into()));
            let mut arguments =
                vec![first, last, Value::Flag(page.backend), Value::Text(page.content_type.clone())];
            let fixed = match &page.content {
                Content::File(file) => Some(file.bytes.to_vec()),
                Content::Body(body) if body.is_empty() => Some(Vec::new()),
                Content::Body(body) => {
                    body.late().as_ref().and_then(Late::literal).map(|text| text.as_bytes().to_vec())
                }
            };
            match (fixed, &page.content) {
                (Some(bytes), _) => arguments.push(Value::Bytes(bytes)),
                (None, Content::Body(body)) => {
                    arguments.push(Value::Path(Document::of(&page.content_type).escape()));
                    arguments.push(Value::OfRequest(body.clone()));
                    return Value::Call("Page::of_request", arguments);
                }
                (None, Content::File(_)) => {}
            }
            Value::Call("Page::fixed", arguments)
        };
        Value::Call("Pages::new", vec![Value::Cells("Page", self.pages.iter().map(page).collect())])
    }

    fn claims(&self) -> Vec<Claim<'_>> {
        let mut values = self.values().into_iter().flat_map(|(_, body)| body.sources());
        Vec::from_iter(values.any(Source::is_chosen).then(|| Claim::of_values(None)))
    }

    fn values(&self) -> Vec<(Vec<&str>, &RequestText)> {
        let pages = self.pages.iter().filter_map(|page| match &page.content {
            Content::Body(body) => Some((vec![page.key.as_str(), WrittenErrorPage::body], body)),
            Content::File(_) => None,
        });
        pages.collect()
    }

    /// A file is what it has, wherever it lies.
    #[cfg(feature = "cli")]
    fn meaning(&self) -> Tree {
        let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => {
                let literal = Part::Late(Piece::Literal(text.to_owned()));
                Body.tree(&RequestText { parts: vec![literal] })
            }
            Err(_) => Tree::text(format!("{bytes:?}")),
        };
        let meaning = self.tree_with(|content| match content {
            Content::Body(body) => (WrittenErrorPage::body, Body.tree(body)),
            Content::File(file) => (WrittenErrorPage::body, text(&file.bytes)),
        });
        meaning.canonical()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_for_a_status_of_errors_or_a_class() {
        let parsed = |text| Statuses::parse(text).map(Statuses::ends);
        assert_eq!(parsed("404"), Some([404, 404]));
        assert_eq!(parsed("5XX"), Some([500, 599]));
        for text in ["", "200", "304", "399", "600", "3xx", "xx", "4x", "40", "404 ", "0404x", "-404"] {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert!(Statuses::One(599) < Statuses::Class(4));
    }
}
