//! Changes header fields of requests, on their way to what is inside.

use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::service::Service;

pub use crate::header_edits::{HeaderEdit, HeaderEdits};

/// The request-headers layer.
#[derive(Debug)]
pub struct RequestHeaders<S> {
    edits: &'static HeaderEdits,
    inner: S,
}

impl<S> RequestHeaders<S> {
    /// Edits the requests of `inner`.
    pub const fn new(edits: &'static HeaderEdits, inner: S) -> Self {
        Self { edits, inner }
    }
}

impl<S: Service> Service for RequestHeaders<S> {
    fn serve(
        &self,
        mut request: Request,
        cx: &mut Context<'_>,
    ) -> impl Future<Output = Result<Response, Error>> {
        let of_request = self.edits.of_request(&request, cx);
        if self.edits.has_introduction() {
            cx.introduce(&mut request);
        }
        self.edits.apply(&mut request.fields, of_request);
        self.inner.serve(request, cx)
    }
}
