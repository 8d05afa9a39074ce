//! Which listeners of two configs clients take for the same: what a listener is called is nobody's business but the
//! config's, and its address may change.

use super::spelling;
use super::treatment::{self, Leaves};
use crate::language::kind::{ListOf, Proxy, Versions};
use crate::language::{Kind, Section};
use crate::model::{Listener, Model, ProxyProtocol, Site, TrustedProxy};
use crate::show;
use crate::yaml::Tree;
use std::collections::BTreeSet;

/// Sites of both configs to compare, by their places; `None` where a listener is only in the other config. And the
/// names of the listeners for which that is.
pub(super) struct Pair {
    pub(super) old: Option<usize>,
    pub(super) new: Option<usize>,
    pub(super) names: Vec<String>,
}

/// All pairs, each once. A listener belongs to those that have an address of it, else to that of the same name, else to
/// the only one that is left: two that swap their names are other listeners to whoever connects.
pub(super) fn pairs(
    (old, old_sites): (&Model, &[Site<'_>]),
    (new, new_sites): (&Model, &[Site<'_>]),
) -> Vec<Pair> {
    let (old, new) = (&old.listeners, &new.listeners);
    let mut found: BTreeSet<(Option<usize>, Option<usize>)> = BTreeSet::new();
    let by_rules: [fn(&Listener, &Listener) -> bool; 2] = [has_common_address, |a, b| a.name == b.name];
    for belong in by_rules {
        let known = found.clone();
        let is_left = |one: usize, other: usize| {
            known.iter().all(|(old, _)| *old != Some(one)) || known.iter().all(|(_, new)| *new != Some(other))
        };
        for (one, before) in old.iter().enumerate() {
            let others = new.iter().enumerate();
            let others = others.filter(|(other, after)| is_left(one, *other) && belong(before, after));
            found.extend(others.map(|(other, _)| (Some(one), Some(other))));
        }
    }
    let left =
        |count: usize, is_found: &dyn Fn(usize) -> bool| (0..count).filter(|one| !is_found(*one)).collect();
    let old_left: Vec<usize> = left(old.len(), &|one| found.iter().any(|(old, _)| *old == Some(one)));
    let new_left: Vec<usize> = left(new.len(), &|one| found.iter().any(|(_, new)| *new == Some(one)));
    match (old_left.as_slice(), new_left.as_slice()) {
        ([one], [other]) => drop(found.insert((Some(*one), Some(*other)))),
        (gone, fresh) => {
            found.extend(gone.iter().map(|one| (Some(*one), None)));
            found.extend(fresh.iter().map(|other| (None, Some(*other))));
        }
    }
    let mut pairs: Vec<Pair> = Vec::new();
    for (one, other) in found {
        let listener = other.and_then(|other| new.get(other)).or(one.and_then(|one| old.get(one)));
        let name = listener.and_then(|listener| listener.name.clone());
        let (one, other) = (
            one.and_then(|one| site(old_sites, &old[one])),
            other.and_then(|other| site(new_sites, &new[other])),
        );
        match pairs.iter_mut().find(|pair| (pair.old, pair.new) == (one, other)) {
            Some(pair) => pair.names.extend(name),
            None => pairs.push(Pair { old: one, new: other, names: name.into_iter().collect() }),
        }
    }
    pairs
}

fn has_common_address(a: &Listener, b: &Listener) -> bool {
    !spelled(a).is_disjoint(&spelled(b))
}

/// Its addresses, in one spelling.
fn spelled(listener: &Listener) -> BTreeSet<String> {
    let spelled = listener.address.iter().map(|each| {
        let mut address = each.value.clone();
        spelling::make_address_canonical(&mut address);
        show::late(&address)
    });
    spelled.collect()
}

/// What connections go through, by the addresses where: `server.proxy_protocol.0.0.0.0:443`. Whose listener that is counts no more
/// than in its routes.
pub(super) fn doors(model: &Model) -> Leaves {
    let tls = |listener: &Listener| -> Vec<(String, Tree)> {
        let Some(tls) = &listener.tls else { return Vec::new() };
        spelled(listener).into_iter().map(|address| (address, tls.tree())).collect()
    };
    let tls = within("server", within("tls", Tree::Map(model.listeners.iter().flat_map(tls).collect())));
    let mut leaves = treatment::meant(&tls.canonical(), &tls);
    leaves.extend(proxies(model));
    // Of none there is nothing to say.
    ["server.proxy_protocol", "server.protocols", "server.tls"]
        .iter()
        .for_each(|key| drop(leaves.remove(*key)));
    leaves
}

/// Who speaks the PROXY protocol, and which versions of HTTP are spoken.
fn proxies(model: &Model) -> Leaves {
    let tree = |spell: fn(&[TrustedProxy]) -> Vec<TrustedProxy>| {
        let door = |listener: &Listener| -> Vec<(String, Tree)> {
            let Some(ProxyProtocol { from }) = &listener.proxy_protocol else { return Vec::new() };
            let from = ListOf(Proxy).tree(&spell(from));
            spelled(listener).into_iter().map(|address| (address, from.clone())).collect()
        };
        // That of most need not be said.
        let http2 = model.listeners.iter().filter(|listener| listener.speaks_http2());
        let protocols = http2.flat_map(|listener| {
            let protocols = Versions.tree(&listener.protocols);
            spelled(listener).into_iter().map(move |address| (address, protocols.clone()))
        });
        let doors = Tree::Map(model.listeners.iter().flat_map(door).collect());
        let all = [("proxy_protocol", doors), ("protocols", Tree::Map(protocols.collect()))];
        within("server", Tree::Map(all.map(|(key, tree)| (key.to_owned(), tree)).into()))
    };
    treatment::meant(&tree(spelling::fewest_proxies).canonical(), &tree(<[TrustedProxy]>::to_vec))
}

fn within(key: &str, tree: Tree) -> Tree {
    Tree::Map(vec![(key.to_owned(), tree)])
}

fn site(sites: &[Site<'_>], listener: &Listener) -> Option<usize> {
    sites.iter().position(|site| site.listeners.iter().any(|other| std::ptr::eq(*other, listener)))
}
