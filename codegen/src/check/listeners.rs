//! No two listeners take the same connections: the second could not start.
//!
//! An unspecified address (`0.0.0.0`, `[::]`) takes those of every address of its family. An IPv6 listener takes IPv6
//! only, so `0.0.0.0` and `[::]` go together. A port of 0 is a free one each time. Of a socket of this machine the text is the
//! address.

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::model::{Late, Model, Placed};
use std::collections::BTreeMap;
use std::net::SocketAddr;

struct Listener<'m> {
    listen: &'m Placed,
    is_admin: bool,
    /// Where it listens if nobody says otherwise at start.
    address: Option<SocketAddr>,
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
    let mut by_path: BTreeMap<String, &Listener<'_>> = BTreeMap::new();
    for listener in &listeners {
        let Some(address) = listener.address else {
            let path = listener.listen.value.by_default();
            let first = path.and_then(|path| by_path.insert(path, listener));
            if let Some(first) = first.or(unknown.insert(&listener.listen.value, listener)) {
                report(first, listener, sink);
            }
            continue;
        };
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

impl<'m> Listener<'m> {
    fn new(is_admin: bool, listen: &'m Placed) -> Self {
        let address = listen.value.by_default().and_then(|text| text.parse().ok());
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
    let text = |listener: &Listener<'_>| match listener.address {
        Some(address) => quoted(&address.to_string()),
        None => listener.listen.value.by_default().map_or("this address".to_owned(), |text| quoted(&text)),
    };
    let title = match (first.is_admin, second.is_admin) {
        (false, true) => format!("`admin` cannot listen on {}: `server` does", text(second)),
        _ => format!("{} is listened on twice", text(second)),
    };
    let label = match (first.address, second.address) {
        (Some(one), Some(other)) if one != other && other.ip().is_unspecified() => {
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
