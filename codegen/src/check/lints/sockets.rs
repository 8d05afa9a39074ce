//! Filters of addresses on sockets of this machine, whose clients have none unless somebody says who they are.

use crate::addition;
use crate::diagnostic::{Reporter, quoted};
use crate::language::server::WrittenServer;
use crate::lint::Lint;
use crate::model::{Listener, Model, Placed, TrustedProxy};
use crate::source::ConfigPath;
use castgate_contract::listen::{self, Address};
use std::collections::BTreeSet;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    if model.server.trusted_proxies.contains(&TrustedProxy::Unix) {
        return;
    }
    // Who says whose connection it is gives it an address.
    let is_told = |listener: &Listener| {
        let door = listener.proxy_protocol.as_ref();
        door.is_some_and(|door| door.from.contains(&TrustedProxy::Unix))
    };
    let sockets = model.listeners.iter().filter(|listener| !is_told(listener));
    let sockets = sockets.filter_map(|listener| Some((listener, socket(listener)?)));
    let sockets: Vec<(&Listener, &Placed)> = sockets.collect();
    let server = ConfigPath::root().key("server");
    let proxies = server.key(WrittenServer::trusted_proxies);
    let mut reported: BTreeSet<&ConfigPath> = BTreeSet::new();
    for route in &model.routes {
        let Some((_, socket)) = sockets.iter().find(|(listener, _)| route.listeners.has(listener)) else {
            continue;
        };
        for layer in route.middleware.layers(&model.policies) {
            if !layer.settings.refuses_strangers() || !reported.insert(&layer.origin.path) {
                continue;
            }
            let place = sink.source.value_span(&socket.origin.path);
            let mend = if sink.source.is_written(&proxies) {
                addition::of_entry(sink.source, &proxies, "unix")
            } else {
                addition::of_list(sink.source, &server, WrittenServer::trusted_proxies, "unix")
            };
            let title = format!("`{}` refuses whoever comes by a Unix socket", layer.kind);
            let label = format!("every request for {} that comes there", quoted(&route.name));
            let problem = sink.lint_at_key(Lint::FILTER_OF_SOCKET, &layer.origin.path, title, label);
            problem
                .label(place, "who connects here has no address")
                .help("if no proxy connects there, let the route be reached on other listeners only");
            if let Some((span, text)) = mend {
                problem.suggest("if a proxy connects there, believe who it says the client is", span, text);
            }
        }
    }
}

/// The first of its addresses that is a socket of this machine, if nobody says otherwise at start.
fn socket(listener: &Listener) -> Option<&Placed> {
    listener.address.iter().find(|placed| {
        let address = placed.value.by_default().and_then(|text| listen::parse(&text).ok());
        matches!(address, Some(Address::Unix(_)))
    })
}
