//! What becomes of a connection when both its ends have switched to another protocol: bytes go both ways, and nobody reads them.
//! Whoever serves requests knows a tunnel only by what is declared here. Its code is behind [`Tunnels`], which generated code names
//! where a route may switch, and nobody else does: a gateway without such a route has none of it.

mod flow;
mod two_way;

use std::fmt;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;

use self::two_way::TwoWay;
use crate::error::Reason;
use crate::exchange::{Account, Exchange};
use crate::stream::Stream;
use crate::upstream::InFlight;
use crate::worker::File;

/// Makes tunnels.
pub trait Open: Sync + fmt::Debug {
    /// A tunnel to a backend that has switched to the protocol of this token.
    fn open(&self, token: &'static str, backend: Switched) -> Box<dyn Tunnel>;
}

/// A tunnel. It is driven by the task of the client's connection, which ends with it.
pub trait Tunnel: fmt::Debug {
    /// What was switched to.
    fn token(&self) -> &'static str;

    /// The client has been told. What it had sent ahead is for the backend.
    fn begin(&mut self, early: &[u8]);

    /// Moves what can be moved; ready when nothing will be any more, with the reason.
    fn poll(&mut self, client: Client<'_>, cx: &mut Context<'_>) -> Poll<Reason>;

    /// When it is to be polled again although nothing may have come.
    fn look_again(&self) -> Option<Instant>;
}

/// The end at the client, and what is known of the exchange that has led to the tunnel.
#[derive(Debug)]
pub struct Client<'a> {
    pub(crate) stream: &'a mut Stream,
    pub(crate) exchange: &'a Exchange,
    pub(crate) account: &'a mut Account,
}

/// The end of a connection to a backend that has switched.
#[derive(Debug)]
pub struct Switched {
    pub(crate) stream: Stream,
    /// What came behind the head.
    pub(crate) early: Bytes,
    /// It stays in flight for as long as the tunnel is.
    pub(crate) in_flight: Option<InFlight>,
    /// And so does what it counts for.
    pub(crate) file: Option<File>,
}

/// The tunnels of this gateway.
#[derive(Debug)]
pub struct Tunnels;

impl Tunnels {
    /// What a route has that may switch.
    pub const OPENED: &'static dyn Open = &Self;
}

impl Open for Tunnels {
    fn open(&self, token: &'static str, backend: Switched) -> Box<dyn Tunnel> {
        Box::new(TwoWay::new(token, backend))
    }
}
