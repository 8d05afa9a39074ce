//! Names of header fields, and maps of them.

use super::{ConfigPath, Constant, Cx, Kind, Shape, Tree, Value};
use crate::ast::Map;
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::Use;
use crate::model::HeaderName;
use std::collections::BTreeMap;

/// The name of a field that is fit for a use.
pub(crate) struct FieldName(pub(crate) Use);

/// Fields that are fit for a use, with values of a kind, in the order of the file; names are unique.
pub(crate) struct Fields<K>(pub(crate) Use, pub(crate) K);

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
