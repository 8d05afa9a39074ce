//! What passes through the gateway, by whichever protocol it came: requests, responses, their bodies. Fields are lists in the order and
//! the case in which they came; what a body's framing is stands in none of them, but in the body.

mod body;
mod filter;
mod filtered;
mod request_body;
mod watched;

use http::uri::PathAndQuery;
use http::{Method, StatusCode, Version};

use crate::fields::Fields;
use crate::tunnel::Tunnel;

pub(crate) use watched::{Observe, Watched};

pub use body::Body;
pub use filter::{Filter, Frames};
pub use request_body::RequestBody;

/// A request on its way through the gateway. Its body has not been read yet.
///
/// A layer looks at its fields, and changes them, by name:
///
/// ```
/// use castgate::Request;
/// use http::{HeaderName, HeaderValue};
///
/// static ZONE: HeaderName = HeaderName::from_static("x-zone");
///
/// fn zone(request: &mut Request) {
///     if request.fields.get("X-Tenant") == Some(b"one") {
///         request.fields.insert(&ZONE, &HeaderValue::from_static("west"));
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, in its canonical form, and the query: what is matched is what is logged and what is forwarded.
    pub target: PathAndQuery,
    /// The version that the client speaks; of what could not be read it is 0.9.
    pub version: Version,
    /// The fields, but for those that end at this hop (RFC 9110 section 7.6.1).
    pub fields: Fields,
    /// The body.
    pub body: RequestBody,
}

/// A response on its way to the client.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The fields. Whatever they say of the length and of the connection is not sent.
    pub fields: Fields,
    /// The body.
    pub body: Body,
    /// What a backend calls a status that is not registered; of others everybody knows it.
    pub(crate) phrase: Option<Box<[u8]>>,
}

impl Response {
    /// A response without fields.
    pub fn new(status: StatusCode, body: impl Into<Body>) -> Self {
        Self { status, fields: Fields::default(), body: body.into(), phrase: None }
    }

    /// What the connection switches to behind it: a backend has switched, and no layer has made another answer of that.
    pub(crate) fn switches_to(&self) -> Option<&'static str> {
        self.body.token().filter(|_| self.status == StatusCode::SWITCHING_PROTOCOLS)
    }

    /// The tunnel that the connection is from now on.
    pub(crate) fn take_tunnel(&mut self) -> Option<Box<dyn Tunnel>> {
        self.switches_to()?;
        self.body.take_tunnel()
    }
}
