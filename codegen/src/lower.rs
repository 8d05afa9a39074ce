//! Model to plan: patterns become tables, policies statics, routes of one shape a stack. Pure, and it cannot fail:
//! whatever can be wrong with a config was found before.

mod hash;
pub(crate) mod late;
mod names;
mod policies;
mod routes;
mod settings;
mod stacks;
mod table;
mod trie;
mod turns;
mod upstreams;

use crate::model::Model;
use crate::normal;
use crate::plan::{Edge, Index, Plan};
pub(crate) use hash::hash;
use names::Names;
use policies::Statics;
use stacks::Stacks;
pub(crate) use trie::plain_index;

/// How many literals the generated file asserts the hash of: short ones, long ones, an empty one if there is one.
const HASHES: usize = 3;

/// What will exist for this model.
pub fn lower(model: &Model) -> Plan {
    let mut names = Names::new();
    let upstreams = upstreams::upstreams(&model.upstreams, &mut names);
    let mut statics = Statics::default();
    let mut stacks = Stacks::default();
    let mut conditions = Vec::new();
    let mut routes = Vec::new();
    for route in &model.routes {
        let instance = stacks::instance(model, route, &upstreams, &mut statics, &mut names);
        let place = stacks.place(instance, &mut names);
        routes.push(routes::route(route, place, &mut conditions, &mut names));
    }
    let unmatched = stacks::unmatched(model, &mut statics, &mut names);
    let index = trie::index(&model.routes);
    Plan {
        config_path: model.config_path.clone(),
        config_sha256: model.config_sha256.clone(),
        normal_config: normal::text(model),
        settings: settings::settings(model, statics.breakers, statics.bindings),
        upstreams,
        policies: statics.statics,
        stacks: stacks.stacks,
        unmatched,
        conditions,
        routes,
        hashes: hashes(&index),
        index,
    }
}

/// Some literals and their hashes: the shortest and the longest are the likeliest to show a difference.
fn hashes(index: &Index) -> Vec<(String, u32)> {
    let mut texts: Vec<&str> = index.edges.iter().flatten().map(|Edge { text, .. }| text.as_str()).collect();
    texts.sort_unstable_by_key(|text| (text.len(), *text));
    texts.dedup();
    let longest = texts.split_off(texts.len().saturating_sub(HASHES - 1));
    let chosen = texts.into_iter().take(1).chain(longest);
    chosen.map(|text| (text.to_owned(), hash(text.as_bytes()))).collect()
}

#[cfg(test)]
mod tests;
