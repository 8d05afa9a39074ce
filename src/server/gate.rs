//! The gate: what every request passes before a middleware sees it. It checks what hyper does not (Host, framing, the
//! form of the target, RFC 9110 and 9112), makes the path canonical, strips what the client has no say in, finds the
//! route, and ends the record.

mod check;
mod fields;
mod host;
mod identity;
mod kind;
#[cfg(test)]
mod tests;
mod via;

use std::rc::Rc;
use std::time::{Duration, Instant};

use castgate_contract::{built_in, path};
use http::{HeaderValue, Method, StatusCode, Version, header};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;

use self::check::{Checked, check, check_length, is_of_the_gateway};
use self::fields::Findings;
use self::host::host_name;
pub(crate) use self::host::is_host;
use super::address;
use super::client::Client;
use super::process::Phase;
use super::remainder;
use crate::admin;
use crate::app::App;
use crate::context::Context;
use crate::error::{Error, Reason};
use crate::message::{Body, BodyError, Request, RequestBody, Response};
use crate::record::{Record, UNMATCHED};
use crate::route::{Answer, Disputed, Question, RouteSettings};

/// Serves one request of a gateway listener; an error ends the connection without an answer.
pub(super) async fn admit<A: App>(
    app: &'static A,
    client: &Rc<Client>,
    request: http::Request<Incoming>,
) -> Result<Response, BodyError> {
    let settings = app.settings();
    let trusted = client.is_trusted_proxy();
    let mut checked = check(&request, settings, trusted);
    // `/health` and its like stand ahead of everything, on any host.
    if settings.admin.is_empty() && built_in::at(request.uri().path()).is_some() {
        let within = check_length(request.body(), settings.limits.body);
        checked = checked.and_then(|checked| within.map(|()| checked));
        if checked.is_ok() {
            return Ok(answer_admin(client, request).await);
        }
    }
    let started = Instant::now();
    let client_ip = if trusted {
        address::client_ip(settings.trusted_proxies, client.peer(), request.headers())
    } else {
        client.peer()
    };
    let record = Record::open(client, started, request.method().clone(), client_ip);
    let mut cx =
        Context { client, record, rejection: None, is_announced: false, withheld: None, introduction: None };
    let version = request.version();
    let mut request = with_body(request, client);
    client.begin(started, &IMMEDIATE);
    let found = checked
        .and_then(|checked| make_admissible(&mut request, &mut cx, checked))
        .map_err(Error::from)
        .and_then(|admissible| find(app, &mut request, admissible, &mut cx));
    let result = match found {
        Ok(Some(target)) => app.serve(target, request, &mut cx).await,
        Ok(None) => app.reject(request, &mut cx).await,
        Err(error) => {
            if cx.introduction.is_none() && !trusted {
                fields::disown(request.headers_mut());
            }
            cx.rejection = Some(error);
            app.reject(request, &mut cx).await
        }
    };
    let mut response = result.unwrap_or_else(|error| error.into_response(&mut cx));
    if cx.record.reason == Reason::ClientClosed {
        // Nobody is there to answer; the record says so when it is dropped.
        return Err(Reason::ClientClosed.as_str().into());
    }
    if client.worker().is_draining() || client.is_too_old(client.now()) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    // Asked here, since a future that has nothing to do costs more than the question.
    if client.body_is_unread() {
        remainder::settle(client, &mut response).await;
    }
    name_status(&mut response);
    hand_over(&mut response, cx, version);
    Ok(response)
}

/// Where a status has no name, hyper would write `<none>`; the phrase may be empty (RFC 9112 section 4).
fn name_status(response: &mut Response) {
    if response.status().canonical_reason().is_none() && response.extensions().get::<ReasonPhrase>().is_none()
    {
        response.extensions_mut().insert(ReasonPhrase::from_static(b""));
    }
}

fn with_body(request: http::Request<Incoming>, client: &Rc<Client>) -> Request {
    let limit = client.worker().settings().limits.body;
    let has_body = !http_body::Body::is_end_stream(request.body());
    let awaits_consent = has_body && request.headers().contains_key(header::EXPECT);
    request.map(|incoming| RequestBody::new(incoming, client, limit, awaits_consent))
}

/// What answers without an upstream needs no longer than this.
static IMMEDIATE: RouteSettings = RouteSettings::waiting(Duration::from_secs(10));

/// Puts the target into its canonical form, and the gateway's word on the client in the place of anybody's.
fn make_admissible(
    request: &mut Request,
    cx: &mut Context<'_>,
    checked: Checked,
) -> Result<Admissible, Reason> {
    let Checked { mut fields, target, disputed, is_spelled } = checked;
    if let Some(target) = target {
        if let Some(host) = target.host {
            request.headers_mut().insert(header::HOST, host.clone());
            fields.host = Some(host);
        }
        *request.uri_mut() = target.uri;
    }
    let version = request.version();
    cx.introduction = Some(fields.introduce(request.headers_mut(), cx.client, version)?);
    cx.withheld = fields.unmask(request.headers_mut());
    Ok(Admissible { fields, disputed, is_spelled })
}

/// What the gate still has to know of a request that may go on.
struct Admissible {
    fields: Findings,
    disputed: Disputed,
    is_spelled: bool,
}

