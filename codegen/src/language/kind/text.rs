//! Text, and what has to be in it.

use super::{ConfigPath, Cx, Kind, Like, Tree};
use crate::codes;
use crate::diagnostic::quoted;
use crate::field;
use crate::model::{Late, RequestText};
use crate::pattern::check_target;
use crate::resolve::names;
use crate::resolve::value::Braces;
use crate::show;

/// The name of a thing, of which this is one.
pub(crate) struct Name(pub(crate) &'static str);

/// The path of a request, perhaps with a query.
pub(crate) struct Target;

/// Text of which a later step sees whether it is right.
pub(crate) struct Verbatim;

/// Text which the build has to know, and which is no place for a `$${`.
pub(crate) struct Plain;

/// Text which the build has to know; a `$${` in it is a `${`.
pub(crate) struct Literal;

/// A media type, as of a body.
pub(crate) struct MediaType;

/// Text which may come at start.
pub(crate) struct LateText;

/// The value of a header field, which may come at start.
pub(crate) struct LateValue;

/// The body of a fixed response, parts of which may come with each request.
pub(crate) struct Body;

/// The value of a header field, parts of which may come at start or with each request.
pub(crate) struct RequestValue;

impl Like for Name {
    type Value = String;
    type Other = Verbatim;
    const OTHER: Verbatim = Verbatim;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        names::check_value(cx, at, written, self.0).then(|| written.clone())
    }
}

impl Like for Target {
    type Value = String;
    type Other = Verbatim;
    const OTHER: Verbatim = Verbatim;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        if !cx.is_literal(at, written) {
            return None;
        }
        let checked = check_target(written);
        checked
            .map_err(|error| cx.pattern_error(&codes::IMPOSSIBLE_VALUE, at, written, error, check_target))
            .map(|_| written.clone())
            .ok()
    }
}

impl Kind<String> for Verbatim {
    type Written = String;

    fn read(&self, _: &mut Cx<'_>, _: &ConfigPath, written: &String) -> Option<String> {
        Some(written.clone())
    }
    fn tree(&self, value: &String) -> Tree {
        Tree::text(value)
    }
}

impl Like for Plain {
    type Value = String;
    type Other = Verbatim;
    const OTHER: Verbatim = Verbatim;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        cx.is_literal(at, written).then(|| written.clone())
    }
}

impl Kind<String> for Literal {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        cx.literal(at, written)
    }
    fn tree(&self, value: &String) -> Tree {
        Tree::text(show::literal(value))
    }
}

impl Like for MediaType {
    type Value = String;
    type Other = Literal;
    const OTHER: Literal = Literal;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        let text = cx.literal(at, written)?;
        if cx.is_header_value(at, &text) && !is_media_type(&text) {
            let title = format!("{} is not a media type", quoted(&text));
            let label = "expected `type/subtype`, perhaps with `; name=value`";
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, label);
        }
        Some(text)
    }
}

/// Of one document, and nothing that readers take for different ones (RFC 9110, section 8.3.1).
fn is_media_type(text: &str) -> bool {
    let mut parts = text.split(';');
    let is_type = parts
        .next()
        .and_then(|of| of.trim_end().split_once('/'))
        .is_some_and(|(kind, sub)| field::is_token(kind) && field::is_token(sub));
    let is_value = |text: &str| {
        let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        field::is_token(text) || inner.is_some_and(|inner| !inner.contains(['"', '\\', ',']))
    };
    let is_parameter = |text: &str| {
        text.trim().split_once('=').is_some_and(|(name, value)| field::is_token(name) && is_value(value))
    };
    is_type && parts.all(is_parameter)
}

impl Kind<Late> for LateText {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Late> {
        cx.late(at, written)
    }
    fn tree(&self, value: &Late) -> Tree {
        Tree::Text(show::late(value))
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::BAD_LATE_VALUE]
    }
}

impl Like for LateValue {
    type Value = Late;
    type Other = LateText;
    const OTHER: LateText = LateText;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Late> {
        cx.late_header_value(at, written)
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::BAD_LATE_VALUE, &codes::HEADER_VALUE]
    }
}

impl Kind<RequestText> for Body {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<RequestText> {
        cx.of_request(at, written, Braces::Text)
    }
    fn tree(&self, value: &RequestText) -> Tree {
        Tree::Text(show::of_request(value, Braces::Text))
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::BAD_VALUE]
    }
}

impl Kind<RequestText> for RequestValue {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<RequestText> {
        cx.field_value(at, written)
    }
    fn tree(&self, value: &RequestText) -> Tree {
        Tree::Text(show::of_request(value, Braces::Doubled))
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::BAD_LATE_VALUE, &codes::HEADER_VALUE, &codes::BAD_VALUE]
    }
}
