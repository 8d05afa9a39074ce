//! A field that a middleware claims, such as the one with a request's id, is written by the gateway: it can have no other
//! use on the same route.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::middleware::{Claim, Use, written_after};
use crate::model::{Model, Route, Target};
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut reported: BTreeSet<ConfigPath> = BTreeSet::new();
    for route in &model.routes {
        let layers: Vec<Use<'_>> = route.middleware.layers(&model.policies).collect();
        for (claimant, claim) in layers.iter().filter_map(|layer| Some((layer, layer.settings.claims()?))) {
            // What a route does not say itself it has from the top level.
            let own = claimant.origin.path.key(claim.key);
            let everywhere = ConfigPath::root().key("middleware").key(claimant.kind).key(claim.key);
            let first =
                Some(everywhere).filter(|at| sink.source.is_written(at) && !sink.source.is_written(&own));
            let first = first.unwrap_or(own);
            if sink.is_refused(&first) {
                continue;
            }
            for (at, label) in others(route, &layers, &claim) {
                if reported.insert(at.clone()) {
                    report((&at, label), &claim, &first, sink);
                }
            }
        }
    }
}

/// Other uses of the field: where, and what goes wrong.
fn others(route: &Route, layers: &[Use<'_>], claim: &Claim<'_>) -> Vec<(ConfigPath, String)> {
    let mut others = Vec::new();
    for layer in layers {
        for touch in layer.settings.touches().into_iter().filter(|touch| touch.field == claim.field) {
            let at = touch.path.iter().fold(layer.origin.path.clone(), |at, key| at.key(key));
            others.push((at, (touch.clash)(claim.carries)));
        }
    }
    if let Target::Respond(respond) = &route.target
        && respond.headers.iter().any(|(name, _)| name == claim.field)
    {
        others.push((route.origin.path.key("respond").key("headers"), written_after(claim.carries)));
    }
    others
}

fn report(
    (at, label): (&ConfigPath, String),
    claim: &Claim<'_>,
    first: &ConfigPath,
    sink: &mut Reporter<'_>,
) {
    let Claim { field, carries, .. } = claim;
    let first = sink.source.value_span(first);
    let title = format!("header {} carries the request's {carries}", quoted(field.as_str()));
    sink.error_at(&codes::MANAGED_HEADER, at, title, label)
        .label(first, format!("the {carries}'s header"))
        .help("give one of them another name");
}
