//! The one trait of the request path.

use crate::context::Context;
use crate::error::Error;
use crate::message::{Request, Response};

/// A layer of a stack, or its end. Stacks are types: nothing is boxed, and what no route names costs nothing.
pub trait Service: Sync + 'static {
    /// Serves one request. An error becomes a response in exactly one place, [`Error::into_response`].
    fn serve(&self, request: Request, cx: &mut Context<'_>) -> impl Future<Output = Result<Response, Error>>;
}
