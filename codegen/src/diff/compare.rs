//! Two answers to one request, and two sections, side by side.

use super::change::{Change, of_middleware};
use crate::middleware::NAMES;
use crate::model::{Model, Route, Target};
use crate::normal;
use crate::show;
use crate::table::{Request, Table};
use crate::yaml::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// A config's values by their paths.
type Leaves = BTreeMap<String, String>;

/// A config's table, the config, and which of its routes takes the request.
type Side<'a, 'm> = (&'a Table<'m>, &'m Model, Option<&'m Route>);

/// What is different for this request.
pub(super) fn requests(
    (old_table, old_model, old): Side<'_, '_>,
    (new_table, new_model, new): Side<'_, '_>,
    request: &Request,
) -> Vec<Change> {
    let (old, new) = match (old, new) {
        (None, None) => return Vec::new(),
        (Some(old), None) => {
            return vec![Change::new("route-removed", Some(show::target(old_model, old)), None)];
        }
        (None, Some(new)) => {
            return vec![Change::new("route-added", None, Some(show::target(new_model, new)))];
        }
        (Some(old), Some(new)) => (old, new),
    };
    let mut changes = Vec::new();
    let mut differ = |kind: &str, old: Option<String>, new: Option<String>| {
        if old != new {
            changes.push(Change::new(kind, old, new));
        }
    };
    differ("route-changed", Some(old.name.clone()), Some(new.name.clone()));
    let (old_outcome, new_outcome) = (old_table.outcome(request), new_table.outcome(request));
    match (&old.target, &new.target) {
        (Target::Forward(_), Target::Forward(_)) => {
            differ(
                "upstream-changed",
                Some(show::target(old_model, old)),
                Some(show::target(new_model, new)),
            );
            differ("forward-path-changed", old_outcome.forward_path, new_outcome.forward_path);
            differ("timeout-changed", Some(show::duration(old.timeout)), Some(show::duration(new.timeout)));
        }
        (Target::Redirect(a), Target::Redirect(b)) => {
            let shown = |status: u16, to: Option<String>| to.map(|to| format!("{status} {to}"));
            let (to, now) = (old_outcome.redirect_to, new_outcome.redirect_to);
            differ("redirect-changed", shown(a.status, to), shown(b.status, now));
        }
        (Target::Respond(a), Target::Respond(b)) => {
            let shown = |respond: &crate::model::Respond| {
                let headers: Vec<String> = respond
                    .headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", show::late(value)))
                    .collect();
                format!("{} {:?} {:?} {headers:?}", respond.status, respond.content_type, respond.body)
            };
            if shown(a) != shown(b) {
                differ("response-changed", Some(shown(a)), Some(shown(b)));
            }
        }
        _ => differ("target-changed", Some(show::target(old_model, old)), Some(show::target(new_model, new))),
    }
    changes.extend(middleware(&normal::layers(old_model, old), &normal::layers(new_model, new)));
    changes
}

fn middleware(old: &[(&'static str, Tree)], new: &[(&'static str, Tree)]) -> Vec<Change> {
    let find = |layers: &[(&'static str, Tree)], wanted: &str| {
        layers.iter().find(|(name, _)| *name == wanted).map(|(_, settings)| settings.one_line())
    };
    let changes = NAMES.iter().filter_map(|name| match (find(old, name), find(new, name)) {
        (Some(old), None) => Some(Change::new(of_middleware(name, "removed"), Some(old), None)),
        (None, Some(new)) => Some(Change::new(of_middleware(name, "added"), None, Some(new))),
        (Some(old), Some(new)) if old != new => {
            Some(Change::new(of_middleware(name, "changed"), Some(old), Some(new)))
        }
        _ => None,
    });
    changes.collect()
}

/// What is different in `server`, in `admin`, and in upstreams which both have.
pub(super) fn sections(old: &Tree, new: &Tree) -> Vec<Change> {
    let (old, new): (Leaves, Leaves) =
        (old.leaves().into_iter().collect(), new.leaves().into_iter().collect());
    let upstreams = |leaves: &Leaves| -> BTreeSet<String> {
        let backends = leaves.keys().filter_map(|path| path.strip_suffix(".backends"));
        backends.map(|path| format!("{path}.")).collect()
    };
    let (old_upstreams, new_upstreams) = (upstreams(&old), upstreams(&new));
    let both: Vec<&String> = old_upstreams.intersection(&new_upstreams).collect();
    let in_both = |path: &str| both.iter().any(|own| path.starts_with(own.as_str()));
    let kind = |path: &str| {
        if path.starts_with("server.") {
            Some("server-changed")
        } else if path.starts_with("admin.") {
            Some("admin-changed")
        } else if path.starts_with("upstreams.") && in_both(path) {
            Some(if path.ends_with(".backends") { "backends-changed" } else { "upstream-settings-changed" })
        } else {
            None
        }
    };
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for path in paths {
        let Some(kind) = kind(path) else { continue };
        let (old, new) = (old.get(path).cloned(), new.get(path).cloned());
        if old != new {
            changes.push(Change { what: Some(path.clone()), ..Change::new(kind, old, new) });
        }
    }
    changes
}
