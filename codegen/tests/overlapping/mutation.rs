//! One gateway made into another by a few changes, most of which somebody would see.

use super::gateway::{self, Change, Gateway, MIDDLEWARE, Target};
use crate::random::Choices;
use std::collections::BTreeSet;

/// The gateway with a change or two.
pub(crate) fn mutated(choices: &mut Choices<'_>, gateway: &Gateway) -> Gateway {
    let mut gateway = gateway.clone();
    for number in 0..choices.between(1, 2) {
        mutate(choices, &mut gateway, number);
    }
    let used: BTreeSet<&String> = gateway
        .routes
        .iter()
        .filter_map(|route| match &route.target {
            Target::Upstream(name, _) => Some(name),
            _ => None,
        })
        .collect();
    let known = gateway.upstreams.clone();
    gateway.upstreams.retain(|name, _| used.contains(name));
    for name in used {
        gateway
            .upstreams
            .entry(name.clone())
            .or_insert_with(|| known.get(name).cloned().unwrap_or_else(|| vec![9001]));
    }
    gateway
}

/// The gateway twice, in such a way that only path parameters can tell the one from the other.
pub(crate) fn told_by_parameters(choices: &mut Choices<'_>, gateway: &Gateway) -> [Gateway; 2] {
    let (mut old, mut new) = (gateway.clone(), gateway.clone());
    for (before, after) in old.routes.iter_mut().zip(&mut new.routes) {
        let keeps_parameters = choices.chance(70);
        for route in [&mut *before, &mut *after] {
            route.keeps_parameters = keeps_parameters;
            route.condition.is_exact = !route.condition.path.contains(&gateway::Segment::Rest);
            let change = if choices.chance(50) {
                Change::Keep
            } else {
                Change::Rewrite(gateway::itself(&route.condition))
            };
            if let Target::Upstream(_, own) | Target::Backends(_, own) = &mut route.target {
                *own = if route.condition.is_exact { change } else { Change::Keep };
            }
        }
    }
    [old, new]
}

fn mutate(choices: &mut Choices<'_>, gateway: &mut Gateway, number: usize) {
    let place = choices.below(gateway.routes.len());
    match choices.below(21) {
        0 => gateway.has_admin ^= true,
        1 => gateway.most_body += 1,
        2 => {
            let kind = choices.pick(&MIDDLEWARE);
            let kind = MIDDLEWARE.into_iter().find(|other| *other == kind).unwrap();
            if gateway.middleware.remove(kind).is_none() {
                gateway.middleware.insert(kind, choices.below(2) as u32);
            }
        }
        3 if gateway.routes.len() > 1 => drop(gateway.routes.remove(place)),
        4 => {
            let route = gateway::route(choices, &format!("n{number}"));
            gateway::add(choices, gateway, route);
        }
        5 => gateway.upstreams.values_mut().for_each(|backends| backends.push(9003)),
        6 => {
            let route = &mut gateway.routes[place];
            if let Target::Upstream(name, _) = &mut route.target {
                *name = if name == "u" { "v" } else { "u" }.to_owned();
            }
        }
        7 => {
            let route = &mut gateway.routes[place];
            if let Target::Upstream(_, change) | Target::Backends(_, change) = &mut route.target {
                match change {
                    Change::Rewrite(template) => template.reverse_parameters(),
                    Change::Keep => *change = Change::Rewrite(gateway::itself(&route.condition)),
                    change => *change = Change::Keep,
                }
            } else if let Target::Redirect(template, _) = &mut route.target {
                template.reverse_parameters();
            }
        }
        8 => {
            let route = &mut gateway.routes[place];
            route.target = gateway::target(choices, &route.condition);
            if !matches!(route.target, Target::Upstream(..) | Target::Backends(..)) {
                route.timeout = None;
            }
        }
        9 => {
            let condition = gateway::condition(choices);
            let route = &mut gateway.routes[place];
            route.condition.hosts = condition.hosts;
            route.condition.methods = condition.methods;
        }
        10 => {
            let condition = gateway::condition(choices);
            gateway.routes[place].condition.fields = condition.fields;
        }
        11 => {
            let route = &mut gateway.routes[place];
            if let Target::Upstream(..) | Target::Backends(..) = &route.target {
                route.timeout = Some(45_000);
            }
        }
        12 => gateway.routes[place].name.push('x'),
        13 => gateway.routes[place].keeps_parameters ^= true,
        14 => gateway.routes[place].keeps_slashes ^= true,
        16 | 17 if gateway.has_listeners => {
            gateway.routes[place].condition.listeners = gateway::listeners(choices);
        }
        15 => gateway.routes[place].most_body = choices.chance(50).then_some(None),
        _ => {
            let kind = choices.below(MIDDLEWARE.len());
            let own = match choices.below(3) {
                0 => None,
                sort => Some(sort as u32 - 1),
            };
            gateway.routes[place].middleware.insert(MIDDLEWARE[kind], own);
        }
    }
}

trait Swap {
    fn reverse_parameters(&mut self);
}

impl Swap for gateway::Template {
    /// The last parameter where the first was, and so on.
    fn reverse_parameters(&mut self) {
        let places: Vec<usize> = self.iter().filter_map(|piece| piece.err()).collect();
        let mut places = places.into_iter().rev();
        for piece in self.iter_mut().filter(|piece| piece.is_err()) {
            *piece = Err(places.next().unwrap());
        }
    }
}
