//! Every key of the language, in the order of the page. A section that several keys hold (`routes.middleware` holds what
//! `middleware` holds) is there once, under the first of them, or of those where nothing else can stand in its place.

use super::{diagnostics, kind};
use crate::codes::Code;
use crate::language::gateway::Gateway;
use crate::language::{KeyMeta, Section as _, SectionMeta, Without};
use crate::middleware;
use std::collections::BTreeSet;

/// The top-level sections in the order in which they are read.
const ORDER: [&str; 8] =
    ["server", "admin", "upstreams", "middleware", "routes", "tests", "observability", "lints"];

/// A key and what the reference says of it.
#[derive(Debug, Clone)]
pub struct Key {
    /// `upstreams.health_check.path`, without the names of upstreams and places in lists.
    pub path: String,
    /// Its last part.
    pub name: String,
    /// The type, with its units.
    pub kind: String,
    /// The default, or that there has to be a value; may be empty.
    pub default: String,
    /// As it would be written; a key which this version refuses has none.
    pub example: Option<String>,
    /// What it is.
    pub meaning: String,
    /// The diagnostics that can point at it, but for those that can point at any key.
    pub codes: Vec<&'static Code>,
}

/// A map with keys of the language.
#[derive(Debug, Clone)]
pub struct Section {
    /// The path of the key that holds it; empty for the whole file.
    pub path: String,
    /// What the schema calls it; empty for the whole file.
    pub definition: String,
    /// What it is; may be empty.
    pub description: String,
    /// By name; middleware in the order of execution, which means something.
    pub keys: Vec<Key>,
}

/// All sections.
pub fn sections() -> Vec<Section> {
    let mut sections = vec![section("", Gateway::META)];
    let mut alone = BTreeSet::new();
    held_alone(Gateway::META, &mut BTreeSet::new(), &mut alone);
    for name in ORDER {
        let key = Gateway::META.keys.iter().find(|key| key.name == name);
        if let Some(held) = key.and_then(|key| (key.shape)().section()) {
            walk(name, held, &alone, &mut sections);
        }
    }
    sections
}

/// A section, and then those of its keys.
fn walk(path: &str, meta: &SectionMeta, alone: &BTreeSet<&str>, sections: &mut Vec<Section>) {
    if sections.iter().any(|known| known.definition == meta.name()) {
        return;
    }
    sections.push(section(path, meta));
    for key in in_order(meta) {
        let shape = (key.shape)();
        let Some(held) = shape.section() else { continue };
        if shape.section_alone().is_some() || !alone.contains(held.name()) {
            walk(&format!("{path}.{}", key.name), held, alone, sections);
        }
    }
}

/// The names of the sections which some key holds in whose place nothing else can stand.
fn held_alone<'m>(meta: &'m SectionMeta, seen: &mut BTreeSet<&'m str>, alone: &mut BTreeSet<&'m str>) {
    if !seen.insert(meta.name()) {
        return;
    }
    for key in meta.keys {
        let shape = (key.shape)();
        alone.extend(shape.section_alone().map(SectionMeta::name));
        if let Some(held) = shape.section() {
            held_alone(held, seen, alone);
        }
    }
}

fn section(path: &str, meta: &SectionMeta) -> Section {
    let keys = in_order(meta).into_iter().map(|key| {
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        Key {
            codes: diagnostics::of_key(&path, key),
            path,
            name: key.name.to_owned(),
            kind: kind::kind(&(key.shape)()),
            default: match (key.without)() {
                Without::Required => "required".to_owned(),
                Without::AtLeastOne => "at least one".to_owned(),
                Without::Nothing => String::new(),
                Without::Default(said, _) => said,
            },
            example: Some(key.example.to_owned()).filter(|example| !example.is_empty()),
            meaning: key.meaning(),
        }
    });
    // `keepalive:` alone says no more than the heading, nor does what the whole is called.
    let says_more = |text: &String| !text.ends_with(":`") && !path.is_empty();
    Section {
        path: path.to_owned(),
        definition: if path.is_empty() { String::new() } else { meta.name().to_owned() },
        description: Some(meta.description()).filter(says_more).unwrap_or_default(),
        keys: keys.collect(),
    }
}

fn in_order(meta: &SectionMeta) -> Vec<&KeyMeta> {
    let mut keys: Vec<&KeyMeta> = meta.keys.iter().collect();
    if meta.name() != middleware::SECTION.name() {
        keys.sort_by_key(|key| key.name);
    }
    keys
}
