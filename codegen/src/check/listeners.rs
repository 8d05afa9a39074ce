//! No two listeners take the same connections: the second could not start.
//!
//! An unspecified address (`0.0.0.0`, `[::]`) takes those of every address of its family. An IPv6 listener takes IPv6
//! only, so `0.0.0.0` and `[::]` go together. A port of 0 is a free one each time. Of a socket of this machine the path
//! is the address.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::model::{Late, Model, Placed};
use castgate_contract::listen::{self, Address};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;

struct Listener<'m> {
    listen: &'m Placed,
    is_admin: bool,
    /// Where it listens if nobody says otherwise at start.
    address: Option<Address>,
}

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let server = model.listeners.iter().flat_map(|listener| &listener.address).map(|listen| (false, listen));
    let admin = model.admin.iter().flat_map(|admin| &admin.listen).map(|listen| (true, listen));
    let listeners: Vec<Listener<'_>> =
        server.chain(admin).map(|(is_admin, listen)| Listener::new(is_admin, listen)).collect();
    let mut at: BTreeMap<SocketAddr, &Listener<'_>> = BTreeMap::new();
    // By family and port: the first of any address, and that of every address.
    let mut anywhere: BTreeMap<(bool, u16), &Listener<'_>> = BTreeMap::new();
    let mut everywhere: BTreeMap<(bool, u16), &Listener<'_>> = BTreeMap::new();
    let mut unknown: BTreeMap<&Late, &Listener<'_>> = BTreeMap::new();
    let mut by_path: BTreeMap<&str, &Listener<'_>> = BTreeMap::new();
    for listener in &listeners {
        let first = match &listener.address {
            Some(Address::Ip(_)) => None,
            Some(Address::Unix(path)) => claim(&mut by_path, path, listener),
            None => claim(&mut unknown, &listener.listen.value, listener),
        };
        if let Some(first) = first {
            report(first, listener, sink);
        }
        let Some(Address::Ip(address)) = listener.address else { continue };
        if address.port() == 0 {
            continue;
        }
        let family = (address.is_ipv4(), address.port());
        let is_everywhere = address.ip().is_unspecified();
        let first = if is_everywhere {
            anywhere.get(&family)
        } else {
            at.get(&address).or_else(|| everywhere.get(&family))
        };
        if let Some(first) = first {
            report(first, listener, sink);
            continue;
        }
        at.insert(address, listener);
        anywhere.entry(family).or_insert(listener);
        if is_everywhere {
            everywhere.insert(family, listener);
        }
    }
}

/// Who has it already.
fn claim<'l, 'm, K: Ord>(
    claimed: &mut BTreeMap<K, &'l Listener<'m>>,
    key: K,
    listener: &'l Listener<'m>,
) -> Option<&'l Listener<'m>> {
    match claimed.entry(key) {
        Entry::Occupied(first) => Some(first.get()),
        Entry::Vacant(free) => {
            free.insert(listener);
            None
        }
    }
}

impl<'m> Listener<'m> {
    fn new(is_admin: bool, listen: &'m Placed) -> Self {
        let address = listen.value.by_default().and_then(|text| listen::parse(&text).ok());
        Self { listen, is_admin, address }
    }
}

fn report(first: &Listener<'_>, second: &Listener<'_>, sink: &mut Reporter<'_>) {
    // Where the gateway would listen instead of an address that was refused is of no interest.
    if sink.is_refused(&first.listen.origin.path) || sink.is_refused(&second.listen.origin.path) {
        return;
    }
    // The default was not written anywhere.
    let span = sink.source.written_span(&first.listen.origin.path);
    let text = |listener: &Listener<'_>| {
        let known = listener.address.as_ref();
        known.map_or("this address".to_owned(), |address| quoted(&address.to_string()))
    };
    let title = match (first.is_admin, second.is_admin) {
        (false, true) => format!("`admin` cannot listen on {}: `server` does", text(second)),
        _ => format!("{} is listened on twice", text(second)),
    };
    let label = match (&first.address, &second.address) {
        (Some(one), Some(Address::Ip(other)))
            if *one != Address::Ip(*other) && other.ip().is_unspecified() =>
        {
            format!("takes the connections of {one} too")
        }
        (Some(one), Some(other)) if one != other => format!("{one} takes these connections"),
        _ => "the same address again".to_owned(),
    };
    let problem = sink.error_at(&codes::BAD_ADDRESS, &second.listen.origin.path, title, label);
    match span {
        Some(span) => {
            problem.label(span, "first written here");
        }
        None => {
            problem.help("`server.listen` is 0.0.0.0:8080 if it is left out");
        }
    }
    if second.is_admin && !first.is_admin {
        problem.help(
            "give it another port, or leave `admin` out to answer the built-in paths on `server.listen`",
        );
    }
}
