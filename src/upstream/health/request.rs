//! What a probe sends: a head, of which parts may be known only at start.

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::Empty;

use crate::late::{Late, Origin, Problems};

/// A request without a body.
#[derive(Debug)]
pub struct ProbeRequest {
    method: Method,
    target: &'static str,
    host: Option<&'static str>,
    fields: &'static [ProbeField],
    bound: OnceLock<HeaderMap>,
}

/// A field of it.
#[derive(Clone, Copy, Debug)]
pub struct ProbeField {
    name: &'static str,
    value: Late,
}

impl ProbeField {
    /// `name` is in lower case.
    pub const fn new(name: &'static str, value: Late) -> Self {
        Self { name, value }
    }
}

impl ProbeRequest {
    /// `target` is a path with its query; without a `host` the backend's own authority is the `Host`.
    pub const fn new(
        method: Method,
        target: &'static str,
        host: Option<&'static str>,
        fields: &'static [ProbeField],
    ) -> Self {
        Self { method, target, host, fields, bound: OnceLock::new() }
    }

    /// Resolves its fields. Called once, before any probe.
    pub(super) fn bind(&self, origin: Origin, problems: &mut Problems) {
        let mut fields = HeaderMap::new();
        fields.insert(header::USER_AGENT, HeaderValue::from_static("castgate-health-check"));
        let host = self.host.map(|host| (header::HOST, host.to_owned()));
        let others = self.fields.iter().filter_map(|field| {
            Some((HeaderName::from_static(field.name), problems.resolve(origin, &field.value)?))
        });
        let others: Vec<_> = others.collect();
        for (name, text) in host.into_iter().chain(others) {
            match HeaderValue::from_str(&text) {
                Ok(value) => drop(fields.insert(name, value)),
                // The value may be a secret.
                Err(_) => problems.at(
                    origin,
                    format!("health_check: the value of header {name} is not a valid field value"),
                ),
            }
        }
        // A second bind finds the same.
        _ = self.bound.set(fields);
    }

    /// To a backend of this authority; `None` before it is bound.
    pub(super) fn to(&self, authority: &HeaderValue) -> Option<Request<Empty<bytes::Bytes>>> {
        let mut headers = self.bound.get()?.clone();
        headers.entry(header::HOST).or_insert_with(|| authority.clone());
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let mut request = Request::new(Empty::new());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Uri::from_static(self.target);
        *request.headers_mut() = headers;
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::late::Piece;

    const ORIGIN: Origin = Origin::at("gateway.yml", 3);
    const OWN: HeaderValue = HeaderValue::from_static("10.0.0.1:9001");

    #[test]
    fn the_host_is_the_backend_s_unless_one_is_written() {
        for (host, expected) in [(None, "10.0.0.1:9001"), (Some("shop.example.com"), "shop.example.com")] {
            let request = ProbeRequest::new(Method::HEAD, "/ready?full=1", host, &[]);
            assert!(request.to(&OWN).is_none(), "it was not bound");
            request.bind(ORIGIN, &mut Problems::new());
            let request = request.to(&OWN).unwrap();
            assert_eq!(
                (request.method(), request.uri().to_string().as_str()),
                (&Method::HEAD, "/ready?full=1")
            );
            assert_eq!(request.headers()["host"], expected);
        }
    }

    #[test]
    fn what_no_field_can_hold_is_told_at_start_without_its_value() {
        const FIELDS: &[ProbeField] = &[
            ProbeField::new("authorization", Late::new(&[Piece::Literal("secret\r\nX-A: b")])),
            ProbeField::new("x-b", Late::new(&[Piece::Env("CASTGATE_TEST_UNSET_3", None)])),
        ];
        let mut problems = Problems::new();
        ProbeRequest::new(Method::GET, "/", None, FIELDS).bind(ORIGIN, &mut problems);
        let messages = problems.messages().join("\n");
        assert_eq!(problems.messages().len(), 2, "{messages}");
        assert!(
            messages.contains("gateway.yml:3: health_check: the value of header authorization"),
            "{messages}"
        );
        assert!(!messages.contains("secret"), "{messages}");
    }
}
