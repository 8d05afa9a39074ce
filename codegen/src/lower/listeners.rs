//! Where clients come in, and which of the tables is theirs.

use crate::language::kind::{Address, OneOrList};
use crate::language::{Constant, Facade};
use crate::model::{Model, Site};
use crate::plan::{Listener, Value};

/// In the order of the config.
pub(super) fn listeners(model: &Model, sites: &[Site<'_>]) -> Vec<Listener> {
    let listener = |listener: &crate::model::Listener| {
        let is_here = |site: &Site<'_>| site.listeners.iter().any(|other| std::ptr::eq(*other, listener));
        Listener {
            name: listener.name.clone().unwrap_or_default(),
            listen: OneOrList(Address, "").value(&listener.address),
            door: listener.proxy_protocol.as_ref().map(Facade::value),
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
