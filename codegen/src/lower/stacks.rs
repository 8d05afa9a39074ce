//! Stacks: routes whose layers and end are of the same kinds share a type, and those which are equal an instance.

use super::names::Names;
use super::policies::Statics;
use super::routes::disputed;
use crate::language::kind::SentHost;
use crate::language::route::OfLocation;
use crate::language::{Coded, Constant};
use crate::middleware;
use crate::model::{
    self, Disputed, Document, Forward, HostHeader, Late, Leads, Model, Part, PathChange, Piece, PrefixChange,
    RequestText, Source,
};
use crate::plan::{Balance, End, Instance, Layer, Name, Place, Stack, Upstream, Value};
use castgate_contract::redirect::Parts;
use castgate_contract::template::Prefix;
use std::collections::BTreeMap;

/// What makes the type of a stack: the middleware of its layers, and the type of its end.
type Shape = (Vec<(Option<&'static str>, &'static str)>, &'static str, Option<Balance>);

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
    (layers.iter().map(|layer| (layer.middleware, layer.kind)).collect(), end.of, end.balance)
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
            // Ahead of all that may look at what the gateway says, or change it.
            layers.splice(0..0, forwarded_prefix(&forward.path));
            let host = model.upstream(forward.upstream).map(|upstream| &upstream.settings.host_header);
            layers.extend(host.and_then(|host| restored(route, forward, host)));
            layers.extend(rewritten(&forward.path, route.settings.keeps()));
            let upstream = Value::Ref(upstreams[forward.upstream.index()].name.clone());
            ("Forward", "Forward::new", vec![upstream, path_edit(&forward.path)])
        }
        model::Target::Redirect(redirect) => (
            "Redirect",
            "Redirect::new",
            vec![Value::Number(redirect.status.into()), target(&redirect.leads, route.settings.keeps())],
        ),
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
        PathChange::Prefix(change) => Value::Call("PathEdit::Prefix", vec![prefix(&change.edit())]),
        PathChange::Rewrite(text) => match own_pieces(text) {
            Some(pieces) => Value::Call("PathEdit::Rewrite", vec![pieces]),
            // A layer in front has done it.
            None => Value::Path("PathEdit::Keep"),
        },
    }
}

/// Makes another target of the request, if that takes more than segments of its path.
fn rewritten(change: &PathChange, keeps: Disputed) -> Option<Layer> {
    let PathChange::Rewrite(text) = change else { return None };
    let of = of_request(text, keeps);
    own_pieces(text).is_none().then_some(Layer { middleware: None, kind: "Rewrite", of })
}

/// Tells the backend what was taken off the path.
fn forwarded_prefix(change: &PathChange) -> Option<Layer> {
    let PathChange::Prefix(PrefixChange { taken, .. }) = change else { return None };
    let of = Value::Text(taken.clone());
    (!taken.is_empty()).then_some(Layer { middleware: None, kind: "ForwardedPrefix", of })
}

/// Changes places in the response back.
fn restored(route: &model::Route, forward: &Forward, host: &HostHeader) -> Option<Layer> {
    if route.settings.response.location == OfLocation::Keep {
        return None;
    }
    let (taken, put) = match &forward.path {
        PathChange::Prefix(PrefixChange { taken, put }) => (taken.clone(), put.clone()),
        PathChange::Keep | PathChange::Rewrite(_) => (String::new(), String::new()),
    };
    let of = vec![("taken", Value::Text(taken)), ("put", Value::Text(put)), ("sent", SentHost.value(host))];
    Some(Layer { middleware: None, kind: "RestoreLocation", of: Value::Struct("Restored", of) })
}

fn prefix(Prefix { taken, put }: &Prefix<String>) -> Value {
    Value::Struct("PrefixEdit", vec![("taken", (*taken).into()), ("put", Value::Text(put.clone()))])
}

fn target(leads: &Leads, keeps: Disputed) -> Value {
    match leads {
        Leads::To(text) => match (text.late().as_ref().and_then(Late::literal), own_pieces(text)) {
            (Some(text), _) => Value::Call("RedirectTarget::Fixed", vec![Value::Text(text.to_owned())]),
            (None, Some(pieces)) => Value::Call("RedirectTarget::Template", vec![pieces]),
            (None, None) => Value::Call("RedirectTarget::OfRequest", vec![of_request(text, keeps)]),
        },
        Leads::Parts(Parts { scheme, host, port, prefix: new }) => {
            let parts = vec![
                ("scheme", Value::option(scheme.map(|scheme| Value::Path(scheme.code())))),
                ("host", Value::option(host.clone().map(Value::Text))),
                ("port", Value::option(port.map(|port| Value::Number(port.into())))),
                ("prefix", Value::option(new.as_ref().map(prefix))),
            ];
            Value::Call("RedirectTarget::Parts", vec![Value::Struct("RedirectParts", parts)])
        }
    }
}

/// Pieces of a path that needs nothing but segments of the request's own, and has no query; `None` for any other.
fn own_pieces(text: &RequestText) -> Option<Value> {
    let number = |number: u8| vec![Value::Number(number.into())];
    let piece = |part: &Part| match part {
        Part::Late(Piece::Literal(text)) if !text.contains('?') => {
            Some(Value::Call("TemplatePiece::Literal", vec![Value::Text(text.clone())]))
        }
        Part::Request(Source::Segment { number: place, .. }) => {
            Some(Value::Call("TemplatePiece::Segment", number(*place)))
        }
        Part::Request(Source::Rest { number: place, .. }) => {
            Some(Value::Call("TemplatePiece::Rest", number(*place)))
        }
        Part::Request(Source::Label { .. }) => Some(Value::Path("TemplatePiece::Label")),
        Part::Late(_) | Part::Request(_) => None,
    };
    text.parts.iter().map(piece).collect::<Option<_>>().map(Value::Slice)
}

fn of_request(text: &RequestText, keeps: Disputed) -> Value {
    Value::Call("RequestTarget::new", vec![Value::OfRequest(text.clone()), disputed(keeps)])
}
