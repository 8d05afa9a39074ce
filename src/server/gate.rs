//! The gate: what every request passes before its route is known. It checks what hyper does not (Host, framing, the
//! form of the target, RFC 9110 and 9112), makes the path canonical, finds the route, and ends the record.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Instant;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use hyper::body::Incoming;

use super::address;
use super::client::Client;
use super::process::Phase;
use crate::admin;
use crate::app::{App, Settings};
use crate::context::{Context, Record, UNMATCHED};
use crate::error::{Error, Reason};
use crate::path;
use crate::route::{Answer, Question};
use crate::service::{Body, Request, RequestBody, Response};

/// Serves one request of a gateway listener.
pub(super) async fn admit<A: App>(
    app: &'static A,
    client: &Rc<Client>,
    request: http::Request<Incoming>,
) -> Response {
    let settings = app.settings();
    // `/health` and its like stand ahead of everything, on any host.
    if settings.admin.is_empty() && admin::owns(request.uri().path()) {
        return admit_admin(client, request).await;
    }
    let started = Instant::now();
    let client_ip = if client.is_trusted_proxy() {
        address::client_ip(settings.trusted_proxies, client.peer(), request.headers())
    } else {
        client.peer()
    };
    let record = Record::open(client, started, request.method().clone(), client_ip);
    let mut cx = Context { client, record, rejection: None };
    let mut request = request.map(|body| RequestBody::new(body, client, settings.limits.body));
    client.begin(started, started + IMMEDIATE);
    let result = match make_admissible(&mut request, settings) {
        Ok(()) => dispatch(app, request, &mut cx).await,
        Err(error) => {
            cx.rejection = Some(error);
            app.reject(request, &mut cx).await
        }
    };
    let mut response = result.unwrap_or_else(|error| error.into_response(&mut cx));
    if client.worker().is_draining() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    hand_over(&mut response, cx);
    response
}

/// What answers without an upstream needs no longer than this.
const IMMEDIATE: std::time::Duration = std::time::Duration::from_secs(10);

async fn dispatch<A: App>(
    app: &'static A,
    request: Request,
    cx: &mut Context<'_>,
) -> Result<Response, Error> {
    let routes = app.routes();
    let mut host = [0; MAX_HOST];
    let question = Question {
        method: request.method(),
        host: host_name(request.headers(), &mut host),
        path: request.uri().path(),
        query: request.uri().query(),
        headers: request.headers(),
    };
    cx.rejection = Some(match routes.find(&question) {
        Answer::Route(number) => {
            let route = &routes.routes[number as usize];
            cx.record.route = number;
            cx.client.begin(cx.record.started, cx.record.started + route.timeout);
            return app.serve(&route.target, request, cx).await;
        }
        Answer::Allow(methods) => match HeaderValue::try_from(methods.allow()) {
            Ok(allow) => Error::new(Reason::MethodNotAllowed).with_header(header::ALLOW, allow),
            Err(_) => Error::new(Reason::MethodNotAllowed),
        },
        Answer::Nothing => Error::new(Reason::NoRoute),
    });
    app.reject(request, cx).await
}

/// Ends the record, or gives it to the body that will.
fn hand_over(response: &mut Response, mut cx: Context<'_>) {
    cx.record.status = response.status().as_u16();
    match response.body_mut() {
        Body::Streaming(streaming) => streaming.carry(cx.record.hand_over()),
        body => {
            cx.record.bytes_out = http_body::Body::size_hint(body).exact().unwrap_or(0);
            let (reason, attempted) = (cx.record.reason, cx.record.attempted);
            // A body that is here already came with the head: the clock was read then.
            cx.record.end_at(reason, attempted.unwrap_or_else(Instant::now));
        }
    }
}

