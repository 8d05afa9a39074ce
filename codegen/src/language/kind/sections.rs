//! Lists of sections.

use super::{ConfigPath, Constant, Cx, Kind, Nested, Shape, Tree, Value};
use crate::ast::List;
use crate::codes;
use crate::language::{Facade, Section};

/// At least one section; and what is said of an empty list.
pub(crate) struct SectionList(pub(crate) &'static str);

impl<S: Section> Kind<Vec<S>> for SectionList {
    type Written = List<S::Written>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<Vec<S>> {
        if written.is_empty() {
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, self.0, "this list is empty");
            return None;
        }
        let entries = written.iter().map(|(index, entry)| (at.index(index), entry));
        Some(entries.filter_map(|(at, entry)| Nested.read(cx, &at, entry)).collect())
    }
    fn tree(&self, value: &Vec<S>) -> Tree {
        Tree::List(value.iter().map(Section::tree).collect())
    }
    fn shape(&self) -> Shape {
        Shape::List(Box::new(Shape::Section(S::META)))
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::IMPOSSIBLE_VALUE]
    }
}

impl<S: Facade> Constant<Vec<S>> for SectionList {
    fn value(&self, value: &Vec<S>) -> Value {
        Value::Slice(value.iter().map(Facade::value).collect())
    }
}
