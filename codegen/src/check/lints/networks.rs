//! Networks: those whose forwarding headers are believed, and those of filters.

use crate::diagnostic::Reporter;
use crate::language::server::{WrittenListener, WrittenProxyProtocol, WrittenServer};
use crate::lint::Lint;
use crate::model::{Cidr, Model, ProxyProtocol, TrustedProxy};
use crate::source::ConfigPath;
use castgate_contract::network::Network;

/// The largest private networks are 10.0.0.0/8 and fc00::/7; beyond them are other people's.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 7;
const ALL_OF_IPV4: Network = Network::v4([0; 4], 0);

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let section = ConfigPath::root().key("server").key(WrittenServer::trusted_proxies);
    proxies(&model.server.trusted_proxies, &section, sink);
    for listener in &model.listeners {
        if let Some(ProxyProtocol { from }) = &listener.proxy_protocol {
            let section = listener.origin.path.key(WrittenListener::proxy_protocol);
            proxies(from, &section.key(WrittenProxyProtocol::from), sink);
        }
    }
    let parts = model
        .policies
        .all()
        .flat_map(|policy| policy.parts().into_iter().map(move |part| (policy.kind, part)));
    for (kind, part) in parts {
        for (key, networks) in part.settings.networks() {
            let list = part.own.key(key);
            // What a route has from the top level is told of there.
            if sink.source.is_written(&list) {
                let networks: Vec<(usize, Cidr)> = networks.iter().copied().enumerate().collect();
                overlaps(&networks, &list, sink);
            }
        }
        if let Some(label) = part.settings.if_all_come_from_a_proxy()
            && !sink.source.is_written(&section)
        {
            let title = format!("`{kind}` goes by addresses that may be a proxy's");
            sink.lint_at_key(Lint::FILTER_WITHOUT_PROXIES, &part.own, title, label)
                .help("name the proxies in front of the gateway in `server.trusted_proxies`, or write `trusted_proxies: []` if there are none");
        }
    }
}

/// Those who are believed when they say who the client is.
fn proxies(proxies: &[TrustedProxy], list: &ConfigPath, sink: &mut Reporter<'_>) {
    // Of a config without errors each is in its place.
    let networks = proxies.iter().enumerate().filter_map(|(index, proxy)| Some((index, proxy.network()?)));
    let networks: Vec<(usize, Cidr)> = networks.collect();
    for (index, network) in networks.iter().filter(|(_, network)| is_wide(network)) {
        let title = format!("`{network}` is most of the Internet");
        let label = "whoever connects from there may say who the client is";
        let entry = list.index(*index);
        // One that is alone need be no list.
        let place = if sink.source.is_written(&entry) { &entry } else { list };
        sink.lint_at(Lint::TRUST_EVERYONE, place, title, label)
            .help("name the networks of the proxies in front of the gateway");
    }
    overlaps(&networks, list, sink);
}

/// Networks of a list, each with its place there, that lie in another one of it.
fn overlaps(networks: &[(usize, Cidr)], list: &ConfigPath, sink: &mut Reporter<'_>) {
    let mut by_place: Vec<(usize, &Cidr)> =
        networks.iter().map(|(index, network)| (*index, network)).collect();
    by_place.sort_by_key(|(index, network)| (network.network(), *index));
    // Networks either hold each other or have nothing in common.
    let mut around: Option<(usize, &Cidr)> = None;
    for (index, network) in by_place {
        match around.filter(|(_, outer)| outer.network().holds(network.network())) {
            None => around = Some((index, network)),
            Some((first, outer)) => {
                let other = sink.source.value_span(&list.index(first));
                let title = format!("`{network}` is in `{outer}`");
                let problem =
                    sink.lint_at(Lint::OVERLAPPING_NETWORKS, &list.index(index), title, "adds nothing");
                problem.label(other, "holds it already");
            }
        }
    }
}

fn is_wide(network: &Cidr) -> bool {
    let is_wide = network.prefix < if network.address.is_ipv4() { WIDEST_V4 } else { WIDEST_V6 };
    // `::/80` is no large part of IPv6, but the addresses of IPv4 are mapped into it.
    is_wide || network.network().holds(ALL_OF_IPV4)
}
