//! Lists in which each entry may stand once.

use super::{Kind, Shape, Word, Words};
use crate::ast;
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use std::collections::BTreeSet;

/// Some of the words of an enumeration, in any order.
pub(crate) struct WordSet;

impl<T: Words> Kind<BTreeSet<T>> for WordSet {
    type Written = ast::List<String>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<BTreeSet<T>> {
        let written: Vec<(ConfigPath, &String)> =
            written.iter().map(|(index, word)| (at.index(index), word)).collect();
        cx.each_once(&written);
        Some(written.iter().filter_map(|(at, word)| Word.read(cx, at, word)).collect())
    }
    fn tree(&self, value: &BTreeSet<T>) -> Tree {
        Tree::plains(value.iter().map(|word| word.word()))
    }
    fn value(&self, value: &BTreeSet<T>) -> Value {
        Value::Slice(value.iter().map(|word| Word.value(word)).collect())
    }
    fn shape(&self) -> Shape {
        Shape::List(Box::new(Kind::<T>::shape(&Word)))
    }
}
