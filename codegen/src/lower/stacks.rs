//! Stacks: routes whose layers and end are of the same kinds share a type, and those which are equal an instance.

use super::names::Names;
use super::policies::Statics;
use crate::middleware;
use crate::model::{self, Model, PathChange};
use crate::plan::{End, Instance, Name, PathEdit, Stack, Target, TemplatePiece, Upstream};
use std::collections::BTreeMap;

/// What makes the type of a stack: the middleware of its layers, and the kind of its end.
type Shape = (Vec<&'static str>, EndKind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EndKind {
    /// To an upstream with this balancer.
    Forward(&'static str),
    Redirect,
    Respond,
    Reject,
}

/// The stacks made so far, in the order of their first use.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    pub(super) stacks: Vec<Stack>,
    shapes: BTreeMap<Shape, usize>,
    /// The instances of each stack and their places.
    places: Vec<BTreeMap<Instance, usize>>,
}

/// Where a route's stack is.
pub(super) struct Place {
    pub(super) stack: Name,
    pub(super) table: Name,
    pub(super) instance: usize,
}

impl Stacks {
    /// The place of this instance; it gets one if it is new.
    pub(super) fn place(&mut self, instance: Instance, names: &mut Names) -> Place {
        let number = *self.shapes.entry(shape(&instance)).or_insert_with(|| {
            let alias = Name(format!("Stack{}", self.stacks.len()));
            self.stacks.push(Stack { alias, table: names.numbered("STACK"), instances: Vec::new() });
            self.places.push(BTreeMap::new());
            self.stacks.len() - 1
        });
        let stack = &mut self.stacks[number];
        let next = stack.instances.len();
        let place = *self.places[number].entry(instance).or_insert_with_key(|instance| {
            stack.instances.push(instance.clone());
            next
        });
        Place { stack: stack.alias.clone(), table: stack.table.clone(), instance: place }
    }
}

fn shape(instance: &Instance) -> Shape {
    let end = match &instance.end {
        End::Forward { balance, .. } => EndKind::Forward(balance),
        End::Redirect { .. } => EndKind::Redirect,
        End::Respond { .. } => EndKind::Respond,
        End::Reject => EndKind::Reject,
    };
    (instance.layers.iter().map(|layer| layer.middleware).collect(), end)
}

/// What serves a route.
pub(super) fn instance(
    model: &Model,
    route: &model::Route,
    upstreams: &[Upstream],
    statics: &mut Statics,
    names: &mut Names,
) -> Instance {
    let upstream = match &route.target {
        model::Target::Forward(forward) => Some(forward.upstream.index()),
        model::Target::Redirect(_) | model::Target::Respond(_) => None,
    };
    let named = upstream.map(|id| (id, upstreams[id].label.as_str()));
    let mut layers = statics.layers(&route.middleware, &model.policies, named, names);
    let end = match &route.target {
        model::Target::Forward(forward) => {
            let upstream = &upstreams[forward.upstream.index()];
            End::Forward {
                balance: upstream.balance,
                upstream: upstream.name.clone(),
                path: path_edit(&forward.path),
            }
        }
        model::Target::Redirect(redirect) => {
            End::Redirect { status: redirect.status, to: target(&redirect.to) }
        }
        model::Target::Respond(respond) => {
            // Its fields may be late, and a layer knows how to bind those.
            if !respond.headers.is_empty() {
                let (entry, fields) = middleware::of_response(&respond.headers);
                layers.push(statics.layer(&entry, &fields, &route.origin.line, names));
            }
            End::Respond {
                status: respond.status,
                content_type: respond.content_type.clone().unwrap_or_default(),
                body: respond.body.clone(),
            }
        }
    };
    Instance { layers, end }
}

/// What serves a request without a route.
pub(super) fn unmatched(model: &Model, statics: &mut Statics, names: &mut Names) -> Instance {
    Instance { layers: statics.layers(&model.unmatched, &model.policies, None, names), end: End::Reject }
}

fn path_edit(change: &PathChange) -> PathEdit {
    match change {
        PathChange::Keep => PathEdit::Keep,
        PathChange::StripPrefix { prefix } => PathEdit::Strip(prefix.matches('/').count()),
        PathChange::Rewrite(pieces) => PathEdit::Rewrite(pieces.clone()),
    }
}

fn target(pieces: &[TemplatePiece]) -> Target {
    match pieces {
        [TemplatePiece::Literal(text)] => Target::Fixed(text.clone()),
        _ => Target::Template(pieces.to_vec()),
    }
}
