//! Says which pages of other origins may read a route's answers and send it requests (WHATWG Fetch, "CORS protocol"), and answers
//! their preflights. What a backend says of it is nobody's word: it is taken out.

pub use castgate_contract::cross_origin::Fields;
use castgate_contract::cross_origin::{Headers, Preflight, Rules};
pub use castgate_contract::methods::Methods;
use castgate_contract::origin::{Member, are_in_order, is_in_order};
pub use castgate_contract::origin::{Origins, Subdomains};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use crate::error::{Error, Reason, Refusal};
use crate::exchange::{Body, Context, Request, Response};
use crate::fields::Fields as MessageFields;
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
        match self.rules.origin(cx.received(request, &header::ORIGIN))? {
            Member::Any => Some(ANYBODY.clone()),
            Member::Exact(_) | Member::Subdomain => {
                let origin = cx.received(request, &header::ORIGIN).next()?;
                Some(cx.worker().header_value(origin))
            }
        }
    }

    /// Whether two origins get different answers.
    fn depends_on_origin(&self) -> bool {
        !matches!(self.rules.origins, Origins::Any)
    }

    /// Puts what pages are told into an answer, in place of what its backend says.
    fn mark(&self, fields: &mut MessageFields, allowed: Option<HeaderValue>) {
        remove_others(fields);
        if let Some(origin) = allowed {
            self.allow(fields, &origin);
            if let Some(expose) = &self.expose {
                fields.append(&header::ACCESS_CONTROL_EXPOSE_HEADERS, expose);
            }
        }
        if self.depends_on_origin() && !varies_by_origin(fields) {
            fields.append(&header::VARY, &VARY);
        }
    }

    fn allow(&self, fields: &mut MessageFields, origin: &HeaderValue) {
        fields.append(&header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            fields.append(&header::ACCESS_CONTROL_ALLOW_CREDENTIALS, &TRUE);
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
        let mut response = Response::new(StatusCode::NO_CONTENT, Body::empty());
        let fields = &mut response.fields;
        self.allow(fields, &origin);
        // Only what was asked for: browsers keep the answer for all requests to this URL, and those with another method may be
        // another route's.
        let value = |line| cx.worker().header_value(line);
        if let Some(method) = cx.received(request, &header::ACCESS_CONTROL_REQUEST_METHOD).last() {
            fields.append(&header::ACCESS_CONTROL_ALLOW_METHODS, &value(method));
        }
        if self.rules.fields.any {
            // To a browser with credentials `*` is the name of a field, so that each is named.
            for line in cx.received(request, &header::ACCESS_CONTROL_REQUEST_HEADERS) {
                fields.append(&header::ACCESS_CONTROL_ALLOW_HEADERS, &value(line));
            }
        } else if let Some(named) = &self.allow_fields {
            fields.append(&header::ACCESS_CONTROL_ALLOW_HEADERS, named);
        }
        if let Some(seconds) = &self.max_age {
            fields.append(&header::ACCESS_CONTROL_MAX_AGE, seconds);
        }
        if self.private_network && cx.received(request, &ASKS_FOR_NETWORK).any(|line| line == TRUE.as_bytes())
        {
            fields.append(&ALLOWS_NETWORK, &TRUE);
        }
        fields.append(&header::VARY, vary);
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
        self.cx.received(self.request, name)
    }
}

/// Takes out what a backend says to pages of other origins.
fn remove_others(fields: &mut MessageFields) {
    const SAID: &[u8] = b"access-control-";
    let is_said = |name: &[u8]| name.get(..SAID.len()).is_some_and(|start| start.eq_ignore_ascii_case(SAID));
    fields.retain(|field| !is_said(field.name_bytes()));
}

/// Whether caches know already that another origin may get another answer.
fn varies_by_origin(fields: &MessageFields) -> bool {
    let names = fields.get_all(&header::VARY).flat_map(|line| line.split(|byte| *byte == b','));
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
        if request.method == Method::OPTIONS
            && let Some(answer) = self.policy.answer(&request, cx)
        {
            return answer;
        }
        let allowed = self.policy.allowed(&request, cx);
        let mut response = self.inner.answer(request, cx).await;
        self.policy.mark(&mut response.fields, allowed);
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &[(&'static str, &'static str)]) -> MessageFields {
        let mut fields = MessageFields::default();
        for (name, value) in lines {
            fields.append(&HeaderName::from_static(name), &HeaderValue::from_static(value));
        }
        fields
    }

    #[test]
    fn what_varies_by_origin_already_says_so_once() {
        for lines in [
            &[("vary", "origin")][..],
            &[("vary", "Accept, ORIGIN")],
            &[("vary", "*")],
            &[("vary", "a"), ("vary", "b ,Origin")],
        ] {
            assert!(varies_by_origin(&fields(lines)), "{lines:?}");
        }
        for lines in [&[][..], &[("vary", "Original")], &[("vary", "")], &[("vary", "X-Origin, Accept")]] {
            assert!(!varies_by_origin(&fields(lines)), "{lines:?}");
        }
    }

    #[test]
    fn nothing_of_a_backend_s_word_is_left() {
        let mut said = fields(&[
            ("access-control-allow-origin", "*"),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-something-new", "x"),
            ("access-control", "x"),
            ("x-access-control-allow-origin", "x"),
        ]);
        said.append(&header::ACCESS_CONTROL_ALLOW_ORIGIN, &TRUE);
        remove_others(&mut said);
        let left: Vec<&str> = said.iter().map(|field| field.name()).collect();
        assert_eq!(left, ["access-control", "x-access-control-allow-origin"]);
    }
}