/// Serves one request of the admin listener.
pub(super) async fn admit_admin(client: &Rc<Client>, request: http::Request<Incoming>) -> Response {
    let now = Instant::now();
    client.begin(now, now + IMMEDIATE);
    let mut response = admin::answer(client.worker().process(), request.method(), request.uri().path()).await;
    if client.worker().process().phase() != Phase::Running {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    client.exchange_ended(Instant::now());
    response
}

/// Counts and logs a request that hyper has answered itself, or that never became one.
pub(super) async fn refuse<A: App>(app: &'static A, client: &Rc<Client>, reason: Reason) {
    let method = Method::from_bytes(b"-").unwrap_or(Method::GET);
    let mut record = Record::open(client, Instant::now(), method, client.peer());
    record.route = UNMATCHED;
    let mut cx = Context { client, record, rejection: Some(reason.into()) };
    let response = app.reject(Request::new(RequestBody::empty()), &mut cx).await;
    let response = response.unwrap_or_else(|error| error.into_response(&mut cx));
    cx.record.status = response.status().as_u16();
    cx.record.end(reason);
}

/// Checks the request and makes its target origin-form with a canonical path.
fn make_admissible(request: &mut Request, settings: &Settings) -> Result<(), Error> {
    let Some(change) = check(request, settings)? else { return Ok(()) };
    if let Some(authority) = change.host {
        // RFC 9112 section 3.2.2: with an absolute target, Host is what the target says.
        request.headers_mut().insert(header::HOST, authority);
    }
    *request.uri_mut() = change.uri;
    Ok(())
}

struct Change {
    uri: Uri,
    host: Option<HeaderValue>,
}

fn check(request: &Request, settings: &Settings) -> Result<Option<Change>, Reason> {
    let (headers, uri) = (request.headers(), request.uri());
    // Neither is a gateway's business (RFC 9110 sections 9.3.6 and 9.3.8); TRACE would echo credentials.
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(Reason::NotImplemented);
    }
    let path_and_query = uri.path_and_query().map_or("", PathAndQuery::as_str);
    if path_and_query.len() > settings.limits.uri {
        return Err(Reason::UriTooLong);
    }
    if http_body::Body::size_hint(request.body()).exact().is_some_and(|length| length > settings.limits.body)
    {
        return Err(Reason::BodyTooLarge);
    }
    let (mut host, mut chunked) = (false, false);
    for (name, value) in headers {
        if *name == header::HOST {
            if std::mem::replace(&mut host, true) || !is_host(value.as_bytes()) {
                return Err(Reason::BadRequest);
            }
        } else if *name == header::TRANSFER_ENCODING {
            // hyper accepts any list of codings that ends in `chunked`; it would be forwarded decoded once and labelled
            // not at all (RFC 9112 section 6.1).
            if std::mem::replace(&mut chunked, true) || !value.as_bytes().eq_ignore_ascii_case(b"chunked") {
                return Err(Reason::NotImplemented);
            }
        } else if *name == header::EXPECT && !value.as_bytes().eq_ignore_ascii_case(b"100-continue") {
            // The only expectation there is (RFC 9110 section 10.1.1).
            return Err(Reason::BadRequest);
        }
    }
    // HTTP/1.0 has no Host (RFC 9112 section 3.2); an absolute target brings its own.
    if !host && request.version() != http::Version::HTTP_10 && uri.authority().is_none() {
        return Err(Reason::BadRequest);
    }
    let canonical = path::canonical(uri.path()).map_err(|why| {
        tracing::debug!(why = why.0, "path refused");
        Reason::BadRequest
    })?;
    let absolute = uri.scheme().is_some() || uri.authority().is_some();
    if absolute
        && (uri.scheme_str() != Some("http")
            || !uri.authority().is_some_and(|host| is_host(host.as_str().as_bytes())))
    {
        return Err(Reason::BadRequest);
    }
    if let (Cow::Borrowed(_), false) = (&canonical, absolute) {
        return Ok(None);
    }
    let target = match uri.query() {
        Some(query) => format!("{canonical}?{query}"),
        None => canonical.into_owned(),
    };
    let host = uri.authority().map(|authority| HeaderValue::from_str(authority.as_str())).transpose();
    let (uri, host) =
        (target.parse().map_err(|_| Reason::BadRequest)?, host.map_err(|_| Reason::BadRequest)?);
    Ok(Some(Change { uri, host }))
}

/// `uri-host [":" port]` (RFC 9110 section 7.2), strictly: no user name, path, query, comma or space.
fn is_host(host: &[u8]) -> bool {
    let (name, port) = match host {
        [b'[', ..] => match host.iter().position(|&byte| byte == b']') {
            Some(end) => host.split_at(end + 1),
            None => return false,
        },
        _ => host.split_at(host.iter().position(|&byte| byte == b':').unwrap_or(host.len())),
    };
    let name_is_good = match name {
        [b'[', address @ .., b']'] => {
            address.iter().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte))
        }
        _ => name.iter().all(|&byte| HOST_CHARACTERS[usize::from(byte)]),
    };
    let port_is_good = match port {
        [] => true,
        [b':', digits @ ..] => {
            let number = digits.iter().try_fold(0_u32, |number, digit| {
                digit.is_ascii_digit().then(|| (number * 10 + u32::from(digit - b'0')).min(1 << 16))
            });
            number.is_some_and(|number| number < 1 << 16)
        }
        _ => false,
    };
    !name.is_empty() && name.len() <= MAX_HOST && name_is_good && port_is_good
}

/// RFC 3986 `reg-name`, but for the comma.
static HOST_CHARACTERS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"-._~!$&'()*+;=%";
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
};

/// A DNS name has at most 253 characters; a longer host has been refused.
const MAX_HOST: usize = 256;

/// The host for the route table: lower-case, without port and trailing dot; empty if there is none.
fn host_name<'a>(headers: &HeaderMap, buffer: &'a mut [u8; MAX_HOST]) -> &'a str {
    let host = headers.get(header::HOST).map_or(&b""[..], HeaderValue::as_bytes);
    let name = match host {
        [b'[', ..] => host.iter().position(|&byte| byte == b']').map_or(host, |end| &host[..=end]),
        _ => host.iter().position(|&byte| byte == b':').map_or(host, |end| &host[..end]),
    };
    let name = name.strip_suffix(b".").unwrap_or(name);
    let Some(buffer) = buffer.get_mut(..name.len()) else { return "" };
    buffer.copy_from_slice(name);
    buffer.make_ascii_lowercase();
    std::str::from_utf8(buffer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in [
            "example.com",
            "EXAMPLE.com.",
            "a:80",
            "127.0.0.1:8080",
            "[::1]:80",
            "[::1]",
            "a_b",
            "xn--bcher-kva.example",
        ] {
            assert!(is_host(good.as_bytes()), "{good} was refused");
        }
        for bad in [
            "",
            ":80",
            "a:b",
            "a:65536",
            "a:99999999999",
            "a/b",
            "a?b",
            "a#b",
            "u@a",
            "a,b",
            "a b",
            "[::1",
            "[::1]x",
            "[g]",
            "a\\b",
            "a:80:80",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad} was accepted");
        }
    }

    #[test]
    fn host_names_are_normalised() {
        for (host, name) in [("API.Example.com.:80", "api.example.com"), ("[::1]:80", "[::1]"), ("a", "a")] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(host_name(&headers, &mut [0; MAX_HOST]), name);
        }
    }
}
