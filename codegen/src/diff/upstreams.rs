//! Upstreams side by side. What one is called counts only if somebody gave it that name: one that is written in place
//! is named after its route.

use super::change::Change;
use super::spelling;
use super::treatment::{Leaves, differing, meant};
use crate::language::Words;
use crate::model::{Model, Ratio, Retries, Scope, Strategy, Upstream};
use crate::normal;
use crate::source::ConfigPath;
use std::collections::{BTreeMap, BTreeSet};

/// Upstreams of which one takes the place of the other, by their numbers.
pub(super) type Pairs = BTreeSet<(usize, usize)>;

/// The change, if a request goes to an upstream of another name.
pub(super) fn renamed(old: &Upstream, new: &Upstream) -> Option<Change> {
    let is_renamed = is_named(old) && is_named(new) && old.name != new.name;
    is_renamed.then(|| Change::new("upstream-changed", Some(old.name.clone()), Some(new.name.clone())))
}

fn is_named(upstream: &Upstream) -> bool {
    upstream.origin.scope == Scope::TopLevel
}

/// What is different between the upstreams of these pairs, and of those that have the same name.
pub(super) fn changes(old: &Model, new: &Model, mut pairs: Pairs) -> BTreeSet<Change> {
    let named = |model: &Model| -> BTreeMap<String, usize> {
        let numbered = model.upstreams.iter().enumerate().filter(|(_, upstream)| is_named(upstream));
        numbered.map(|(number, upstream)| (upstream.name.clone(), number)).collect()
    };
    let (old_names, new_names) = (named(old), named(new));
    let is_in_both = |name: &str| old_names.contains_key(name) && new_names.contains_key(name);
    // A request that goes from one of these to another is told by their names.
    let of = |model: &Model, number: usize| {
        model
            .upstreams
            .get(number)
            .filter(|upstream| is_named(upstream))
            .map(|upstream| upstream.name.clone())
    };
    pairs.retain(|(one, other)| match (of(old, *one), of(new, *other)) {
        (Some(one), Some(other)) => !(is_in_both(&one) && is_in_both(&other)),
        _ => true,
    });
    pairs.extend(old_names.iter().filter_map(|(name, number)| Some((*number, *new_names.get(name)?))));
    let (old_leaves, new_leaves): (Vec<Leaves>, Vec<Leaves>) =
        (old.upstreams.iter().map(leaves).collect(), new.upstreams.iter().map(leaves).collect());
    let mut changes = BTreeSet::new();
    for (one, other) in pairs {
        let (Some(before), Some(after)) = (old_leaves.get(one), new_leaves.get(other)) else { continue };
        let at =
            new.upstreams.get(other).map(|upstream| ConfigPath::root().key("upstreams").key(&upstream.name));
        for (path, old, new) in differing(before, after) {
            let kind = if path == "backends" { "backends-changed" } else { "upstream-settings-changed" };
            let what = at.as_ref().map(|at| format!("{at}.{path}"));
            changes.insert(Change { what, ..Change::new(kind, old, new) });
        }
    }
    changes
}

/// An upstream's settings.
fn leaves(upstream: &Upstream) -> Leaves {
    let mut canonical = upstream.clone();
    canonical.backends.iter_mut().for_each(spelling::make_backend_canonical);
    let taking = |backup| {
        upstream.backends.iter().filter(|one| one.settings.backup == backup && one.share > 0).count()
    };
    // What nobody looks at.
    let settings = &mut canonical.settings;
    if taking(false) <= 1 && taking(true) <= 1 {
        settings.strategy = <Strategy as Words>::ALL[0].1;
    }
    let retries = &mut settings.retries;
    if retries.attempts == 0 || retries.on.is_empty() || retries.budget.basis_points == 0 {
        *retries = Retries { attempts: 0, on: BTreeSet::new(), budget: Ratio { basis_points: 0 } };
    }
    meant(&normal::upstream(&canonical).canonical(), &normal::upstream(upstream))
}
