//! HTTP as a test's author wrote it: no redirect is followed, no field added that could decide a route, no proxy asked.

use super::{Address, Answer};
use crate::field;
use crate::table::Request;
use std::time::Duration;
use ureq::Agent;
use ureq::config::AutoHeaderValue;
use ureq::http::{self, Method, Response, header};

/// For a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// For the head of a response.
const RESPONSE: Duration = Duration::from_secs(10);
/// For a body. An endless one is not read any longer.
const BODY: Duration = Duration::from_secs(5);
/// As much of a response's body as is read, so that its exchange ends as it should.
const MOST_BODY: u64 = 1024 * 1024;
/// 10,000 routes with all their series stay below.
const MOST_METRICS: u64 = 256 * 1024 * 1024;

/// Each request has a connection of its own.
pub(super) struct Client(Agent);

impl Client {
    pub(super) fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .allow_non_standard_methods(true)
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .user_agent(concat!("castgate/", env!("CARGO_PKG_VERSION")))
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(RESPONSE))
            .timeout_recv_body(Some(BODY));
        Self(Agent::new_with_config(config.build()))
    }

    /// Sends a test's request, without a body. The error says why there is no answer.
    pub(super) fn send(
        &self,
        to: &Address,
        request: &Request,
        host: &str,
        more: &[(String, String)],
    ) -> Result<Answer, String> {
        let method = Method::from_bytes(request.method().as_bytes()).map_err(|error| error.to_string())?;
        // RFC 9110, section 8.6: where a body is usual, its absence is said; ureq would frame an empty one instead.
        let usually_has_body = matches!(method, Method::POST | Method::PUT | Method::PATCH);
        let mut message = http::Request::builder()
            .method(method)
            .uri(format!("{to}{}", request.target()))
            .header(header::HOST, host);
        for (name, value) in request.headers().iter().chain(more) {
            // The client writes its own of those that belong to the connection and the message.
            if !field::is_of_the_hop(name) {
                message = message.header(name, value);
            }
        }
        if usually_has_body {
            message = message.header(header::CONTENT_LENGTH, 0);
        }
        let message = message.body(()).map_err(|error| format!("it cannot be sent: {error}"))?;
        let mut response = self.0.run(message).map_err(|error| error.to_string())?;
        let field = |response: &Response<_>, name| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (status, location) = (response.status().as_u16(), field(&response, header::LOCATION));
        let allow_origin = field(&response, header::ACCESS_CONTROL_ALLOW_ORIGIN);
        let is_problem = field(&response, header::CONTENT_TYPE)
            .is_some_and(|kind| kind.starts_with("application/problem+json"));
        // What became of the body is the backend's affair.
        let body = response.body_mut().with_config().limit(MOST_BODY).lossy_utf8(true).read_to_string();
        let reason = body.ok().filter(|_| is_problem).and_then(|body| {
            let problem: serde_json::Value = serde_json::from_str(&body).ok()?;
            problem["reason"].as_str().map(str::to_owned)
        });
        Ok(Answer { status, location, allow_origin, is_problem, reason })
    }

    /// The text of `/metrics`. The error says why there is none.
    pub(super) fn metrics(&self, from: &Address) -> Result<String, String> {
        let mut response = self.0.get(format!("{from}/metrics")).call().map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(format!("/metrics is answered with {status}"));
        }
        let body = response.body_mut().with_config().limit(MOST_METRICS).lossy_utf8(true);
        body.read_to_string().map_err(|error| error.to_string())
    }
}
