//! Lists in which each entry may stand once.

use super::{Coded, ConfigPath, Constant, Cx, Kind, Shape, Tree, Value, Word, Words};
use crate::ast::{List, Strings};
use crate::codes;
use std::collections::BTreeSet;

/// Values of one kind, in the order of the file.
pub(crate) struct ListOf<K>(pub(crate) K);

/// A text of one kind, or a list of such; and what is said of an empty one.
pub(crate) struct OneOrList<K>(pub(crate) K, pub(crate) &'static str);

/// Some of the words of an enumeration, in any order.
pub(crate) struct WordSet;

/// Those entries which are right; whether one stands here twice is asked of what they come to.
fn each<T: Ord, K: Kind<T>>(cx: &mut Cx<'_>, at: &ConfigPath, kind: &K, list: &List<K::Written>) -> Vec<T> {
    let entries = list.iter().map(|(index, entry)| (at.index(index), entry));
    let read = entries.filter_map(|(at, entry)| kind.read(cx, &at, entry).map(|value| (at, value)));
    let read: Vec<(ConfigPath, T)> = read.collect();
    cx.each_once(&read);
    read.into_iter().map(|(_, value)| value).collect()
}

impl<T: Ord, K: Kind<T>> Kind<Vec<T>> for ListOf<K> {
    type Written = List<K::Written>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<Vec<T>> {
        Some(each(cx, at, &self.0, written))
    }
    fn tree(&self, value: &Vec<T>) -> Tree {
        Tree::Set(value.iter().map(|entry| self.0.tree(entry)).collect())
    }
    fn shape(&self) -> Shape {
        Shape::List(Box::new(self.0.shape()))
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        self.0.codes()
    }
}

impl<T: Ord, K: Kind<T, Written = String>> Kind<Vec<T>> for OneOrList<K> {
    type Written = Strings;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Strings) -> Option<Vec<T>> {
        match written {
            Strings::One(text) => self.0.read(cx, at, text).map(|value| vec![value]),
            Strings::List(list) if list.is_empty() => {
                cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, self.1, "this list is empty");
                None
            }
            Strings::List(list) => Some(each(cx, at, &self.0, list)),
        }
    }
    fn tree(&self, value: &Vec<T>) -> Tree {
        Tree::Set(value.iter().map(|entry| self.0.tree(entry)).collect())
    }
    fn shape(&self) -> Shape {
        let one = self.0.shape();
        Shape::AnyOf(vec![one.clone(), Shape::List(Box::new(one))])
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        self.0.codes()
    }
}

impl<T: Ord, K: Constant<T>> Constant<Vec<T>> for ListOf<K> {
    fn value(&self, value: &Vec<T>) -> Value {
        Value::Slice(value.iter().map(|entry| self.0.value(entry)).collect())
    }
}

impl<T: Ord, K: Constant<T, Written = String>> Constant<Vec<T>> for OneOrList<K> {
    fn value(&self, value: &Vec<T>) -> Value {
        Value::Slice(value.iter().map(|entry| self.0.value(entry)).collect())
    }
}

impl<T: Words> Kind<BTreeSet<T>> for WordSet {
    type Written = List<String>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<BTreeSet<T>> {
        ListOf(Word).read(cx, at, written).map(|words| words.into_iter().collect())
    }
    fn tree(&self, value: &BTreeSet<T>) -> Tree {
        Tree::plains(value.iter().map(|word| word.as_str()))
    }
    fn shape(&self) -> Shape {
        Shape::List(Box::new(Kind::<T>::shape(&Word)))
    }
}

impl<T: Coded> Constant<BTreeSet<T>> for WordSet {
    fn value(&self, value: &BTreeSet<T>) -> Value {
        Value::Slice(value.iter().map(|word| Word.value(word)).collect())
    }
}
