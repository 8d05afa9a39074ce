//! A path that is made of more than its own segments: a rewrite with values of the request.

use http::uri::PathAndQuery;

use crate::error::{Error, Reason};
use crate::exchange::{Context, Request, Response};
use crate::service::Service;
use crate::value::RequestTarget;

/// Puts another target into the request. It stands right around the end, so that all else sees what the client has asked, and a
/// request that lacks a value gets no backend.
#[derive(Debug)]
pub struct Rewrite<S> {
    to: RequestTarget,
    inner: S,
}

impl<S> Rewrite<S> {
    /// What `inner` gets is asked for `to`.
    pub const fn new(to: RequestTarget, inner: S) -> Self {
        Self { to, inner }
    }
}

impl<S: Service> Service for Rewrite<S> {
    async fn serve(&self, mut request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        cx.not_refused()?;
        let place = self.to.place(&request, cx)?;
        let target = PathAndQuery::from_maybe_shared(bytes::Bytes::from(place));
        request.target = target.map_err(|_| Error::new(Reason::BadRequest))?;
        self.inner.serve(request, cx).await
    }
}
