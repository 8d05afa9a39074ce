//! To which table a client comes that is sent to a scheme and a port.
//!
//! Whoever is sent to `https` comes to a listener with `tls`. If there is none, he comes back only through somebody in front who ends
//! TLS, and then the gateway is told so by a trusted proxy: without `server.trusted_proxies` an `https` place is another's. Behind a
//! listener that sends everybody elsewhere it comes back to one that does not.
//!
//! Where several listeners may be meant, or one whose port only a running gateway knows, nobody is followed.

use super::named::NamedHosts;
use crate::table::{Request, Table};
use castgate_contract::listen::{self, Address};
use castgate_contract::redirect::Scheme;
use std::collections::BTreeSet;

/// The tables of all listeners, and the ports on which each is reached.
pub(super) struct Tables<'a, 'm> {
    tables: &'a [Table<'m>],
    /// Those without TLS.
    ports: Vec<BTreeSet<u16>>,
    /// Those with TLS; nothing for a table that none has.
    secure: Vec<Option<BTreeSet<u16>>>,
    named: Vec<NamedHosts<'m>>,
}

impl<'a, 'm> Tables<'a, 'm> {
    pub(super) fn new(tables: &'a [Table<'m>]) -> Self {
        let named = tables.iter().map(|table| NamedHosts::of(&table.model().routes)).collect();
        let secure = |table: &Table<'_>| table.speaks_tls().then(|| ports(table, true));
        let plain = tables.iter().map(|table| ports(table, false)).collect();
        Self { tables, ports: plain, secure: tables.iter().map(secure).collect(), named }
    }

    pub(super) fn get(&self, number: usize) -> Option<&'a Table<'m>> {
        self.tables.get(number)
    }

    /// The table of a client that is sent there from this one; `None` if it goes to a place that may be another gateway.
    pub(super) fn reached(&self, from: usize, scheme: Scheme, port: Option<u16>) -> Option<usize> {
        let port = port.unwrap_or(scheme.default_port());
        let is_default = port == scheme.default_port();
        let is_told = !self.get(from)?.model().server.trusted_proxies.is_empty();
        match scheme {
            Scheme::Https if self.secure.iter().any(Option::is_some) => {
                let secure = (0..).zip(&self.secure);
                let secure = secure.filter_map(|(table, ports)| Some((table, ports.as_ref()?)));
                let mut listening = secure.clone().filter(|(_, ports)| ports.contains(&port)).peekable();
                match listening.peek() {
                    Some(_) => only(listening.map(|(table, _)| table)),
                    // Somebody in front may forward it to another port here.
                    None if is_default => only(secure.map(|(table, _)| table)),
                    None => None,
                }
            }
            Scheme::Https => match self.redirects_all(from) {
                _ if !is_default || !is_told => None,
                false => Some(from),
                true => only((0..self.tables.len()).filter(|table| !self.redirects_all(*table))),
            },
            Scheme::Http if self.ports.get(from)?.contains(&port) => Some(from),
            Scheme::Http => {
                let mut listening =
                    (0..).zip(&self.ports).filter(|(_, ports)| ports.contains(&port)).peekable();
                match listening.peek() {
                    Some(_) => only(listening.map(|(table, _)| table)),
                    // Somebody in front may forward it here.
                    None => is_default.then_some(from),
                }
            }
        }
    }

    /// The request as a client has to ask it to come to this table, if another one has the port that is meant otherwise.
    pub(super) fn asked_at(&self, table: usize, request: Request) -> Request {
        let http = Scheme::Http.default_port();
        let has = |number: usize| self.ports.get(number).is_some_and(|ports| ports.contains(&http));
        let is_others = !has(table) && (0..self.ports.len()).any(has);
        let port = self.ports.get(table).and_then(BTreeSet::first).filter(|_| is_others);
        match port {
            Some(port) if !request.host().is_empty() => {
                request.clone().with_host(&format!("{}:{port}", request.host())).unwrap_or(request)
            }
            _ => request,
        }
    }

    /// Whether the host of a request that comes to this table is this gateway's: one that no route names there is most likely
    /// another machine. A listener that only redirects has no such routes; where its port is what was asked, those of others count.
    pub(super) fn serves(&self, table: usize, request: &Request) -> bool {
        let names = |named: &NamedHosts<'_>| named.have(request.host());
        let port = request.port().unwrap_or(Scheme::Http.default_port());
        let is_asked = || self.ports.get(table).is_some_and(|ports| ports.contains(&port));
        self.named.get(table).is_some_and(names)
            || self.redirects_all(table) && is_asked() && self.named.iter().any(names)
    }

    fn redirects_all(&self, table: usize) -> bool {
        let listeners = self.get(table).map(|table| &table.model().listeners);
        listeners.is_some_and(|listeners| listeners.iter().all(|listener| listener.redirect.is_some()))
    }
}

/// The one, if there is only one.
fn only(mut numbers: impl Iterator<Item = usize>) -> Option<usize> {
    numbers.next().filter(|_| numbers.next().is_none())
}

/// Those that are known, of listeners with or without TLS.
fn ports(table: &Table<'_>, with_tls: bool) -> BTreeSet<u16> {
    let listeners = table.model().listeners.iter().filter(|listener| listener.tls.is_some() == with_tls);
    let listening = listeners.flat_map(|listener| &listener.address);
    let addresses = listening.filter_map(|listen| listen::parse(listen.value.literal()?).ok());
    let port = |address| match address {
        Address::Ip(address) => Some(address.port()),
        Address::Unix(_) => None,
    };
    addresses.filter_map(port).filter(|port| *port != 0).collect()
}
