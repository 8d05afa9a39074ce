//! The seam between the runtime and a compiled gateway: what the generated code must say of itself.

mod layered;

use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::route::RouteIndex;
use crate::settings::Settings;

pub use self::layered::{Layered, Routed};

/// A compiled gateway. `main.rs` has one as a static; tests write theirs by hand.
pub trait App: Sync + 'static {
    /// One variant for each shape of stack.
    type Target: Sync + 'static;

    /// Whether a route answers preflights of other origins' pages; if not, nothing looks for them.
    const ANSWERS_PREFLIGHTS: bool;

    /// Whether a listener speaks HTTP/2; if none does, nothing of it is in the gateway.
    const SPEAKS_HTTP2: bool;

    /// Everything that is not a route.
    fn settings(&self) -> &'static Settings;

    /// The route table of a listener, by its number among those of the settings. All have the same list of routes.
    fn routes(&self, listener: usize) -> &'static RouteIndex<Self::Target>;

    /// Serves a request that matched a route.
    fn serve(
        &self,
        target: &'static Self::Target,
        request: Request,
        cx: &mut Context<'_>,
    ) -> impl Future<Output = Result<Response, Error>>;

    /// Serves a request that matched none, or that was not acceptable: the layers that see every request, then
    /// [`crate::middleware::Reject`].
    fn reject(&self, request: Request, cx: &mut Context<'_>)
    -> impl Future<Output = Result<Response, Error>>;
}
