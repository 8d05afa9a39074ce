//! Who is at the other end of a client connection, and by which listener he came.

use std::cell::{Cell, OnceCell};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Instant;

use castgate_contract::redirect::Scheme;
use http::HeaderValue;

use super::age::Age;
use crate::address::{self, Ends};
use crate::door::TlsFacts;
use crate::worker::Worker;

/// The other end of a client connection.
#[derive(Debug)]
pub(crate) struct Peer {
    worker: Rc<Worker>,
    listener: usize,
    /// Who connects to a socket of this machine has none.
    address: Option<IpAddr>,
    trusted_proxy: bool,
    /// Of its connection, where backends are told of them.
    ends: Option<Box<Ends>>,
    /// What is known of it by TLS; nothing if there is none.
    tls: Option<Box<TlsFacts>>,
    age: Age,
    /// Its connection has ended, whoever still holds this.
    has_left: Cell<bool>,
    /// The address as text, made once.
    text: OnceCell<Option<Rc<HeaderValue>>>,
}

impl Peer {
    /// One that has come in at a listener of this number; the admin's has none.
    pub(crate) fn new(
        worker: Rc<Worker>,
        listener: usize,
        address: Option<IpAddr>,
        (ends, tls): (Option<Box<Ends>>, Option<Box<TlsFacts>>),
    ) -> Self {
        let address = address.map(|address| address.to_canonical());
        let trusted_proxy = address::is_trusted(worker.settings().trusted_proxies, address);
        let most = worker.settings().timeouts.connection;
        let age = Age::new(Instant::now(), most, &mut worker.random());
        Self {
            worker,
            listener,
            address,
            trusted_proxy,
            ends,
            tls,
            age,
            has_left: Cell::new(false),
            text: OnceCell::new(),
        }
    }

    pub(crate) fn worker(&self) -> &Rc<Worker> {
        &self.worker
    }

    pub(crate) fn listener(&self) -> usize {
        self.listener
    }

    /// The listener's name in the config, if it has one.
    pub(crate) fn listener_name(&self) -> Option<&'static str> {
        let listener = self.worker.settings().listeners.get(self.listener)?;
        Some(listener.name).filter(|name| !name.is_empty())
    }

    /// Whether its connection is to end with the next response, if that is given at `now`.
    pub(crate) fn is_too_old(&self, now: Instant) -> bool {
        self.age.is_over(now)
    }

    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The scheme of what it asks, as it has come here.
    pub(crate) fn scheme(&self) -> Scheme {
        if self.tls.is_some() { Scheme::Https } else { Scheme::Http }
    }

    /// What is known of it by TLS.
    pub(crate) fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_deref()
    }

    pub(crate) fn is_trusted_proxy(&self) -> bool {
        self.trusted_proxy
    }

    /// Its connection has ended.
    pub(crate) fn leave(&self) {
        self.has_left.set(true);
    }

    pub(crate) fn has_left(&self) -> bool {
        self.has_left.get()
    }

    /// What backends are told of its client: the ends of its connection, or, of one that comes through a trusted proxy, the address that
    /// this has said; the port of that nobody knows. Nothing of one without an address.
    pub(crate) fn told_of(&self, client: Option<IpAddr>) -> Option<Ends> {
        let client = client?;
        let unknown = |client: IpAddr| -> SocketAddr {
            match client {
                IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
            }
        };
        Some(match self.ends.as_deref() {
            Some(ends) if self.address == Some(client) => *ends,
            Some(ends) => Ends { source: (client, 0).into(), ..*ends },
            None => Ends { source: (client, 0).into(), destination: unknown(client) },
        })
    }

    /// The address as a field value, made once for each connection.
    pub(crate) fn value(&self) -> Option<Rc<HeaderValue>> {
        self.text().clone()
    }

    fn text(&self) -> &Option<Rc<HeaderValue>> {
        self.text.get_or_init(|| HeaderValue::try_from(self.address?.to_string()).map(Rc::new).ok())
    }

    /// Appends an address as text, or `unix` if there is none; the peer's is made once for each connection.
    pub(crate) fn append_ip(&self, buffer: &mut Vec<u8>, address: Option<IpAddr>) {
        match address {
            None => buffer.extend_from_slice(b"unix"),
            of_peer if of_peer == self.address => {
                self.text().iter().for_each(|text| buffer.extend_from_slice(text.as_bytes()));
            }
            Some(address) => buffer.extend_from_slice(address.to_string().as_bytes()),
        }
    }
}
