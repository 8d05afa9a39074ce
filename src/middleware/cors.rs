//! Says which pages of other origins may read a route's answers and send it requests (WHATWG Fetch, "CORS protocol"), and answers
//! their preflights. What a backend says of it is nobody's word: it is taken out.

pub use castgate_contract::cross_origin::Fields;
use castgate_contract::cross_origin::{self, Headers, Preflight, Rules};
pub use castgate_contract::methods::Methods;
use castgate_contract::origin::{Member, are_in_order, is_in_order};
pub use castgate_contract::origin::{Origins, Subdomains};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::context::Context;
use crate::error::{Error, Reason, Refusal};
use crate::message::{Body, Request, Response};
use crate::policy::Policy;
use crate::service::Service;

/// A page of this origin may not send what its browser asks for.
static DENIED: Refusal = Refusal::new("cors_denied", 403, "Pages of this origin may not send this")
    .counted("gateway_cors_denied_total", "Preflights refused by cors.");

/// Pages ask with it whether they may reach a network that is more private than theirs (WICG Private Network Access).
static ASKS_FOR_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
static ALLOWS_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

static ANYBODY: HeaderValue = HeaderValue::from_static("*");
static TRUE: HeaderValue = HeaderValue::from_static("true");
static VARY: HeaderValue = HeaderValue::from_static("Origin");
static VARY_OF_PREFLIGHT: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
static VARY_OF_NETWORK: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, \
     Access-Control-Request-Private-Network",
);

/// What is shared with whom, as the config says it.
#[derive(Clone, Copy, Debug)]
pub struct Sharing {
    /// With pages of these origins.
    pub origins: Origins<'static, &'static str>,
    /// The methods of requests that ask first.
    pub methods: Methods,
    /// The fields of requests that ask first.
    pub fields: Fields<'static, &'static str>,
    /// These fields as a list, if there are any and they are not just any.
    pub allow_fields: Option<&'static str>,
    /// A list of the fields of answers that pages may read.
    pub expose: Option<&'static str>,
    /// Whether with cookies and the like.
    pub credentials: bool,
    /// For how many seconds browsers may keep the answer to a preflight.
    pub max_age: Option<&'static str>,
    /// Whether with pages of less private networks.
    pub private_network: bool,
}

/// A policy, and the values of its fields.
#[derive(Debug)]
pub struct CorsPolicy {
    rules: Rules<'static, &'static str>,
    allow_fields: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    credentials: bool,
    max_age: Option<HeaderValue>,
    private_network: bool,
}

const fn value(text: Option<&'static str>) -> Option<HeaderValue> {
    match text {
        Some(text) => Some(HeaderValue::from_static(text)),
        None => None,
    }
}

impl CorsPolicy {
    /// Lists that are out of order do not compile, nor do texts that are no field values.
    pub const fn new(sharing: Sharing) -> Self {
        let Sharing { origins, methods, fields, .. } = sharing;
        if let Origins::Of(exact, below) = origins {
            assert!(is_in_order(exact) && are_in_order(below), "origins are in order");
        }
        assert!(is_in_order(fields.named), "fields are in order");
        Self {
            rules: Rules { origins, methods, fields },
            allow_fields: value(sharing.allow_fields),
            expose: value(sharing.expose),
            credentials: sharing.credentials,
            max_age: value(sharing.max_age),
            private_network: sharing.private_network,
        }
    }

    /// What a request's page is told of its origin; `None` if it is refused, or if no page asks.
    fn allowed(&self, request: &Request, cx: &Context<'_>) -> Option<HeaderValue> {
        let lines = cx.received(request, &header::ORIGIN);
        match self.rules.origin(lines.iter().map(HeaderValue::as_bytes))? {
            Member::Any => Some(ANYBODY.clone()),
            Member::Exact(_) | Member::Subdomain => lines.iter().next().cloned(),
        }
    }

    /// Whether two origins get different answers.
    fn depends_on_origin(&self) -> bool {
        !matches!(self.rules.origins, Origins::Any)
    }

    /// Puts what pages are told into an answer, in place of what its backend says.
    fn mark(&self, headers: &mut HeaderMap, allowed: Option<HeaderValue>) {
        remove_others(headers);
        if let Some(origin) = allowed {
            self.allow(headers, origin);
            if let Some(expose) = &self.expose {
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
            }
        }
        if self.depends_on_origin() && !varies_by_origin(headers) {
            headers.append(header::VARY, VARY.clone());
        }
    }

