//! A compiled gateway with a layer of one's own around its stacks.

use std::sync::OnceLock;

use super::App;
use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::policy::Policy;
use crate::route::RouteIndex;
use crate::service::Service;
use crate::settings::Settings;

/// The gateway `A` with a layer `S` around the stack of every route. What matches no route, or is no request, does not come to the layer.
///
/// It is outside of all layers of the config: it sees a request first and its answer last. What it refuses with [`Context::refuse`] is
/// answered by the end of the stack, so that the access log, error pages and the answer to a preflight are as for every other request. An
/// error that it returns without having called the stack is answered and counted, and no layer of the config sees it: it has no line in the
/// access log.
///
/// ```no_run
/// # mod compiled {
/// #     pub use castgate::codegen::Uncompiled as Compiled;
/// #     pub static GATEWAY: Compiled = Compiled;
/// # }
/// use castgate::{Context, Error, Layered, Request, Response, Routed, Service};
///
/// struct Tenant<S>(S);
///
/// impl<S: Service> Service for Tenant<S> {
///     async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
///         self.0.serve(request, cx).await
///     }
/// }
///
/// // The room `compiled` is what `castgate::include_gateway!()` makes of the config.
/// static GATEWAY: Layered<compiled::Compiled, Tenant<Routed<compiled::Compiled>>> =
///     Layered::new(&compiled::GATEWAY, Tenant, &[]);
///
/// fn main() -> std::process::ExitCode {
///     castgate::main(&GATEWAY)
/// }
/// ```
#[derive(Debug)]
pub struct Layered<A: App, S> {
    app: &'static A,
    layer: fn(Routed<A>) -> S,
    policies: Policies,
    settings: OnceLock<&'static Settings>,
}

/// Those of the layer.
struct Policies(&'static [&'static dyn Policy]);

impl std::fmt::Debug for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} policies", self.0.len())
    }
}

/// What a [`Layered`] is around: the stack of the request's route.
#[derive(Debug)]
pub struct Routed<A: App> {
    app: &'static A,
    target: &'static A::Target,
}

impl<A: App, S: Service> Layered<A, S> {
    /// `layer` puts the layer around a stack. It is called for every request and should do nothing else: what outlives a request is a
    /// static, or one of `policies`, which are set up beside what the config sets up: for state of the layer's own, its series,
    /// refusals that are counted.
    pub const fn new(
        app: &'static A,
        layer: fn(Routed<A>) -> S,
        policies: &'static [&'static dyn Policy],
    ) -> Self {
        Self { app, layer, policies: Policies(policies), settings: OnceLock::new() }
    }
}

impl<A: App, S: Service> App for Layered<A, S> {
    type Target = A::Target;

    const ANSWERS_PREFLIGHTS: bool = A::ANSWERS_PREFLIGHTS;
    const SPEAKS_HTTP2: bool = A::SPEAKS_HTTP2;

    fn settings(&self) -> &'static Settings {
        self.settings.get_or_init(|| {
            let cast = self.app.settings();
            let policies: Vec<_> = cast.policies.iter().chain(self.policies.0).copied().collect();
            Box::leak(Box::new(Settings { policies: policies.leak(), ..*cast }))
        })
    }

    fn routes(&self, listener: usize) -> &'static RouteIndex<Self::Target> {
        self.app.routes(listener)
    }

    async fn serve(
        &self,
        target: &'static Self::Target,
        request: Request,
        cx: &mut Context<'_>,
    ) -> Result<Response, Error> {
        (self.layer)(Routed { app: self.app, target }).serve(request, cx).await
    }

    async fn reject(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        self.app.reject(request, cx).await
    }
}

impl<A: App> Service for Routed<A> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        self.app.serve(self.target, request, cx).await
    }
}
