//! Where clients come in, what they go through there, and which of the tables is theirs.

use super::names::Names;
use super::policies::Statics;
use crate::language::kind::{Address, Nested, OneOrList};
use crate::language::{Constant, Facade};
use crate::model::{self, Model, Site, Tls};
use crate::plan::{Listener, Value};

/// In the order of the config.
pub(super) fn listeners(
    model: &Model,
    sites: &[Site<'_>],
    statics: &mut Statics,
    names: &mut Names,
) -> Vec<Listener> {
    let listener = |listener: &model::Listener| {
        let is_here = |site: &Site<'_>| site.listeners.iter().any(|other| std::ptr::eq(*other, listener));
        Listener {
            name: listener.name.clone().unwrap_or_default(),
            listen: OneOrList(Address, "").value(&listener.address),
            door: door(listener, statics, names),
            protocols: Value::Path(match (listener.speaks_http2(), listener.speaks_http1()) {
                (false, _) => "Protocols::Http1",
                (true, false) => "Protocols::Http2",
                (true, true) => "Protocols::Both",
            }),
            table: sites.iter().position(is_here).unwrap_or(0),
        }
    };
    model.listeners.iter().map(listener).collect()
}

/// TLS has a life of its own; behind it is who says in front of it whose connection it is.
fn door(listener: &model::Listener, statics: &mut Statics, names: &mut Names) -> Option<Value> {
    let proxies = listener.proxy_protocol.as_ref().map(|proxies| Value::Borrowed(Box::new(proxies.value())));
    let Some(tls) = &listener.tls else { return proxies };
    let Tls { client_certificates: clients, .. } = tls;
    let settings = tls.value_with(vec![
        ("behind", Value::option(proxies)),
        ("client_certificates", Value::option(clients.as_ref().map(|clients| Nested.value(clients)))),
    ]);
    let name = listener.name.clone().unwrap_or_default();
    let of = (names.after(&format!("tls {name}"), "TLS"), "Tls");
    let value = Value::Call("Tls::new", vec![Value::Text(name), settings]);
    Some(Value::Ref(statics.of_facade((of.0, of.1, value), ("tls", "tls", &listener.origin.line))))
}