    fn allow(&self, headers: &mut HeaderMap, origin: HeaderValue) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE.clone());
        }
    }

    /// The answer to a preflight; `None` if the request is none.
    #[cold]
    fn answer(&self, request: &Request, cx: &Context<'_>) -> Option<Result<Response, Error>> {
        let received = Received { request, cx };
        let preflight = Preflight::of(&received)?;
        let vary = if self.private_network { &VARY_OF_NETWORK } else { &VARY_OF_PREFLIGHT };
        let is_fine = cx.is_announced() && preflight.judge(&self.rules).is_ok();
        let allowed = if is_fine { self.allowed(request, cx) } else { None };
        let Some(origin) = allowed else {
            let error = Error::new(Reason::Refused(&DENIED));
            return Some(Err(error.with_header(header::VARY, vary.clone())));
        };
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        self.allow(headers, origin);
        // Only what was asked for: browsers keep the answer for all requests to this URL, and those with another method may be
        // another route's.
        let lines = |name| cx.received(request, name).iter().cloned();
        for method in lines(&header::ACCESS_CONTROL_REQUEST_METHOD) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method);
        }
        if self.rules.fields.any {
            // To a browser with credentials `*` is the name of a field, so that each is named.
            for line in lines(&header::ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.append(header::ACCESS_CONTROL_ALLOW_HEADERS, line);
            }
        } else if let Some(fields) = &self.allow_fields {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, fields.clone());
        }
        if let Some(seconds) = &self.max_age {
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, seconds.clone());
        }
        if self.private_network && lines(&ASKS_FOR_NETWORK).any(|line| line == TRUE) {
            headers.insert(ALLOWS_NETWORK.clone(), TRUE.clone());
        }
        headers.insert(header::VARY, vary.clone());
        Some(Ok(response))
    }
}

impl Policy for CorsPolicy {
    fn counted(&self) -> Vec<&'static Refusal> {
        vec![&DENIED]
    }
}

/// A request's fields as they came: a client may say of any that it is for this hop.
struct Received<'r> {
    request: &'r Request,
    cx: &'r Context<'r>,
}

impl Headers for Received<'_> {
    fn lines(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        let name = match name {
            cross_origin::ORIGIN => header::ORIGIN,
            cross_origin::METHOD => header::ACCESS_CONTROL_REQUEST_METHOD,
            cross_origin::FIELDS => header::ACCESS_CONTROL_REQUEST_HEADERS,
            other => HeaderName::from_static(other),
        };
        self.cx.received(self.request, &name).iter().map(HeaderValue::as_bytes)
    }
}

/// Takes out what a backend says to pages of other origins.
fn remove_others(headers: &mut HeaderMap) {
    let is_said = |name: &&HeaderName| name.as_str().starts_with("access-control-");
    while let Some(name) = headers.keys().find(is_said).cloned() {
        headers.remove(name);
    }
}

/// Whether caches know already that another origin may get another answer.
fn varies_by_origin(headers: &HeaderMap) -> bool {
    let names =
        headers.get_all(header::VARY).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    names.map(<[u8]>::trim_ascii).any(|name| name == b"*" || name.eq_ignore_ascii_case(b"origin"))
}

/// The layer that speaks to pages of other origins.
#[derive(Debug)]
pub struct Cors<S> {
    policy: &'static CorsPolicy,
    inner: S,
}

impl<S> Cors<S> {
    /// Says of the answers of `inner` who may read them.
    pub const fn new(policy: &'static CorsPolicy, inner: S) -> Self {
        Self { policy, inner }
    }
}

impl<S: Service> Service for Cors<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        if *request.method() == Method::OPTIONS
            && let Some(answer) = self.policy.answer(&request, cx)
        {
            return answer;
        }
        let allowed = self.policy.allowed(&request, cx);
        let mut response = self.inner.answer(request, cx).await;
        self.policy.mark(response.headers_mut(), allowed);
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn what_varies_by_origin_already_says_so_once() {
        for lines in [
            &[("vary", "origin")][..],
            &[("vary", "Accept, ORIGIN")],
            &[("vary", "*")],
            &[("vary", "a"), ("vary", "b ,Origin")],
        ] {
            assert!(varies_by_origin(&headers(lines)), "{lines:?}");
        }
        for lines in [&[][..], &[("vary", "Original")], &[("vary", "")], &[("vary", "X-Origin, Accept")]] {
            assert!(!varies_by_origin(&headers(lines)), "{lines:?}");
        }
    }

    #[test]
    fn nothing_of_a_backend_s_word_is_left() {
        let mut said = headers(&[
            ("access-control-allow-origin", "*"),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-something-new", "x"),
            ("access-control", "x"),
            ("x-access-control-allow-origin", "x"),
        ]);
        said.append("access-control-allow-origin", TRUE.clone());
        remove_others(&mut said);
        let mut left: Vec<&str> = said.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["access-control", "x-access-control-allow-origin"]);
    }
}
