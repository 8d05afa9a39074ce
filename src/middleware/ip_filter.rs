//! Lets in whoever comes from an address that the config admits. Which these are is known at build: `allow` without `deny`, merged, as
//! one list of edges.

use castgate_contract::network;

use crate::error::{Error, Reason, Refusal};
use crate::exchange::{Context, Request, Response};
use crate::policy::Policy;
use crate::service::Service;

/// The client's address is not let in.
static DENIED: Refusal = Refusal::new("ip_denied", 403, "This address is not let in");

/// The addresses that are let in.
#[derive(Clone, Copy, Debug)]
pub struct Admitted {
    edges: &'static [u128],
}

impl Admitted {
    /// `edges` are, in order, the first address that is let in, the next one that is not, and so on; one of IPv4 is the one of IPv6
    /// that is mapped to it. Out of order they do not compile.
    pub const fn new(edges: &'static [u128]) -> Self {
        let mut at = 1;
        while at < edges.len() {
            assert!(edges[at - 1] < edges[at], "edges are in order");
            at += 1;
        }
        Self { edges }
    }
}

/// All of it is known at build.
impl Policy for Admitted {}

/// The layer that looks at addresses.
#[derive(Debug)]
pub struct IpFilter<S> {
    admitted: &'static Admitted,
    inner: S,
}

impl<S> IpFilter<S> {
    /// Lets only clients of these addresses through to `inner`.
    pub const fn new(admitted: &'static Admitted, inner: S) -> Self {
        Self { admitted, inner }
    }
}

impl<S: Service> Service for IpFilter<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        // Of who has no address nobody can say that it is not one of those kept out.
        if !cx.client_ip().is_some_and(|address| network::is_within(self.admitted.edges, address)) {
            return Err(Error::new(Reason::Refused(&DENIED)));
        }
        self.inner.serve(request, cx).await
    }
}
