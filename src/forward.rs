//! The end of most stacks: one exchange with an upstream, with its timeouts and its retries.

mod attempts;
mod path;
mod prefix;
mod restore;
mod rewrite;

use attempts::{Attempts, Outcome};

use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::service::Service;
use crate::upstream::{Balance, Tried, Upstream};

pub use path::{PathEdit, PrefixEdit, TemplatePiece};
pub use prefix::ForwardedPrefix;
pub use restore::{RestoreLocation, Restored};
pub use rewrite::Rewrite;

/// Sends requests to an upstream.
#[derive(Debug)]
pub struct Forward<B: Balance> {
    upstream: &'static Upstream<B>,
    path: PathEdit,
}

impl<B: Balance> Forward<B> {
    /// To `upstream`, with the path as `path` makes it.
    pub const fn new(upstream: &'static Upstream<B>, path: PathEdit) -> Self {
        Self { upstream, path }
    }
}

impl<B: Balance> Service for Forward<B> {
    #[allow(
        clippy::manual_async_fn,
        reason = "an `async fn` moves its arguments once more, and a request is large"
    )]
    fn serve(
        &self,
        mut request: Request,
        cx: &mut Context<'_>,
    ) -> impl Future<Output = Result<Response, Error>> {
        async move {
            cx.not_refused()?;
            let mut tried = Tried::new();
            let backend = attempts::first(self.upstream, &mut tried, &request, cx)?;
            let mut attempts = Attempts::begin(self.upstream, (backend, tried), &mut request, cx);
            loop {
                match attempts.make(&request, &self.path, cx).await {
                    Outcome::Answered(response) => {
                        // The request's list has done its work; it will hold the fields of another message.
                        cx.worker().keep_fields(request.fields);
                        return Ok(response);
                    }
                    Outcome::Unsent => {}
                    Outcome::Failed(reason, None) => return Err(reason.into()),
                    Outcome::Failed(reason, Some(cause)) => {
                        attempts.choose_another(&request, cx, reason, cause)?
                    }
                }
            }
        }
    }
}
