//! What a route does with the requests it takes: all but its condition, and what becomes of the path.
//!
//! Settings are the leaves of the route's normal form, so that a key which is added to the language is compared without
//! anybody remembering it here. Middleware is the same if its policy is the same constant in the generated code, or if
//! its normal form says the same in another order.

use super::parameters::Places;
use crate::middleware::{Site, State};
use crate::model::{MiddlewareSet, Model, Route, Scope};
use crate::normal;
use crate::plan::Value;
use crate::source::FileLine;
use crate::yaml::Tree;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A route's, ready to be compared.
#[derive(Default)]
pub(super) struct Treatment {
    /// By their path below the route: `timeout`, `respond.body`.
    pub(super) settings: Leaves,
    /// Outermost first.
    pub(super) layers: Vec<Rc<Layer>>,
    /// Middleware whose state other routes share.
    pub(super) shared: BTreeSet<&'static str>,
}

/// Values by their paths.
pub(super) type Leaves = BTreeMap<String, Leaf>;

/// A value, and how it is shown.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    /// One text for all that means the same.
    pub(super) meaning: String,
    pub(super) shown: String,
    /// What is said besides if two are shown alike and are not.
    places: String,
}

/// A middleware of a route.
pub(super) struct Layer {
    pub(super) kind: &'static str,
    pub(super) id: usize,
    pub(super) state: State,
    /// Whether it is the top level's.
    pub(super) is_inherited: bool,
    /// With the places of parameters for their names.
    policy: Value,
    meaning: Tree,
    places: Places,
    shown: String,
}

impl Layer {
    /// Whether both do the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.policy == other.policy || self.meaning == other.meaning && self.places == other.places
    }

    /// As it is told of beside another one.
    pub(super) fn shown_beside(&self, other: Option<&Self>) -> String {
        let is_alike = other.is_some_and(|other| other.shown == self.shown);
        self.shown.clone() + &if is_alike { self.places.shown() } else { String::new() }
    }
}

/// Keys that decide which requests a route takes, or what a backend or client sees of the path; and its name. All of
/// these are compared by what becomes of requests.
const BY_REQUESTS: [&str; 18] = [
    "name",
    "listener",
    "host",
    "path",
    "match",
    "methods",
    "headers",
    "query",
    "upstream",
    "strip_prefix",
    "add_prefix",
    "rewrite",
    "middleware",
    "redirect.to",
    "redirect.scheme",
    "redirect.host",
    "redirect.port",
    "redirect.prefix",
];

pub(super) fn treatment(model: &Model, route: &Route, known: &mut Layers) -> Treatment {
    let is_by_requests = |path: &str| {
        let is_within = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        BY_REQUESTS.iter().any(|key| path.strip_prefix(key).is_some_and(is_within))
    };
    let mut meaning = route.clone();
    let places = Places::of_route(&mut meaning).shown();
    let mut settings = meant(&normal::route(model, &meaning).canonical(), &normal::route(model, route));
    settings.retain(|path, _| !is_by_requests(path));
    let of_answer = settings.iter_mut().filter(|(path, _)| path.starts_with("respond"));
    of_answer.for_each(|(_, leaf)| leaf.places.clone_from(&places));
    Treatment { settings, layers: layers(model, &route.middleware, known), shared: BTreeSet::new() }
}

/// The layers seen so far, by their kind and number.
pub(super) type Layers = BTreeMap<(&'static str, usize), Rc<Layer>>;

/// The layers of a set, outermost first.
pub(super) fn layers(model: &Model, set: &MiddlewareSet, known: &mut Layers) -> Vec<Rc<Layer>> {
    // One line and one number for all, as they are part of the constant.
    let line = &FileLine { file: "".into(), line: 0 };
    let layers = set.layers(&model.policies).map(|layer| {
        let of = known.entry((layer.kind, layer.id)).or_insert_with(|| {
            let written = layer.settings.written();
            let mut policy = layer.settings.policy(&Site { line, upstream: "", number: 0 });
            let places = Places::of_policy(&mut policy);
            Rc::new(Layer {
                kind: layer.kind,
                id: layer.id,
                state: layer.facts.code.state,
                is_inherited: layer.origin.scope == Scope::TopLevel,
                policy,
                meaning: layer.settings.meaning(),
                places,
                shown: written.one_line(),
            })
        });
        Rc::clone(of)
    });
    // One that does nothing is none.
    layers.filter(|layer| layer.meaning != Tree::Map(Vec::new())).collect()
}

/// The values of `shown`, which mean what those of `canonical` do, in which order says nothing in a set.
pub(super) fn meant(canonical: &Tree, shown: &Tree) -> Leaves {
    let shown: BTreeMap<String, String> = shown.leaves().into_iter().collect();
    let leaf = |(path, meaning): (String, String)| {
        let shown = shown.get(&path).unwrap_or(&meaning).clone();
        (path, Leaf { meaning, shown, places: String::new() })
    };
    canonical.leaves().into_iter().map(leaf).collect()
}

/// What is different: the path, what was and what is. What begins to count, or no longer does, because of another value
/// is not: that other value is.
pub(super) fn differing<'a>(
    old: &'a Leaves,
    new: &'a Leaves,
) -> impl Iterator<Item = (&'a str, Option<String>, Option<String>)> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    paths.into_iter().filter_map(|path| {
        let (old, new) = (old.get(path), new.get(path));
        let meaning = |leaf: Option<&'a Leaf>| leaf.map(|leaf| leaf.meaning.as_str());
        let shown = |leaf: Option<&Leaf>| leaf.map(|leaf| leaf.shown.clone());
        let told = |leaf: Option<&Leaf>| leaf.map(|leaf| leaf.shown.clone() + &leaf.places);
        let tell: &dyn Fn(Option<&Leaf>) -> Option<String> =
            if shown(old) == shown(new) { &told } else { &shown };
        let is_different = meaning(old) != meaning(new) && tell(old) != tell(new);
        is_different.then(|| (path.as_str(), tell(old), tell(new)))
    })
}
