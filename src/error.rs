//! What can go wrong with a request: one error, for one reason. No layer makes a 4xx or 5xx of its own; the `reason` of the log and
//! of the body comes from here too.

mod refusal;

use http::{HeaderValue, StatusCode, header};

pub use self::refusal::Refusal;
pub(crate) use self::refusal::Series;

/// Why a request ended as it did: the closed set of the access log's `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A response from the upstream, a redirect or a fixed response was delivered.
    Ok,
    /// No route matches.
    NoRoute,
    /// A route matches but for the method.
    MethodNotAllowed,
    /// The request line, a header or the path is not acceptable.
    BadRequest,
    /// It lacks a value that the route needs of it: a host, a parameter of the query, a field.
    ValueAbsent,
    /// The request target is longer than `limits.uri`.
    UriTooLong,
    /// The head is larger than `limits.header_bytes` or has more fields than `limits.headers`.
    HeadersTooLarge,
    /// The body is larger than the route's `limits.body`.
    BodyTooLarge,
    /// A method or transfer coding that the gateway does not implement.
    NotImplemented,
    /// The listener has no certificate for the host that it asks for.
    Misdirected,
    /// It has come through this gateway again and again.
    LoopDetected,
    /// A version of HTTP other than 1.x.
    VersionNotSupported,
    /// The client sent the request too slowly.
    RequestTimeout,
    /// A layer has refused it, for a reason of its own.
    Refused(&'static Refusal),
    /// Every backend of the upstream is unhealthy.
    NoHealthyBackend,
    /// No connection to a backend could be made.
    ConnectError,
    /// No connection to a backend could be made in time.
    ConnectTimeout,
    /// The backend did not answer in time.
    UpstreamTimeout,
    /// The backend closed or reset the connection before its response was complete.
    UpstreamReset,
    /// The backend's answer was not valid HTTP.
    UpstreamProtocol,
    /// The whole exchange took longer than the route's `total`.
    TotalTimeout,
    /// The client took nothing of its response for as long as `timeouts.write` allows.
    WriteTimeout,
    /// Nothing moved in a tunnel for as long as the route's `idle` allows.
    TunnelIdle,
    /// The client went away before the response was complete.
    ClientClosed,
    /// The gateway stopped before the response was complete: the grace period was over, or a second signal came.
    Shutdown,
    /// A defect of the gateway itself.
    Internal,
}

