//! Model to plan: patterns become tables, policies statics, routes of one shape a stack. Pure, and it cannot fail:
//! whatever can be wrong with a config was found before.

mod listeners;
mod names;
mod policies;
mod routes;
mod stacks;
mod trie;
mod upstreams;

use crate::language::Facade;
use crate::language::server::WrittenListener;
use crate::model::{Admin, Model};
use crate::normal;
use crate::plan::{Plan, Value};
use names::Names;
use policies::Statics;
use stacks::Stacks;
use std::collections::BTreeMap;
pub(crate) use trie::plain_index;

/// What will exist for this model.
pub fn lower(model: &Model) -> Plan {
    let mut names = Names::new();
    let upstreams = upstreams::upstreams(&model.upstreams, &mut names);
    let mut statics = Statics::default();
    let mut stacks = Stacks::default();
    let mut conditions = Vec::new();
    let mut routes = Vec::new();
    let mut route_settings = Vec::new();
    let mut numbers: BTreeMap<Value, usize> = BTreeMap::new();
    for route in &model.routes {
        let instance = stacks::instance(model, route, &upstreams, &mut statics, &mut names);
        let place = stacks.place(instance, &mut names);
        let number = *numbers.entry(routes::settings(model, route)).or_insert_with_key(|settings| {
            route_settings.push(settings.clone());
            route_settings.len() - 1
        });
        routes.push(routes::route(route, (place, number), &mut conditions, &mut names));
    }
    if let Some(listener) = model.http2() {
        statics.need(Some("http2"), WrittenListener::protocols, &listener.origin.line);
    }
    let unmatched = stacks::unmatched(model, &mut statics, &mut names);
    let sites = model.sites();
    let listeners = listeners::listeners(model, &sites, &mut statics, &mut names);
    let numbers: Vec<Vec<usize>> = sites.iter().map(|site| site.routes.clone()).collect();
    let (tries, tables) = trie::tables(&model.routes, &numbers);
    let nowhere = Admin { listen: Vec::new() };
    let mut settings = model.server.fields();
    settings.extend(model.admin.as_ref().unwrap_or(&nowhere).fields());
    Plan {
        config_path: model.config_path.clone(),
        config_sha256: model.config_sha256.clone(),
        normal_config: normal::text(model),
        settings,
        life: statics.policies,
        upstreams,
        policies: statics.statics,
        stacks: stacks.stacks,
        unmatched,
        conditions,
        route_settings,
        routes,
        tries,
        tables,
        listeners,
        answers_preflights: model.routes.iter().any(|route| route.answers_preflights(model)),
        speaks_http2: model.http2().is_some(),
        needs: statics.needs,
    }
}

#[cfg(test)]
mod tests;
