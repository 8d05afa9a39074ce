//! The room that a client connection takes: among all of the process, and among those of its client.

use std::net::IpAddr;
use std::rc::Rc;

use super::clients::Clients;
use crate::address;
use crate::door::Refused;
use crate::worker::{Client, Full};

/// The room that an open connection takes among all, and among those of its client. It is free again when this is dropped, so
/// also when the connection's task panics.
#[derive(Debug)]
pub(super) struct Seat {
    clients: Rc<Clients>,
    client: Option<Client>,
    /// Whoever was let in beyond the limit may have none. It is no guard of its own, since every idle connection would hold one.
    has_file: bool,
}

impl Seat {
    /// One of those that `limits.connections` and the files allow; none if all are taken.
    pub(super) fn take(clients: &Rc<Clients>) -> Option<Self> {
        let is_taken = clients.worker().process().take_seat();
        is_taken.then(|| Self { clients: clients.clone(), client: None, has_file: true })
    }

    /// One more than there are, for who has been let in already.
    pub(super) fn take_beyond_limit(clients: &Rc<Clients>) -> Self {
        let has_file = clients.worker().process().take_seat_beyond_limit();
        Self { clients: clients.clone(), client: None, has_file }
    }

    /// Those of whom it is one.
    pub(super) fn clients(&self) -> &Rc<Clients> {
        &self.clients
    }

    /// Counts it among those of its client. Who has no address, and a proxy, is not one client but many.
    pub(super) fn claim(&mut self, peer: Option<IpAddr>) -> Result<(), Full> {
        let proxies = self.clients.worker().settings().trusted_proxies;
        let client = peer.filter(|_| !address::is_trusted(proxies, peer));
        if let Some(client) = client {
            self.client = self.clients.worker().process().per_client().enter(client)?;
        }
        Ok(())
    }

    /// Tells that the connection is refused, which is then closed.
    pub(super) fn refuse(&self, why: Refused, peer: Option<IpAddr>, listener: usize) {
        let name =
            self.clients.worker().settings().listeners.get(listener).map_or("", |listener| listener.name);
        self.clients.worker().process().refused().add(why, peer, name);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let process = self.clients.worker().process();
        if let Some(client) = self.client.take() {
            process.per_client().leave(client);
        }
        process.free_seat(self.has_file);
    }
}
