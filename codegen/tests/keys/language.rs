//! The sections and the schema of the language, to be walked along a path.

use super::entries::{Entry, Step};
use castgate_codegen::codes::{About, Code};
use castgate_codegen::reference::{self, Key, Section};
use castgate_codegen::schema;
use serde_json::Value;

/// The language: its sections, and the schema to walk from one to the other.
pub(crate) struct Language {
    pub(crate) sections: Vec<Section>,
    schema: Value,
}

impl Language {
    pub(crate) fn new() -> Self {
        Self { sections: reference::sections(), schema: schema::schema() }
    }

    /// What a value may be: the schema without references and choices, each with the name of its definition.
    fn forms<'s>(&'s self, name: &'s str, value: &'s Value) -> Vec<(&'s str, &'s Value)> {
        if let Some(name) = value["$ref"].as_str().and_then(|name| name.strip_prefix("#/definitions/")) {
            return self.forms(name, &self.schema["definitions"][name]);
        }
        let choices = ["anyOf", "allOf"].into_iter().filter_map(|rule| value[rule].as_array()).flatten();
        choices.flat_map(|choice| self.forms(name, choice)).chain([(name, value)]).collect()
    }

    /// What a value, or an entry of it, may be.
    fn forms_within<'s>(&'s self, name: &'s str, value: &'s Value) -> Vec<(&'s str, &'s Value)> {
        let mut found = self.forms(name, value);
        for (name, form) in found.clone() {
            for rule in ["items", "additionalProperties"]
                .map(|rule| &form[rule])
                .into_iter()
                .filter(|rule| rule.is_object())
            {
                found.extend(self.forms_within(name, rule));
            }
        }
        found
    }

    /// Whether there is a key of this path, which leaves out names of the user's and places in lists.
    pub(crate) fn has(&self, path: &str) -> bool {
        let mut forms = self.forms_within("", &self.schema);
        path.split('.').all(|step| {
            let key = forms.iter().find_map(|(name, form)| Some((*name, form["properties"].get(step)?)));
            forms = key.map_or_else(Vec::new, |(name, value)| self.forms_within(name, value));
            key.is_some()
        })
    }

    pub(crate) fn key(&self, definition: &str, name: &str) -> &Key {
        let section = self.sections.iter().find(|section| section.definition == definition).unwrap();
        section.keys.iter().find(|key| key.name == name).unwrap()
    }

    /// The last key of the language on the way to a value, and what that key, or the entry in it, may be.
    pub(crate) fn walk(&self, path: &[Step]) -> (Option<&Key>, Vec<(&str, &Value)>) {
        let mut key = None;
        let mut forms = self.forms("", &self.schema);
        for step in path {
            let inner = match step {
                Step::Index(_) => forms.iter().find_map(|(name, form)| Some((*name, form.get("items")?))),
                Step::Key(text) => {
                    let known = forms.iter().find_map(|(name, form)| {
                        let rules = form.get("properties")?.get(text)?;
                        key = Some(self.key(name, text));
                        Some((*name, rules))
                    });
                    known.or_else(|| {
                        let entry =
                            |form: &'_ Value| form.get("additionalProperties").is_some_and(Value::is_object);
                        forms
                            .iter()
                            .find(|(_, form)| entry(form))
                            .map(|(name, form)| (*name, &form["additionalProperties"]))
                    })
                }
            };
            let Some((name, inner)) = inner else { break };
            forms = self.forms(name, inner);
        }
        (key, forms)
    }

    /// The keys within a value of one of these forms.
    fn beneath<'s>(&'s self, forms: &[(&'s str, &'s Value)], found: &mut Vec<&'s Key>) {
        for (name, form) in forms {
            for (text, rules) in form["properties"].as_object().into_iter().flatten() {
                let key = self.key(name, text);
                if !found.iter().any(|known| known.path == key.path) {
                    found.push(key);
                    self.beneath(&self.forms(name, rules), found);
                }
            }
            for rule in ["items", "additionalProperties"] {
                if form[rule].is_object() {
                    self.beneath(&self.forms(name, &form[rule]), found);
                }
            }
        }
    }

    /// The keys which a diagnostic of this code at this value may be about, by the reference; `None` if it is of those
    /// that can be anywhere.
    pub(crate) fn about(&self, code: &'static Code, at: &[Step], entries: &[Entry]) -> Option<Vec<&Key>> {
        let has = |codes: &[&'static Code]| codes.contains(&code);
        if has(&reference::of_any_key()) || code.about == About::File {
            return None;
        }
        let (key, forms) = self.walk(at);
        match key {
            None if has(&reference::of_file()) => return None,
            Some(key) if has(&key.codes) => return Some(vec![key]),
            _ => {}
        }
        // A key that is not written: then the section around it is pointed at.
        let mut beneath = Vec::new();
        self.beneath(&forms, &mut beneath);
        let is_absent = |key: &Key| {
            let within = entries.iter().filter(|entry| entry.path.starts_with(at));
            within.filter_map(|entry| self.walk(&entry.path).0).all(|other| other.path != key.path)
        };
        Some(beneath.into_iter().filter(|key| has(&key.codes) && is_absent(key)).collect())
    }
}
