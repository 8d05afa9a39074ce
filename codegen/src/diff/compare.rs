//! Two answers to one request, side by side.

use super::change::{Change, of_middleware, of_setting};
use super::side::{Condition, Side, Taker};
use super::treatment::{Treatment, differing};
use super::upstreams;
use crate::middleware::NAMES;
use crate::model::{Disputed, Leads, Redirect, Route, Target};
use crate::show;
use crate::table::{Request, changed, location};
use castgate_contract::redirect::{self, Scheme};

/// A host that no route names.
const NOBODY: &str = "{host}";

/// A config, and who of it takes the request.
type Answer<'a, 'm> = (&'a Side<'a, 'm>, Taker);

/// One request in two spellings: with texts for people, and with marks, of which two differ exactly if the templates
/// they went through do.
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    pub(super) marked: Seen<'a>,
}

/// What a template sees of a request.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) path: &'a str,
    pub(super) host: &'a str,
}

/// What is different for this request.
pub(super) fn requests(old: Answer<'_, '_>, new: Answer<'_, '_>, asked: &Asked<'_>) -> Vec<Change> {
    let (old_side, new_side) = (old.0, new.0);
    let target = |side: &Side<'_, '_>, number| Some(show::target(side.model, side.route(number)));
    let built_in = || Some(format!("{}, answered on every listener", asked.request.path()));
    match (old.1, new.1) {
        (Taker::BuiltIn, Taker::BuiltIn) => Vec::new(),
        (Taker::Nobody, Taker::Nobody) => {
            middleware([old_side, new_side], [Some(&old_side.unmatched), Some(&new_side.unmatched)])
        }
        (Taker::Route(old), Taker::Nobody) => vec![Change::new("route-removed", target(old_side, old), None)],
        (Taker::Nobody, Taker::Route(new)) => {
            let added = Change::new("route-added", None, target(new_side, new));
            [added].into_iter().chain(exposed(old_side, new_side.route(new))).collect()
        }
        (Taker::BuiltIn, Taker::Nobody) => vec![Change::new("built-in-removed", built_in(), None)],
        (Taker::Nobody, Taker::BuiltIn) => vec![Change::new("built-in-added", None, built_in())],
        // The gateway's own answers go through no middleware.
        (Taker::BuiltIn, Taker::Route(new)) => {
            let mut changes = vec![Change::new("built-in-removed", built_in(), target(new_side, new))];
            changes.extend(exposed(old_side, new_side.route(new)));
            changes.extend(middleware([old_side, new_side], [None, Some(new_side.treatment(new))]));
            changes
        }
        (Taker::Route(old), Taker::BuiltIn) => {
            let mut changes = vec![Change::new("built-in-added", target(old_side, old), built_in())];
            changes.extend(middleware([old_side, new_side], [Some(old_side.treatment(old)), None]));
            changes
        }
        (Taker::Route(old), Taker::Route(new)) => {
            let (before, after) = (old_side.route(old), new_side.route(new));
            let condition = |route| Condition::for_host(route, asked.request.host());
            let are_twins = condition(before) == condition(after) && before.listeners == after.listeners;
            let mut changes = targets((old_side, before), (new_side, after), asked);
            changes.extend(exposed(old_side, after));
            let (old, new) = (old_side.treatment(old), new_side.treatment(new));
            if !changes.iter().any(|change| change.kind == "target-changed") {
                for (path, old, new) in differing(&old.settings, &new.settings) {
                    changes.push(of_setting(path, old, new));
                }
                changes.extend(further_upgrades(before, after));
            }
            changes.extend(middleware([old_side, new_side], [Some(old), Some(new)]));
            changes.extend(states(old, new, are_twins));
            changes
        }
    }
}

/// Whether a route that takes a request here was reached on other listeners only.
fn exposed(old: &Side<'_, '_>, new: &Route) -> Option<Change> {
    old.has_elsewhere(&new.name).then(|| Change::new("route-exposed", None, Some(new.name.clone())))
}

/// What a connection may switch to that it might not.
fn further_upgrades(old: &Route, new: &Route) -> Option<Change> {
    let further = new.upgrades.iter().filter(|protocol| !old.upgrades.contains(protocol));
    let further: Vec<&str> = further.map(String::as_str).collect();
    (!further.is_empty()).then(|| Change::new("upgrades-loosened", None, Some(further.join(", "))))
}

/// What answers, and what it sees of the path.
fn targets(
    (old_side, old): (&Side<'_, '_>, &Route),
    (new_side, new): (&Side<'_, '_>, &Route),
    asked: &Asked<'_>,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut differ = |kind: &str, old: String, new: String| {
        if old != new {
            changes.push(Change::new(kind, Some(old), Some(new)));
        }
    };
    let spellings = spellings(asked, [old, new]);
    differ("route-changed", old.name.clone(), new.name.clone());
    match (&old.target, &new.target) {
        (Target::Forward(a), Target::Forward(b)) => {
            let was = |seen: Seen<'_>| changed(&a.path, seen.path, seen.host);
            let is = |seen: Seen<'_>| changed(&b.path, seen.path, seen.host);
            if let Some((was, is)) = different(was, is, asked, &spellings) {
                changes.push(Change::new("forward-path-changed", Some(was), Some(is)));
            }
            if let (Some((_, a)), Some((_, b))) = (old_side.upstream(old), new_side.upstream(new)) {
                changes.extend(upstreams::renamed(a, b));
            }
        }
        (Target::Redirect(a), Target::Redirect(b)) => {
            let ways = ways([a, b]);
            let led = ways.iter().find_map(|way| {
                let was = |seen: Seen<'_>| leads(a, *way, seen);
                let is = |seen: Seen<'_>| leads(b, *way, seen);
                different(was, is, asked, &spellings)
            });
            if let Some((was, is)) = led {
                changes.push(Change::new("redirect-changed", Some(was), Some(is)));
            }
        }
        (Target::Respond(_), Target::Respond(_)) => {}
        _ => differ("target-changed", show::target(old_side.model, old), show::target(new_side.model, new)),
    }
    changes
}

