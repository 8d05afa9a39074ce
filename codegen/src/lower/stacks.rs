//! Stacks: routes whose layers and end are of the same kinds share a type, and those which are equal an instance.

use super::names::Names;
use super::policies::Statics;
use crate::middleware;
use crate::model::{self, Document, Late, Model, PathChange};
use crate::pattern::TemplatePiece;
use crate::plan::{Balance, End, Instance, Name, Place, Stack, Upstream, Value};
use std::collections::BTreeMap;

/// What makes the type of a stack: the middleware of its layers, and the type of its end.
type Shape = (Vec<&'static str>, &'static str, Option<Balance>);

/// The stacks made so far, in the order of their first use.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    pub(super) stacks: Vec<Stack>,
    shapes: BTreeMap<Shape, usize>,
    /// The instances of each stack and their places.
    places: Vec<BTreeMap<Instance, usize>>,
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

fn shape(Instance { layers, end }: &Instance) -> Shape {
    (layers.iter().map(|layer| layer.middleware).collect(), end.of, end.balance)
}

/// What serves a route.
pub(super) fn instance(
    model: &Model,
    route: &model::Route,
    upstreams: &[Upstream],
    statics: &mut Statics,
    names: &mut Names,
) -> Instance {
    let upstream = route.forward().map(|forward| forward.upstream.index());
    let named = upstream.map(|id| (id, upstreams[id].label.as_str()));
    let mut layers = statics.layers(&route.middleware, &model.policies, named, names);
    let (of, new, arguments) = match &route.target {
        model::Target::Forward(forward) => {
            let upstream = Value::Ref(upstreams[forward.upstream.index()].name.clone());
            ("Forward", "Forward::new", vec![upstream, path_edit(&forward.path)])
        }
        model::Target::Redirect(redirect) => {
            ("Redirect", "Redirect::new", vec![Value::Number(redirect.status.into()), target(&redirect.to)])
        }
        model::Target::Respond(respond) => {
            // Its fields may be late, and a layer knows how to bind those.
            if !respond.headers.is_empty() {
                let (entry, fields) = middleware::of_response(&respond.headers);
                layers.push(statics.layer(&entry, &fields, &route.origin.line, names));
            }
            let content_type = respond.content_type.clone().unwrap_or_default();
            let escape = Value::Path(Document::of(&content_type).escape());
            let (status, content_type) = (Value::Number(respond.status.into()), Value::Text(content_type));
            match respond.body.late().as_ref().and_then(Late::literal) {
                Some(body) => {
                    ("Respond", "Respond::new", vec![status, content_type, Value::Text(body.to_owned())])
                }
                None => {
                    let body = Value::OfRequest(respond.body.clone());
                    ("RespondOf", "RespondOf::new", vec![status, content_type, escape, body])
                }
            }
        }
    };
    let balance = upstream.map(|id| upstreams[id].balance);
    Instance { layers, end: End { of, balance, value: Value::Call(new, arguments) } }
}

/// What serves a request without a route.
pub(super) fn unmatched(model: &Model, statics: &mut Statics, names: &mut Names) -> Instance {
    let layers = statics.layers(&model.unmatched, &model.policies, None, names);
    Instance { layers, end: End { of: "Reject", balance: None, value: Value::Path("Reject") } }
}

fn path_edit(change: &PathChange) -> Value {
    match change {
        PathChange::Keep => Value::Path("PathEdit::Keep"),
        PathChange::StripPrefix { prefix } => {
            Value::Call("PathEdit::Strip", vec![prefix.matches('/').count().into()])
        }
        PathChange::Rewrite(pieces) => Value::Call("PathEdit::Rewrite", vec![template(pieces)]),
    }
}

fn target(pieces: &[TemplatePiece]) -> Value {
    match pieces {
        [TemplatePiece::Literal(text)] => {
            Value::Call("RedirectTarget::Fixed", vec![Value::Text(text.clone())])
        }
        _ => Value::Call("RedirectTarget::Template", vec![template(pieces)]),
    }
}

fn template(pieces: &[TemplatePiece]) -> Value {
    let number = |number: u8| vec![Value::Number(number.into())];
    let piece = |piece: &TemplatePiece| match piece {
        TemplatePiece::Literal(text) => {
            Value::Call("TemplatePiece::Literal", vec![Value::Text(text.clone())])
        }
        TemplatePiece::Segment(place) => Value::Call("TemplatePiece::Segment", number(*place)),
        TemplatePiece::Rest(place) => Value::Call("TemplatePiece::Rest", number(*place)),
        TemplatePiece::Label => Value::Path("TemplatePiece::Label"),
    };
    Value::Slice(pieces.iter().map(piece).collect())
}
