//! One spelling for all that means the same: of addresses, of backends, of networks.

use crate::model::{Backend, BackendUrl, Cidr, HttpVersion, Late, Listener, Model, Piece, TrustedProxy};
use castgate_contract::{backend, listen};
use ipnet::Ipv6Net;
use std::net::IpAddr;

/// Of what `server` and `admin` say.
pub(super) fn make_sections_canonical(model: &mut Model) {
    let admin = model.admin.iter_mut().flat_map(|admin| &mut admin.listen);
    let server = model.listeners.iter_mut().flat_map(|listener| &mut listener.address);
    for listen in server.chain(admin) {
        make_address_canonical(&mut listen.value);
    }
    // What is on which of them is seen by requests.
    let all = model.listeners.drain(..).reduce(|mut all, next| {
        all.address.extend(next.address);
        all
    });
    model.listeners.extend(all.map(|all| Listener {
        name: None,
        proxy_protocol: None,
        // So that limits of HTTP/2 are compared, and are no change where it comes or goes.
        protocols: HttpVersion::BOTH.into(),
        tls: None,
        redirect: None,
        ..all
    }));
    model.server.trusted_proxies = fewest_proxies(&model.server.trusted_proxies);
}

/// The same proxies in one spelling.
pub(super) fn fewest_proxies(proxies: &[TrustedProxy]) -> Vec<TrustedProxy> {
    let networks: Vec<Cidr> = proxies.iter().filter_map(|proxy| proxy.network()).collect();
    let unix = proxies.iter().copied().filter(|proxy| *proxy == TrustedProxy::Unix);
    fewest(&networks).into_iter().map(TrustedProxy::Network).chain(unix).collect()
}

/// Of a listener.
pub(super) fn make_address_canonical(address: &mut Late) {
    respell(address, |text| Some(listen::parse(text).ok()?.to_string()));
}

/// Backends mean the same at one address and with the same share of the requests, however these are spelled.
pub(super) fn make_backend_canonical(backend: &mut Backend) {
    backend.settings.weight = backend.share;
    let canonical = |text: &str| {
        let url = backend::BackendUrl::parse(text).ok()?;
        // Of a socket there is one spelling.
        Some(if url.host_and_port().is_some() { url.authority() } else { url.text })
    };
    match &mut backend.url {
        BackendUrl::Literal(url) => url.text = canonical(&url.text).unwrap_or_default(),
        BackendUrl::Late(late) => respell(late, canonical),
    }
}

/// What is known of the whole text, as it stands or as a default.
fn respell(late: &mut Late, canonical: impl Fn(&str) -> Option<String>) {
    if let [Piece::Literal(text) | Piece::Env { default: Some(text), .. }] = late.pieces.as_mut_slice()
        && let Some(canonical) = canonical(text)
    {
        *text = canonical;
    }
}

/// The fewest networks that have the same addresses: halves are one, and what lies in another adds nothing.
fn fewest(networks: &[Cidr]) -> Vec<Cidr> {
    let networks = networks.iter().map(|network| match network.address {
        IpAddr::V4(address) => Ipv6Net::new(address.to_ipv6_mapped(), network.prefix + 96),
        IpAddr::V6(address) => Ipv6Net::new(address, network.prefix),
    });
    let networks: Vec<Ipv6Net> = networks.flatten().collect();
    let fewest = Ipv6Net::aggregate(&networks).into_iter();
    fewest.map(|network| Cidr { address: network.addr().into(), prefix: network.prefix_len() }).collect()
}
