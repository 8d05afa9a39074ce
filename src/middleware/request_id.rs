//! Gives every request an id: to the backend, on the response, in the context and in the log.

use http::{HeaderName, HeaderValue};

use crate::error::Error;
use crate::exchange::{Context, Request, RequestId, Response};
use crate::policy::Policy;
use crate::service::Service;

/// How ids are carried.
#[derive(Debug)]
pub struct RequestIdPolicy {
    header: HeaderName,
    trust_incoming: bool,
}

impl RequestIdPolicy {
    /// `header` is lower-case; `trust_incoming` keeps a caller's id if it is well-formed.
    pub const fn new(header: &'static str, trust_incoming: bool) -> Self {
        Self { header: HeaderName::from_static(header), trust_incoming }
    }

    fn id(&self, request: &Request, cx: &Context<'_>) -> HeaderValue {
        if self.trust_incoming
            && let Some(value) = cx.received(request, &self.header).next()
            && is_acceptable(value)
        {
            return cx.worker().header_value(value);
        }
        let uuid = cx.worker().unique_id(cx.started());
        cx.worker().header_value(uuid.hyphenated().encode_lower(&mut [0; 36]).as_bytes())
    }
}

/// Ids are made of what the worker has: nothing has to be set up.
impl Policy for RequestIdPolicy {}

/// What may be taken over from a caller: it goes into logs and problem documents as it is.
fn is_acceptable(id: &[u8]) -> bool {
    (1..=128).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

/// The request-id layer.
#[derive(Debug)]
pub struct RequestIds<S> {
    policy: &'static RequestIdPolicy,
    inner: S,
}

impl<S> RequestIds<S> {
    /// Puts ids on the requests of `inner`.
    pub const fn new(policy: &'static RequestIdPolicy, inner: S) -> Self {
        Self { policy, inner }
    }
}

impl<S: Service> Service for RequestIds<S> {
    async fn serve(&self, mut request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        let id = self.policy.id(&request, cx);
        cx.record.request_id = Some(RequestId::new(id.clone()));
        request.fields.insert(&self.policy.header, &id);
        let mut response = self.inner.answer(request, cx).await;
        response.fields.insert(&self.policy.header, &id);
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::is_acceptable;

    #[test]
    fn a_caller_s_id_must_be_harmless() {
        assert!(is_acceptable(b"67e55044-10b1-426f-9247-bb680e5fe0c8"));
        assert!(
            !is_acceptable(b"")
                && !is_acceptable(b"a\"b")
                && !is_acceptable(b"a b")
                && !is_acceptable(&[b'a'; 129])
        );
    }
}