impl Reason {
    /// The text in the log, the problem document and the metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoRoute => "no_route",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BadRequest => "bad_request",
            Self::ValueAbsent => "value_absent",
            Self::UriTooLong => "uri_too_long",
            Self::HeadersTooLarge => "headers_too_large",
            Self::BodyTooLarge => "body_too_large",
            Self::NotImplemented => "not_implemented",
            Self::Misdirected => "misdirected",
            Self::LoopDetected => "loop_detected",
            Self::VersionNotSupported => "version_not_supported",
            Self::RequestTimeout => "request_timeout",
            Self::NoHealthyBackend => "no_healthy_backend",
            Self::ConnectError => "connect_error",
            Self::ConnectTimeout => "connect_timeout",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::UpstreamReset => "upstream_reset",
            Self::UpstreamProtocol => "upstream_protocol",
            Self::TotalTimeout => "total_timeout",
            Self::WriteTimeout => "write_timeout",
            Self::TunnelIdle => "tunnel_idle",
            Self::ClientClosed => "client_closed",
            Self::Shutdown => "shutdown",
            Self::Internal => "internal",
            Self::Refused(refusal) => refusal.name(),
        }
    }

    /// The status that the client gets (RFC 9110 section 15; 499 is nginx's for a client that went away).
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Ok => StatusCode::OK,
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest | Self::ValueAbsent => StatusCode::BAD_REQUEST,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotImplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::LoopDetected => StatusCode::LOOP_DETECTED,
            Self::VersionNotSupported => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Refused(refusal) => refusal.status(),
            Self::NoHealthyBackend | Self::Shutdown => StatusCode::SERVICE_UNAVAILABLE,
            Self::ConnectError | Self::UpstreamReset | Self::UpstreamProtocol => StatusCode::BAD_GATEWAY,
            // Whoever is in a tunnel has had its status.
            Self::ConnectTimeout | Self::UpstreamTimeout | Self::TotalTimeout | Self::TunnelIdle => {
                StatusCode::GATEWAY_TIMEOUT
            }
            Self::WriteTimeout | Self::ClientClosed => match StatusCode::from_u16(CLIENT_CLOSED) {
                Ok(status) => status,
                Err(_) => StatusCode::BAD_REQUEST,
            },
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What it says to a person; printable ASCII without quotes.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::NoRoute => "No route matches this request",
            Self::MethodNotAllowed => "This method is not allowed here",
            Self::BadRequest => "The request is malformed",
            Self::ValueAbsent => "The request lacks a value that this route needs",
            Self::UriTooLong => "The request target is too long",
            Self::HeadersTooLarge => "The request head is too large",
            Self::BodyTooLarge => "The request body is too large",
            Self::NotImplemented => "This method or transfer coding is not implemented",
            Self::Misdirected => "This connection is not for the host that is asked for",
            Self::LoopDetected => "The request comes back to this gateway again and again",
            Self::VersionNotSupported => "This version of HTTP is not supported",
            Self::RequestTimeout => "The request did not arrive in time",
            Self::Refused(refusal) => refusal.title(),
            Self::NoHealthyBackend => "No backend is healthy",
            Self::ConnectError => "No backend could be reached",
            Self::ConnectTimeout => "No backend could be reached in time",
            Self::UpstreamTimeout => "The backend did not answer in time",
            Self::UpstreamReset => "The backend closed the connection",
            Self::UpstreamProtocol => "The backend's answer was not valid HTTP",
            Self::TotalTimeout => "The exchange took too long",
            Self::WriteTimeout => "The client did not take its response in time",
            Self::TunnelIdle => "Nothing moved in the tunnel for too long",
            Self::ClientClosed => "The client closed the connection",
            Self::Shutdown => "The gateway is stopping",
            Self::Internal => "The gateway failed",
        }
    }

    /// After these the rest of the client's message cannot be trusted or is not worth reading, so the connection closes.
    pub(crate) const fn closes(self) -> bool {
        matches!(
            self,
            Self::BadRequest
                | Self::UriTooLong
                | Self::HeadersTooLarge
                | Self::BodyTooLarge
                | Self::NotImplemented
                | Self::VersionNotSupported
                | Self::RequestTimeout
        )
    }

    /// Whether the fault lies with the upstream, as a circuit breaker sees it.
    pub const fn is_upstream_failure(self) -> bool {
        matches!(
            self,
            Self::ConnectError
                | Self::ConnectTimeout
                | Self::UpstreamTimeout
                | Self::UpstreamReset
                | Self::UpstreamProtocol
        )
    }
}

/// nginx's status for "the client closed the connection first"; it is logged and counted, never sent.
pub(crate) const CLIENT_CLOSED: u16 = 499;

/// A request that cannot be served as asked.
#[derive(Debug)]
pub struct Error {
    reason: Reason,
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Error {
    /// An error of this reason.
    pub const fn new(reason: Reason) -> Self {
        Self { reason, header: None }
    }

    /// The same error with a field on its response, such as `Allow` or `Retry-After`.
    pub fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// The field, and why the request failed.
    pub(crate) fn into_parts(self) -> (Reason, Option<(header::HeaderName, HeaderValue)>) {
        (self.reason, self.header)
    }

    /// Why the request failed.
    pub const fn reason(&self) -> Reason {
        self.reason
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

impl From<&'static Refusal> for Error {
    fn from(refusal: &'static Refusal) -> Self {
        Self::new(Reason::Refused(refusal))
    }
}

impl From<&'static Refusal> for Reason {
    fn from(refusal: &'static Refusal) -> Self {
        Self::Refused(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_closed_status_is_nginx_s() {
        assert_eq!(Reason::ClientClosed.status().as_u16(), CLIENT_CLOSED);
    }
}
