//! A client connection that has switched to another protocol: what of its exchange lives on. All that was needed to answer is given
//! back.

use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::flight::{Flight, Work};
use crate::error::Reason;
use crate::exchange::{Account, Delivery, Exchange};
use crate::input::Input;
use crate::stream::Stream;
use crate::tunnel::{Client, Tunnel};

/// A tunnel with its client.
pub(super) struct Tunnelling {
    pub(super) exchange: Rc<Exchange>,
    account: Account,
    tunnel: Box<dyn Tunnel>,
}

impl Tunnelling {
    /// What the client has just been told of, if it is a tunnel. What it has sent behind its request is the beginning of it: had the backend
    /// not switched, that would be the next request.
    pub(super) fn take<F>(flight: &mut Flight<F>, input: &mut Input) -> Option<Box<Self>> {
        let Work::Delivery(Delivery { response, account }) = &mut flight.place.work else { return None };
        let (mut tunnel, mut account) = (response.take_tunnel()?, account.take()?);
        tunnel.begin(input.rest());
        input.forget();
        let clock = flight.exchange.clock();
        clock.begin_tunnel();
        account.switched(clock.now());
        Some(Box::new(Self { exchange: flight.exchange.clone(), account, tunnel }))
    }

    /// Moves what can be moved; ready when the tunnel has ended, with the reason, which the account has, too.
    pub(super) fn poll(&mut self, client: &mut Stream, cx: &mut Context<'_>) -> Poll<Reason> {
        let client = Client { stream: client, exchange: &self.exchange, account: &mut self.account };
        let ended = self.tunnel.poll(client, cx);
        ended.map(|reason| {
            self.account.end(reason);
            reason
        })
    }

    pub(super) fn deadline(&self) -> Instant {
        let deadline = self.exchange.clock().deadline();
        self.tunnel.look_again().map_or(deadline, |look| look.min(deadline))
    }

    /// Whether more has passed than the time to look again.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        now >= self.exchange.clock().deadline()
    }
}
