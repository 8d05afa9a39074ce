//! The one trait of the request path.

use crate::error::Error;
use crate::exchange::{Context, Request, Response};

/// A layer of a stack, or its end. Stacks are types: nothing is boxed, and what no route names costs nothing.
pub trait Service: Sync + 'static {
    /// Serves one request. An error becomes a response in exactly one place, [`Error::into_response`].
    fn serve(&self, request: Request, cx: &mut Context<'_>) -> impl Future<Output = Result<Response, Error>>;

    /// The same for a layer that looks at every answer: an error has become the response that its client gets, and
    /// `cx.record.reason` says that it is the gateway's own.
    fn answer(&self, request: Request, cx: &mut Context<'_>) -> impl Future<Output = Response> {
        async {
            match self.serve(request, cx).await {
                Ok(response) => response,
                Err(error) => error.into_response(cx),
            }
        }
    }
}