/// The target of the request's route; none if it is about the gateway itself, and an error is what a request without a route is
/// answered with.
fn find<A: App>(
    app: &'static A,
    request: &mut Request,
    Admissible { fields, disputed, is_spelled }: Admissible,
    cx: &mut Context<'_>,
) -> Result<Option<&'static A::Target>, Error> {
    let routes = app.routes(cx.client.listener());
    let is_of_the_gateway = is_of_the_gateway(request);
    let host = host_name(cx.introduction.as_ref().and_then(|said| said.host.as_ref()));
    // What is guarded is guarded whatever the parameters of its segments, and however it is spelled.
    let matched = is_spelled.then(|| path::matched(request.uri().path()));
    let question = Question {
        method: request.method(),
        host: &host,
        path: matched.as_deref().unwrap_or_else(|| request.uri().path()),
        query: request.uri().query(),
        headers: request.headers(),
        introduction: cx.introduction.as_ref(),
    };
    let is_asked_for = A::ANSWERS_PREFLIGHTS && *question.method == Method::OPTIONS;
    let announced = if is_asked_for { routes.announced(&question) } else { None };
    cx.is_announced = announced.is_some();
    let answer = if is_of_the_gateway {
        Answer::Nothing
    } else {
        announced.map_or_else(|| routes.find(&question), Answer::Route)
    };
    // A condition may ask for what is meant for this hop. Middleware does not get to see it, and so no backend.
    fields.end_hop(request.headers_mut(), &mut cx.withheld);
    match answer {
        Answer::Route(number) => {
            let route = &routes.routes[number as usize];
            let settings = route.settings;
            if !settings.keeps.contains(disputed) {
                return Err(Reason::BadRequest.into());
            }
            cx.record.route = number;
            if let Err(reason) = check_length(request.body(), settings.body_limit) {
                cx.rejection = Some(reason.into());
            }
            request.body_mut().limit(settings.body_limit);
            // It came after what was in flight had been cut off: no backend may act on what has no time for an answer.
            if cx.worker().is_stopped() {
                return Err(Reason::Shutdown.into());
            }
            cx.client.begin(cx.record.started, settings);
            Ok(Some(&route.target))
        }
        Answer::Allow(methods) => {
            Err(match HeaderValue::try_from(methods.named().collect::<Vec<_>>().join(", ")) {
                Ok(allow) => Error::new(Reason::MethodNotAllowed).with_header(header::ALLOW, allow),
                Err(_) => Error::new(Reason::MethodNotAllowed),
            })
        }
        Answer::Nothing if is_of_the_gateway => Ok(None),
        Answer::Nothing => Err(Reason::NoRoute.into()),
    }
}

/// Ends the record, or gives it to the body that will.
fn hand_over(response: &mut Response, mut cx: Context<'_>, version: Version) {
    let status = response.status();
    cx.record.status = status.as_u16();
    match response.body_mut() {
        Body::Streaming(streaming) => {
            // HTTP/1.0 has no chunks: a body without a length ends with the connection.
            let close_delimited = version == Version::HTTP_10 && streaming.size_hint().exact().is_none();
            cx.client.set_ends_body(close_delimited);
            streaming.carry(cx.record.hand_over());
            if close_delimited {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
        }
        body => {
            // hyper sends no body where there can be none (RFC 9112 section 6.3).
            let bodiless = cx.record.method == Method::HEAD
                || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
            let length = http_body::Body::size_hint(body).exact().unwrap_or(0);
            cx.record.bytes_out = if bodiless { 0 } else { length };
            let reason = cx.record.reason;
            // The clock was read when the backend's head came, and not again unless somebody has waited since.
            let ended = if cx.record.backend.is_some() { cx.client.now() } else { Instant::now() };
            cx.record.end_at(reason, ended);
        }
    }
}

/// Serves one request of the admin listener.
pub(super) async fn admit_admin(client: &Rc<Client>, request: http::Request<Incoming>) -> Response {
    let settings = client.worker().settings();
    let checked = check(&request, settings, client.is_trusted_proxy());
    match checked.and_then(|_| check_length(request.body(), settings.limits.body)) {
        Ok(()) => answer_admin(client, request).await,
        Err(reason) => {
            let now = Instant::now();
            client.begin(now, &IMMEDIATE);
            let response = admin::refusal(reason);
            client.exchange_ended(now);
            response
        }
    }
}

async fn answer_admin(client: &Rc<Client>, request: http::Request<Incoming>) -> Response {
    let now = Instant::now();
    client.begin(now, &IMMEDIATE);
    let (parts, body) = with_body(request, client).into_parts();
    drop(body);
    let mut response = admin::answer(client.worker().process(), &parts.method, parts.uri.path()).await;
    if client.worker().process().phase() != Phase::Running || client.is_too_old(now) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    remainder::settle(client, &mut response).await;
    client.exchange_ended(Instant::now());
    response
}

/// Counts and logs a request that hyper has answered itself, or that never became one.
pub(super) async fn refuse<A: App>(app: &'static A, client: &Rc<Client>, reason: Reason) {
    let method = Method::from_bytes(b"-").unwrap_or(Method::GET);
    let mut record = Record::open(client, Instant::now(), method, client.peer());
    record.route = UNMATCHED;
    let mut cx = Context {
        client,
        record,
        rejection: Some(reason.into()),
        is_announced: false,
        withheld: None,
        introduction: None,
    };
    let mut request = Request::new(RequestBody::empty());
    // Nobody has read which one it has.
    *request.version_mut() = Version::HTTP_09;
    let response = app.reject(request, &mut cx).await;
    let response = response.unwrap_or_else(|error| error.into_response(&mut cx));
    cx.record.status = response.status().as_u16();
    cx.record.end(reason);
}
