//! A field that a middleware claims, such as the one with a request's id, is written by the gateway: it can have no other
//! use on the same route, or none that takes what was written away.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::middleware::{Claim, Held, Part, Use, written_after};
use crate::model::{Model, Route, Source, Target};
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let mut reported: BTreeSet<ConfigPath> = BTreeSet::new();
    for route in &model.routes {
        let layers: Vec<Use<'_>> = route.middleware.layers(&model.policies).collect();
        let parts: Vec<Part<'_>> = layers.iter().flat_map(Use::parts).collect();
        check_type(route, &layers, &mut reported, sink);
        for claimant in &parts {
            for claim in claimant.settings.claims() {
                let first = claimant.written(claim.key.as_slice(), sink.source);
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
}

/// A value in a body is written as the type of the body asks for; as another type it could be more than text.
fn check_type(
    route: &Route,
    layers: &[Use<'_>],
    reported: &mut BTreeSet<ConfigPath>,
    sink: &mut Reporter<'_>,
) {
    let of = |kind| layers.iter().find(|layer| layer.kind == kind);
    let has_values = match &route.target {
        Target::Respond(respond) if respond.body.sources().any(Source::is_chosen) => {
            Some(route.origin.path.key("respond").key("body"))
        }
        _ => None,
    };
    let of_page = || {
        of("error_pages")?.parts().into_iter().find_map(|part| {
            let values = part.settings.values();
            let (keys, _) = values.into_iter().find(|(_, body)| body.sources().any(Source::is_chosen))?;
            Some(keys.iter().fold(part.own.clone(), |at, key| at.key(key)))
        })
    };
    let Some(body) = has_values.or_else(of_page).map(|at| sink.source.value_span(&at)) else { return };
    for part in of("response_headers").into_iter().flat_map(Use::parts) {
        for touch in
            part.settings.touches().into_iter().filter(|touch| touch.field.as_str() == "content-type")
        {
            let at = touch.path.iter().fold(part.own.clone(), |at, key| at.key(key));
            if reported.insert(at.clone()) {
                let title = "header `content-type` says how the values in a body are written";
                let label = "as another type, what a client sends could be more than text";
                sink.error_at(&codes::MANAGED_HEADER, &at, title, label)
                    .label(body.clone(), "values of the request in this body")
                    .help("say it with the `content_type` of the body");
            }
        }
    }
}

/// Other uses of the field: where, and what goes wrong.
fn others(route: &Route, parts: &[Part<'_>], claim: &Claim<'_>) -> Vec<(ConfigPath, String)> {
    let mut others = Vec::new();
    let is_whole = claim.held == Held::Whole;
    for part in parts {
        let touches = part.settings.touches().into_iter();
        for touch in touches.filter(|touch| touch.field.as_str() == claim.field && (is_whole || touch.loses))
        {
            let at = touch.path.iter().fold(part.own.clone(), |at, key| at.key(key));
            let clash = claim.said.clash.map_or_else(|| (touch.clash)(claim.carries), str::to_owned);
            others.push((at, clash));
        }
    }
    if let Target::Respond(respond) = &route.target
        && is_whole
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
