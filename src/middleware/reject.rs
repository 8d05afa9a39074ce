//! Ends of stacks that need neither an upstream nor another place: a rejection, a fixed response.

use bytes::Bytes;
use castgate_contract::methods::Methods;
use http::{HeaderValue, StatusCode, header};

use crate::error::{Error, Reason};
use crate::exchange::{Body, Context, Request, Response};
use crate::service::Service;
use crate::value::{Escape, RequestText};

/// Answers with the rejection that the context holds: no route, a wrong method, a malformed request. Without one the request is
/// about the gateway itself, `OPTIONS *` or one that nobody may forward: the methods that it can forward at all.
#[derive(Debug)]
pub struct Reject;

impl Service for Reject {
    async fn serve(&self, _request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        if let Some(error) = cx.rejection.take() {
            return Err(error);
        }
        let methods = Methods::ALL.named().collect::<Vec<_>>().join(", ");
        let methods = HeaderValue::try_from(methods).map_err(|_| Error::new(Reason::Internal))?;
        let mut response = Response::new(StatusCode::NO_CONTENT, Body::empty());
        response.fields.append(&header::ALLOW, &methods);
        Ok(response)
    }
}

/// The compiler lets only valid codes through; an assertion makes that part of the build.
const fn status_code(status: u16) -> StatusCode {
    match StatusCode::from_u16(status) {
        Ok(status) => status,
        Err(_) => panic!("not a status code"),
    }
}

/// A fixed response.
#[derive(Debug)]
pub struct Respond {
    status: StatusCode,
    content_type: &'static str,
    body: &'static str,
}

impl Respond {
    /// A response of this status, type and body; no `Content-Type` is sent if `content_type` is empty.
    pub const fn new(status: u16, content_type: &'static str, body: &'static str) -> Self {
        Self { status: status_code(status), content_type, body }
    }
}

impl Service for Respond {
    async fn serve(&self, _request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        cx.not_refused()?;
        let body = Bytes::from_static(self.body.as_bytes());
        Ok(response(self.status, self.content_type, body))
    }
}

/// A response whose body is made of the request.
#[derive(Debug)]
pub struct RespondOf {
    status: StatusCode,
    content_type: &'static str,
    escape: Escape,
    body: RequestText,
}

impl RespondOf {
    /// As [`Respond::new`]; values in the body are escaped so.
    pub const fn new(status: u16, content_type: &'static str, escape: Escape, body: RequestText) -> Self {
        Self { status: status_code(status), content_type, escape, body }
    }
}

impl Service for RespondOf {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        cx.not_refused()?;
        let body = self.body.body(&request, cx, self.escape);
        Ok(response(self.status, self.content_type, body))
    }
}

fn response(status: StatusCode, content_type: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(status, body);
    if !content_type.is_empty() {
        response.fields.append(&header::CONTENT_TYPE, &HeaderValue::from_static(content_type));
    }
    response
}
