//! Changes header fields of responses, whoever has answered: an error of the gateway's own is a response to it.

use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::service::Service;

pub use crate::header_edits::{HeaderEdit, HeaderEdits};

/// The response-headers layer.
#[derive(Debug)]
pub struct ResponseHeaders<S> {
    edits: &'static HeaderEdits,
    inner: S,
}

impl<S> ResponseHeaders<S> {
    /// Edits the responses of `inner`.
    pub const fn new(edits: &'static HeaderEdits, inner: S) -> Self {
        Self { edits, inner }
    }
}

impl<S: Service> Service for ResponseHeaders<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        // What is known of a request is what it came with.
        let of_request = self.edits.of_request(&request, cx);
        let mut response = self.inner.answer(request, cx).await;
        self.edits.apply(&mut response.fields, of_request);
        Ok(response)
    }
}
