//! What a backend is told of a path of which it sees only the end.

use http::{HeaderName, HeaderValue};

use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::service::Service;

static NAME: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Says in `X-Forwarded-Prefix` what is taken off the path, behind what a trusted proxy has taken off before. Nobody else's is
/// left at the gate. It stands ahead of all other layers, so that the config can change the field like any other.
#[derive(Debug)]
pub struct ForwardedPrefix<S> {
    prefix: HeaderValue,
    inner: S,
}

impl<S> ForwardedPrefix<S> {
    /// A path without a slash at its end.
    pub const fn new(prefix: &'static str, inner: S) -> Self {
        Self { prefix: HeaderValue::from_static(prefix), inner }
    }
}

impl<S: Service> Service for ForwardedPrefix<S> {
    async fn serve(&self, mut request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        let outer = request.fields.get_all(&NAME);
        let mut whole: Vec<u8> = outer.flat_map(<[u8]>::trim_ascii_end).copied().collect();
        let prefix = if whole.is_empty() {
            self.prefix.clone()
        } else {
            while whole.pop_if(|byte| *byte == b'/').is_some() {}
            whole.extend_from_slice(self.prefix.as_bytes());
            HeaderValue::from_maybe_shared(bytes::Bytes::from(whole)).unwrap_or_else(|_| self.prefix.clone())
        };
        request.fields.insert(&NAME, &prefix);
        self.inner.serve(request, cx).await
    }
}
