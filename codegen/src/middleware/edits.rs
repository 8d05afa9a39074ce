//! What `request_headers` and `response_headers` have in common: changes to header fields, in the order remove, set, add.

use super::Site;
use crate::field::{Nature, Use};
#[cfg(feature = "cli")]
use crate::language::{Kind, kind::FieldOfRequest};
use crate::model::{HeaderName, RequestText};
use crate::plan::Value;
#[cfg(feature = "cli")]
use crate::yaml::Tree;

/// It is set, added or removed.
pub(super) const EDIT: Use = Use {
    help: &[(Nature::Host, "see the upstream's `host_header`")],
    is_key: true,
    ..Use::of("cannot be changed", Nature::OF_THE_HOP)
};

/// Fields, and what they get.
pub(super) type Gets = [(HeaderName, RequestText)];

/// What becomes of each field: whether it loses what it had, and what it gets. So what is taken out and added is set.
#[cfg(feature = "cli")]
pub(super) fn meaning(remove: &[HeaderName], set: &Gets, add: &Gets) -> Tree {
    let mut fields: std::collections::BTreeMap<&str, (bool, Vec<Tree>)> = Default::default();
    for name in remove.iter().chain(set.iter().map(|(name, _)| name)) {
        fields.entry(name.as_str()).or_default().0 = true;
    }
    for (name, value) in set.iter().chain(add) {
        fields.entry(name.as_str()).or_default().1.push(FieldOfRequest.tree(value));
    }
    let becomes = |(loses, gets)| Tree::map([("loses", Tree::plain(loses)), ("gets", Tree::List(gets))]);
    let fields = fields.into_iter().map(|(name, fate)| (name.to_owned(), becomes(fate))).collect();
    Tree::Map(fields).canonical()
}

/// The values, and the keys that lead to each.
pub(super) fn values<'a>(set: &'a Gets, add: &'a Gets) -> Vec<(Vec<&'a str>, &'a RequestText)> {
    let of = |map, edits: &'a Gets| edits.iter().map(move |(name, value)| (vec![map, name.as_str()], value));
    of("set", set).chain(of("add", add)).collect()
}

/// In the order in which they are applied.
pub(super) fn policy(site: &Site<'_>, remove: &[HeaderName], set: &Gets, add: &Gets) -> Value {
    // What is known before the first request stays what it was: bound once, and cloned.
    let with_value = |at_start, of_request, (name, value): &(HeaderName, RequestText)| match value.late() {
        Some(late) => Value::Call(at_start, vec![name.into(), Value::Late(late)]),
        None => Value::Call(of_request, vec![name.into(), Value::OfRequest(value.clone())]),
    };
    let remove = remove.iter().map(|name| Value::Call("HeaderEdit::remove", vec![name.into()]));
    let set = set.iter().map(|edit| with_value("HeaderEdit::set", "HeaderEdit::set_of", edit));
    let add = add.iter().map(|edit| with_value("HeaderEdit::add", "HeaderEdit::add_of", edit));
    let edits = Value::Cells("HeaderEdit", remove.chain(set).chain(add).collect());
    Value::Call("HeaderEdits::new", vec![Value::Origin(site.line.clone()), edits])
}
