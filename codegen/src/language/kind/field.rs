//! Names of header fields, and maps of them.

use super::{ConfigPath, Constant, Cx, Kind, LateText, LateValue, Like, RequestValue, Shape, Tree, Value};
use crate::ast::Map;
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::Use;
use crate::field::secret;
use crate::model::{HeaderName, Late, Piece, RequestText};
use crate::resolve::document::check_field;
use std::collections::BTreeMap;

/// The name of a field that is fit for a use.
pub(crate) struct FieldName(pub(crate) Use);

/// Fields that are fit for a use, with values of a kind, in the order of the file; names are unique.
pub(crate) struct Fields<K>(pub(crate) Use, pub(crate) K);

/// The value of a field, which may come at start; credentials have to, so that they are nowhere in the binary. For
/// [`Fields`], whose keys are the names.
pub(crate) struct FieldValue;

impl Like for FieldValue {
    type Value = Late;
    type Other = LateText;
    const OTHER: LateText = LateText;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Late> {
        let value = LateValue.read(cx, at, written)?;
        is_no_secret(cx, at, value.has_default(), value.by_default()).then_some(value)
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        Like::codes(&LateValue).into_iter().chain([&codes::LITERAL_SECRET]).collect()
    }
}

/// The same, which may also come with each request.
pub(crate) struct FieldOfRequest;

impl Like for FieldOfRequest {
    type Value = RequestText;
    type Other = RequestValue;
    const OTHER: RequestValue = RequestValue;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<RequestText> {
        let value = RequestValue.read(cx, at, written)?;
        let (has_default, late) = (value.pieces().any(Piece::has_default), value.late());
        is_no_secret(cx, at, has_default, late.and_then(|late| late.by_default())).then_some(value)
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        RequestValue.codes().into_iter().chain([&codes::LITERAL_SECRET]).collect()
    }
}

/// The value of a field of responses, which browsers may follow.
pub(crate) struct OfResponse<K>(pub(crate) K);

/// That of a response which a backend or the gateway has made.
pub(crate) type FieldOfResponse = OfResponse<FieldOfRequest>;
/// That of a response which the config makes.
pub(crate) type FieldOfAnswer = OfResponse<RequestValue>;

impl<K: Kind<RequestText, Written = String>> Like for OfResponse<K> {
    type Value = RequestText;
    type Other = RequestValue;
    const OTHER: RequestValue = RequestValue;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<RequestText> {
        let value = self.0.read(cx, at, written)?;
        check_field(cx, at, &value);
        Some(value)
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        self.0.codes()
    }
}

/// Whether the value of the field at `at` is no credentials, or nowhere in the binary; if it is, that is reported. `known` is
/// all of the value, if the binary has all of it.
fn is_no_secret(cx: &mut Cx<'_>, at: &ConfigPath, has_default: bool, known: Option<String>) -> bool {
    let name = at.last().trim_matches('"');
    let is_written = has_default || known.as_ref().is_some_and(|text| !text.is_empty());
    let is_secret = is_written && secret::is_for_credentials(name)
        || known.is_some_and(|text| secret::looks_like_one(name, &text));
    if !is_secret {
        return true;
    }
    let what = if has_default { "credentials have a default in" } else { "credentials are written in" };
    let title = format!("{what} {}", quoted(name));
    cx.sink
        .error_at(&codes::LITERAL_SECRET, at, title, "this secret would be compiled into the binary")
        .help(
            "write `${env:NAME}` or `${file:/run/secrets/name}`; the scheme may stay: `Bearer ${env:TOKEN}`",
        );
    false
}

impl Kind<HeaderName> for FieldName {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<HeaderName> {
        cx.field_name(at, written, self.0)
    }
    fn tree(&self, value: &HeaderName) -> Tree {
        Tree::text(value.as_str())
    }
    fn shape(&self) -> Shape {
        Shape::FieldName(self.0)
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        let late = Some(&codes::LATE_VALUE_HERE).filter(|_| !self.0.is_key);
        [&codes::HEADER_NAME, &codes::MANAGED_HEADER].into_iter().chain(late).collect()
    }
}

impl Constant<HeaderName> for FieldName {
    fn value(&self, value: &HeaderName) -> Value {
        value.into()
    }
}

impl<T, K: Kind<T>> Kind<Vec<(HeaderName, T)>> for Fields<K> {
    type Written = Map<K::Written>;

    fn read(
        &self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        written: &Self::Written,
    ) -> Option<Vec<(HeaderName, T)>> {
        let mut fields = Vec::new();
        let mut names: BTreeMap<HeaderName, ConfigPath> = BTreeMap::new();
        for (key, value) in written.iter() {
            let at = at.key(key);
            let Some(name) = cx.field_name(&at, key, self.0) else { continue };
            if let Some(first) = names.get(&name) {
                let first = cx.source.key_span(first);
                let title = format!("header {} is written twice", quoted(key));
                let label = "case does not count in header names";
                let problem = cx.sink.error_at_key(&codes::DUPLICATE_KEY, &at, title, label);
                problem.label(first, "first written here");
                continue;
            }
            names.insert(name.clone(), at.clone());
            fields.extend(value.and_then(|value| self.1.read(cx, &at, value)).map(|value| (name, value)));
        }
        Some(fields)
    }
    fn tree(&self, value: &Vec<(HeaderName, T)>) -> Tree {
        Tree::Map(value.iter().map(|(name, value)| (name.to_string(), self.1.tree(value))).collect())
    }
    fn shape(&self) -> Shape {
        Shape::Fields(self.0, Box::new(self.1.shape()))
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        FieldName(self.0).codes().into_iter().chain(self.1.codes()).collect()
    }
}
