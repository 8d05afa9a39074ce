//! What `request_headers` and `response_headers` have in common: changes to header fields, in the order remove, set, add.

use super::Site;
use crate::ast::Map;
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::{Nature, Use};
use crate::language::kind::{Fields, LateValue};
use crate::language::{Kind, Shape};
use crate::model::{HeaderName, Late};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use crate::yaml::Tree;

/// It is set, added or removed.
pub(super) const EDIT: Use = Use {
    help: &[(Nature::Host, "see the upstream's `host_header`")],
    is_key: true,
    ..Use::of("cannot be changed", Nature::OF_THE_HOP)
};

/// Fields, and what they get.
pub(super) type Gets = [(HeaderName, Late)];

/// Fields with values that may come at start; credentials have to.
pub(crate) struct Edits;

const EDITS: Fields<LateValue> = Fields(EDIT, LateValue);

impl Kind<Vec<(HeaderName, Late)>> for Edits {
    type Written = Map<String>;

    fn read(
        &self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        written: &Self::Written,
    ) -> Option<Vec<(HeaderName, Late)>> {
        let mut fields = EDITS.read(cx, at, written)?;
        for (key, _) in written.iter() {
            let is_this = |name: &HeaderName| is_secret(name) && name.as_str().eq_ignore_ascii_case(key);
            fields.retain(|(name, value)| !is_this(name) || is_fit(cx, &at.key(key), key, value));
        }
        Some(fields)
    }
    fn tree(&self, value: &Vec<(HeaderName, Late)>) -> Tree {
        EDITS.tree(value)
    }
    fn shape(&self) -> Shape {
        EDITS.shape()
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        EDITS.codes().into_iter().chain([&codes::LITERAL_SECRET]).collect()
    }
}

/// Whether these credentials are nowhere in the binary; if they are, that is reported.
fn is_fit(cx: &mut Cx<'_>, at: &ConfigPath, key: &str, late: &Late) -> bool {
    let has_default = late.has_default();
    if !has_default && late.literal().is_none_or(|text| text.is_empty()) {
        return true;
    }
    let what = if has_default { "credentials have a default in" } else { "credentials are written in" };
    let title = format!("{what} {}", quoted(key));
    cx.sink
        .error_at(&codes::LITERAL_SECRET, at, title, "this secret would be compiled into the binary")
        .help(
            "write `${env:NAME}` or `${file:/run/secrets/name}`; the scheme may stay: `Bearer ${env:TOKEN}`",
        );
    false
}

/// Fields that are there for credentials, and nothing else (RFC 9110, section 11).
fn is_secret(name: &HeaderName) -> bool {
    matches!(name.as_str(), "authorization" | "proxy-authorization")
}

/// What becomes of each field: whether it loses what it had, and what it gets. So what is taken out and added is set.
#[cfg(feature = "cli")]
pub(super) fn meaning(remove: &[HeaderName], set: &Gets, add: &Gets) -> Tree {
    let mut fields: std::collections::BTreeMap<&str, (bool, Vec<Tree>)> = Default::default();
    for name in remove.iter().chain(set.iter().map(|(name, _)| name)) {
        fields.entry(name.as_str()).or_default().0 = true;
    }
    for (name, value) in set.iter().chain(add) {
        fields.entry(name.as_str()).or_default().1.push(LateValue.tree(value));
    }
    let becomes = |(loses, gets)| Tree::map([("loses", Tree::plain(loses)), ("gets", Tree::List(gets))]);
    let fields = fields.into_iter().map(|(name, fate)| (name.to_owned(), becomes(fate))).collect();
    Tree::Map(fields).canonical()
}

/// In the order in which they are applied.
pub(super) fn policy(site: &Site<'_>, remove: &[HeaderName], set: &Gets, add: &Gets) -> Value {
    let with_value = |edit: &'static str, (name, value): &(HeaderName, Late)| {
        Value::Call(edit, vec![name.into(), Value::Late(value.clone())])
    };
    let remove = remove.iter().map(|name| Value::Call("HeaderEdit::remove", vec![name.into()]));
    let set = set.iter().map(|edit| with_value("HeaderEdit::set", edit));
    let add = add.iter().map(|edit| with_value("HeaderEdit::add", edit));
    let edits = Value::Cells("HeaderEdit", remove.chain(set).chain(add).collect());
    Value::Call("HeaderEdits::new", vec![Value::Origin(site.line.clone()), edits])
}
