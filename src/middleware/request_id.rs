//! Gives every request an id: to the backend, on the response, in the context and in the log.

use crate::error::Error;
use crate::exchange::{Context, Request, RequestId, Response};
use crate::fields::FieldName;
use crate::policy::Policy;
use crate::service::Service;

/// How ids are carried.
#[derive(Debug)]
pub struct RequestIdPolicy {
    header: FieldName,
    trust_incoming: bool,
}

impl RequestIdPolicy {
    /// `header` is lower-case; `trust_incoming` keeps a caller's id if it is well-formed.
    pub const fn new(header: &'static str, trust_incoming: bool) -> Self {
        Self { header: FieldName::from_static(header), trust_incoming }
    }

    fn id(&self, request: &Request, cx: &Context<'_>) -> RequestId {
        if self.trust_incoming
            && let Some(value) = cx.received_by(request, self.header.asked()).next()
            && is_acceptable(value)
        {
            return RequestId::taken(cx.worker().bytes(value));
        }
        RequestId::made(cx.worker().unique_id(cx.started()))
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
        request.fields.put(self.policy.header.asked(), id.as_bytes());
        cx.record.request_id = Some(id);
        let mut response = self.inner.answer(request, cx).await;
        if let Some(id) = &cx.record.request_id {
            response.fields.put(self.policy.header.asked(), id.as_bytes());
        }
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
