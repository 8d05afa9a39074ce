//! The statics of policies: made when a stack first uses them, shared as far as their state allows.

use super::names::Names;
use crate::middleware::{Code, Entry, Lower, Site, State};
use crate::model::{MiddlewareSet, Policies};
use crate::plan::{self, Name, Need, Static, Value};
use crate::source::FileLine;
use std::collections::BTreeMap;

/// A policy's identity: the kind, its id, and the upstream if its state belongs to both.
type Key = (&'static str, usize, Option<usize>);

/// The statics made so far.
#[derive(Debug, Default)]
pub(super) struct Statics {
    pub(super) statics: Vec<Static>,
    /// Of these, the policies themselves, in the order of their first use.
    pub(super) policies: Vec<Name>,
    pub(super) needs: Vec<Need>,
    known: BTreeMap<Key, Name>,
    stateless: BTreeMap<(&'static str, Value), Name>,
    bytes: BTreeMap<Vec<u8>, Name>,
}

impl Statics {
    /// The layers of a set, outermost first; `upstream` is the id and the name of what they are in front of.
    pub(super) fn layers(
        &mut self,
        set: &MiddlewareSet,
        policies: &Policies,
        upstream: Option<(usize, &str)>,
        names: &mut Names,
    ) -> Vec<plan::Layer> {
        let layers = set.layers(policies);
        layers
            .map(|layer| {
                let code = layer.code();
                let key = (layer.kind, layer.id, upstream.filter(|_| code.state == State::Upstream));
                let key = (key.0, key.1, key.2.map(|(id, _)| id));
                let policy = match self.known.get(&key) {
                    Some(name) => name.clone(),
                    None => {
                        self.need(layer.settings.feature(), layer.kind, layer.line);
                        let upstream = upstream.map_or("", |(_, name)| name);
                        let site = Site { line: layer.line, upstream, number: self.policies.len() };
                        let name = self.named((layer.kind, code), layer.settings.policy(&site), names);
                        self.known.insert(key, name.clone());
                        name
                    }
                };
                plan::Layer { middleware: Some(layer.kind), kind: code.layer, of: Value::Ref(policy) }
            })
            .collect()
    }

    /// A layer of this middleware that no entry of the config's `middleware` asks for.
    pub(super) fn layer(
        &mut self,
        entry: &Entry,
        layer: &dyn Lower,
        line: &FileLine,
        names: &mut Names,
    ) -> plan::Layer {
        let (middleware, code) = (entry.name, layer.code(entry.facts.code));
        let site = Site { line, upstream: "", number: self.policies.len() };
        let policy = self.named((middleware, code), layer.policy(&site), names);
        plan::Layer { middleware: Some(middleware), kind: code.layer, of: Value::Ref(policy) }
    }

    /// A static of the facade that takes part in the gateway's life as a policy does, and needs a feature; its name.
    pub(super) fn of_facade(
        &mut self,
        (name, of, value): (Name, &'static str, Value),
        (feature, user, line): (&'static str, &'static str, &FileLine),
    ) -> Name {
        self.need(Some(feature), user, line);
        self.policies.push(name.clone());
        self.statics.push(Static { name: name.clone(), middleware: None, of, array: None, value });
        name
    }

    /// Each feature once, whoever needs it too.
    pub(super) fn need(&mut self, feature: Option<&'static str>, user: &'static str, line: &FileLine) {
        if let Some(feature) = feature
            && !self.needs.iter().any(|need| need.feature == feature)
        {
            self.needs.push(Need { feature, user, line: line.clone() });
        }
    }

    fn named(&mut self, (middleware, code): (&'static str, Code), value: Value, names: &mut Names) -> Name {
        let Code { layer: _, policy, stem, state } = code;
        let key = (middleware, value);
        if state == State::None
            && let Some(name) = self.stateless.get(&key)
        {
            return name.clone();
        }
        let name = names.numbered(stem);
        self.policies.push(name.clone());
        let value = self.with_cells((middleware, &name), "CELLS", key.1.clone(), names);
        let middleware = Some(middleware);
        self.statics.push(Static { name: name.clone(), middleware, of: policy, array: None, value });
        if state == State::None {
            self.stateless.insert(key, name.clone());
        }
        name
    }

    /// The static with these bytes.
    fn bytes(&mut self, bytes: Vec<u8>, names: &mut Names) -> Name {
        if let Some(name) = self.bytes.get(&bytes) {
            return name.clone();
        }
        let name = names.numbered("BYTES_");
        let (array, value) = (Some(bytes.len()), Value::Bytes(bytes.clone()));
        self.statics.push(Static { name: name.clone(), middleware: None, of: "u8", array, value });
        self.bytes.insert(bytes, name.clone());
        name
    }

    /// The value, with its [`Value::Cells`] and [`Value::Bytes`] moved to statics; the former are named after `owner` and the
    /// field they were in.
    fn with_cells(
        &mut self,
        owner: (&'static str, &Name),
        part: &str,
        value: Value,
        names: &mut Names,
    ) -> Value {
        match value {
            Value::Cells(_, entries) if entries.is_empty() => Value::Slice(entries),
            Value::Bytes(bytes) => Value::Ref(self.bytes(bytes, names)),
            Value::Cells(of, entries) => {
                let entries = entries.into_iter().map(|value| self.with_cells(owner, part, value, names));
                let entries: Vec<Value> = entries.collect();
                let (middleware, owner) = owner;
                let name = names.part(owner, part);
                let (array, value) = (Some(entries.len()), Value::Array(entries));
                self.statics.push(Static {
                    name: name.clone(),
                    middleware: Some(middleware),
                    of,
                    array,
                    value,
                });
                Value::Ref(name)
            }
            Value::Struct(of, fields) => {
                let fields = fields.into_iter().map(|(field, value)| {
                    (field, self.with_cells(owner, &field.to_ascii_uppercase(), value, names))
                });
                Value::Struct(of, fields.collect())
            }
            Value::Call(function, arguments) => {
                let arguments = arguments.into_iter().map(|value| self.with_cells(owner, part, value, names));
                Value::Call(function, arguments.collect())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::middleware::{Facts, Written};
    use crate::yaml::Tree;

    /// Each worker has something of it for itself.
    struct Cache;

    impl Lower for Cache {
        fn policy(&self, site: &Site<'_>) -> Value {
            Value::Call("Cache::new", vec![Value::Number(site.number as u64)])
        }
    }

    impl Written for Cache {
        fn written(&self) -> Tree {
            Tree::plain("cache")
        }
    }

    #[test]
    fn a_policy_s_number_is_its_place_in_the_list() {
        let (mut statics, mut names) = (Statics::default(), Names::new());
        let line = FileLine { file: "gateway.yml".into(), line: 1 };
        static FACTS: Facts = Facts::of(
            "Answers from memory.",
            "{}",
            Code { layer: "Cached", policy: "Cache", stem: "CACHE_", state: State::Policy },
        );
        let entry = Entry { name: "cache", facts: &FACTS };
        let layers = [(); 3].map(|()| statics.layer(&entry, &Cache, &line, &mut names));
        for (number, layer) in layers.iter().enumerate() {
            let name = &statics.policies[number];
            assert_eq!(Value::Ref(name.clone()), layer.of);
            let made = statics.statics.iter().find(|one| one.name == *name).unwrap();
            assert_eq!(made.value, Value::Call("Cache::new", vec![Value::Number(number as u64)]));
        }
    }
}