/// The path of a request with texts for people and with marks; and, where both routes let them through, the same with
/// parameters in its segments, which the condition does not see and the other side of the route may.
fn spellings(asked: &Asked<'_>, routes: [&Route; 2]) -> Vec<[String; 2]> {
    let plain = [asked.request.path(), asked.marked.path];
    let with_parameters = |path: &str| -> String {
        let segments = path[1..].split('/').enumerate();
        let with = |(place, text): (usize, &str)| match text {
            "" => "/".to_owned(),
            text => format!("/{text};p={place}"),
        };
        segments.map(with).collect()
    };
    let keep = routes.iter().all(|route| route.settings.keeps().contains(Disputed::PARAMETERS));
    let kept = keep.then(|| plain.map(with_parameters));
    [plain.map(str::to_owned)].into_iter().chain(kept).collect()
}

/// The scheme and the port by which a client has come.
type Way = (Scheme, Option<u16>);

/// Where a redirect leads a client that has come so.
fn leads(redirect: &Redirect, (scheme, port): Way, seen: Seen<'_>) -> String {
    let host = if seen.host.is_empty() { NOBODY } else { seen.host };
    let asked = redirect::Asked { scheme, host, port, path: seen.path, query: None };
    location(redirect, &asked).unwrap_or_default()
}

/// The ways in which a client may come, as far as redirects tell them apart: by either scheme, with a port or without.
fn ways(redirects: [&Redirect; 2]) -> [Way; 4] {
    let named = redirects.map(|redirect| match &redirect.leads {
        Leads::To(_) => None,
        Leads::Parts(parts) => parts.port,
    });
    let port = (8080..).find(|port: &u16| !named.contains(&Some(*port)));
    [(Scheme::Http, None), (Scheme::Https, None), (Scheme::Http, port), (Scheme::Https, port)]
}

/// Two texts that are different for one of the spellings, with the texts of parameters that people like best.
fn different(
    old: impl Fn(Seen<'_>) -> String,
    new: impl Fn(Seen<'_>) -> String,
    asked: &Asked<'_>,
    spellings: &[[String; 2]],
) -> Option<(String, String)> {
    let marked = |path| Seen { path, host: asked.marked.host };
    let [path, other] = spellings.iter().find(|[_, path]| old(marked(path)) != new(marked(path)))?;
    let plain = Seen { path, host: asked.request.host() };
    let (was, is) = (old(plain), new(plain));
    Some(if was == is { (old(marked(other)), new(marked(other))) } else { (was, is) })
}

/// What is different in the middleware of two routes; `None` is a taker that has none.
fn middleware([old_side, new_side]: [&Side<'_, '_>; 2], [old, new]: [Option<&Treatment>; 2]) -> Vec<Change> {
    let find = |of: Option<&Treatment>, kind: &str| {
        of.and_then(|of| of.layers.iter().find(|layer| layer.kind == kind).cloned())
    };
    let mut changes = Vec::new();
    for name in NAMES {
        let (before, after) = (find(old, name), find(new, name));
        match (&before, &after) {
            (Some(before), None) => {
                changes.push(Change::new(
                    of_middleware(name, "removed"),
                    Some(before.shown_beside(None)),
                    None,
                ));
            }
            (None, Some(after)) => {
                changes.push(Change::new(of_middleware(name, "added"), None, Some(after.shown_beside(None))));
            }
            (Some(before), Some(after)) if !before.is_same(after) => {
                let (was, is) = (before.shown_beside(Some(after)), after.shown_beside(Some(before)));
                changes.push(Change::new(of_middleware(name, "changed"), Some(was), Some(is)));
                let old = (&old_side.model.policies, before.id);
                let looser = new_side.model.policies.looser(name, after.id, old);
                changes.extend(
                    looser.map(|what| Change::new(of_middleware(name, "loosened"), None, Some(what))),
                );
            }
            _ => {}
        }
    }
    changes
}

/// What is different in whom middleware shares its state with. Of different routes that both have the top level's, it is
/// the same state.
fn states(old: &Treatment, new: &Treatment, are_twins: bool) -> Vec<Change> {
    let shown =
        |is_shared: bool| Some(if is_shared { "shared with other routes" } else { "its own" }.to_owned());
    let mut changes = Vec::new();
    for before in &old.layers {
        let Some(after) = new.layers.iter().find(|after| after.kind == before.kind) else { continue };
        let (was, is) = (old.shared.contains(before.kind), new.shared.contains(after.kind));
        if was != is && (are_twins || before.is_inherited != after.is_inherited) {
            let change = Change::new(of_middleware(before.kind, "changed"), shown(was), shown(is));
            changes.push(Change { what: Some("state".to_owned()), ..change });
        }
    }
    changes
}
