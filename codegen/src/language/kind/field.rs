//! Names of header fields.

use super::{Kind, Shape};
use crate::field::Use;
use crate::model::HeaderName;
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use crate::yaml::Tree;

/// The name of a field that is fit for a use.
pub(crate) struct FieldName(pub(crate) Use);

impl Kind<HeaderName> for FieldName {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<HeaderName> {
        cx.field_name(at, written, self.0)
    }
    fn tree(&self, value: &HeaderName) -> Tree {
        Tree::text(value.as_str())
    }
    fn value(&self, value: &HeaderName) -> Value {
        value.into()
    }
    fn shape(&self) -> Shape {
        Shape::Text
    }
}
