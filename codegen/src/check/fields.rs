//! A field that a middleware claims, such as the one with a request's id, is written by the gateway: it can have no other
//! use on the same route, or none that takes what was written away.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::middleware::{Claim, Does, Part, Use, written_after};
use crate::model::{Model, Route, Source, Target};
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut reported: BTreeSet<ConfigPath> = BTreeSet::new();
    for route in &model.routes {
        let layers: Vec<Use<'_>> = route.middleware.layers(&model.policies).collect();
        let parts: Vec<Part<'_>> = layers.iter().flat_map(Use::parts).collect();
        let claims = parts.iter().flat_map(|claimant| {
            let claims = claimant.settings.claims().into_iter();
            claims.map(|claim| (claimant.written(claim.key.as_slice(), sink.source), claim))
        });
        let claims: Vec<(ConfigPath, Claim<'_>)> = claims.chain(of_answer(route)).collect();
        for (first, claim) in claims {
            if sink.is_refused(&first) {
                continue;
            }
            for (at, label) in others(route, &parts, &claim) {
                if reported.insert(at.clone()) {
                    report((&at, label), &claim, &first, sink);
                }
            }
        }
    }
}

/// What a route claims that answers itself: where, and the claim.
fn of_answer(route: &Route) -> Option<(ConfigPath, Claim<'static>)> {
    let Target::Respond(respond) = &route.target else { return None };
    let has_values = respond.body.sources().any(Source::is_chosen);
    has_values.then(|| (route.origin.path.key("respond").key("body"), Claim::of_values(Some("body"))))
}

/// Other uses of the field: where, and what goes wrong.
fn others(route: &Route, parts: &[Part<'_>], claim: &Claim<'_>) -> Vec<(ConfigPath, String)> {
    let mut others = Vec::new();
    for part in parts {
        let touches = part.settings.touches().into_iter();
        for touch in
            touches.filter(|touch| touch.field.as_str() == claim.field && claim.held.excludes(touch.does))
        {
            let at = touch.path.iter().fold(part.own.clone(), |at, key| at.key(key));
            let clash = claim.said.clash.map_or_else(|| (touch.clash)(claim.carries), str::to_owned);
            others.push((at, clash));
        }
    }
    if let Target::Respond(respond) = &route.target
        && claim.held.excludes(Does::Add)
        && respond.headers.iter().any(|(name, _)| name.as_str() == claim.field)
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
    let Claim { key, field, said, .. } = claim;
    let first = match key {
        Some(_) => sink.source.value_span(first),
        None => sink.source.key_span(first),
    };
    sink.error_at(&codes::MANAGED_HEADER, at, format!("header {} {}", quoted(field), said.title), label)
        .label(first, said.label)
        .help(said.help);
}
