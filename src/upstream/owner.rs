//! Whose a connection to a backend is, where backends are told of the client in front of it (`proxy_protocol`). Its requests are that
//! client's alone: what was said of the connection is said of them.

use std::net::IpAddr;
use std::rc::{Rc, Weak};

use super::preface::Initiator;
use crate::exchange::Peer;

/// The client whose it is: the address that a backend was told, by the connection on which it has come. It may come again by the same
/// address, and then be somebody else.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    peer: Weak<Peer>,
    client: Option<IpAddr>,
}

impl Owner {
    /// Through a trusted proxy come many clients on one connection.
    pub(crate) fn new(peer: &Rc<Peer>, client: Option<IpAddr>) -> Self {
        Self { peer: Rc::downgrade(peer), client }
    }

    /// Whether its connection is open: when it is not, nobody has any use for this one.
    pub(super) fn is_here(&self) -> bool {
        self.peer.upgrade().is_some_and(|peer| !peer.has_left())
    }

    /// What a backend is told.
    pub(super) fn initiator(&self) -> Initiator {
        let told = self.peer.upgrade().and_then(|peer| peer.told_of(self.client));
        told.map_or(Initiator::Unknown, Initiator::Client)
    }
}

impl PartialEq for Owner {
    fn eq(&self, other: &Self) -> bool {
        self.peer.ptr_eq(&other.peer) && self.client == other.client
    }
}
