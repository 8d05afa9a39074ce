//! The gate: what every request passes before a middleware sees it. It checks what the codec does not know (Host, the
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
use std::time::Duration;

use bytes::Bytes;
use castgate_contract::{built_in, path};
use http::{HeaderValue, Method, Uri, Version, header};

use self::check::{Checked, check, check_length, is_of_the_gateway};
use self::fields::Findings;
use self::host::host_name;
pub(crate) use self::host::is_host;
use super::address;
use super::process::Phase;
use crate::admin;
use crate::app::App;
use crate::context::Context;
use crate::error::{Error, Reason};
use crate::exchange::{Account, Delivery, Exchange};
use crate::message::{Request, RequestBody};
use crate::record::Record;
use crate::route::{Answer, Disputed, Question, RouteSettings};

/// What a client connection brings.
#[derive(Debug)]
pub(super) enum Arrival {
    /// A request head; its body is the exchange's upload.
    Request(http::Request<()>),
    /// What is no request, or none that could be read: why, and its first line as far as it was read.
    Refused(Reason, Option<(Method, Bytes)>),
}

/// Answers what has come at a gateway listener; `None` if its client has gone, and nobody is there to be answered.
pub(super) async fn admit<A: App>(
    app: &'static A,
    exchange: Rc<Exchange>,
    arrival: Arrival,
) -> Option<Delivery> {
    let request = match arrival {
        Arrival::Request(request) => with_body(request, &exchange),
        Arrival::Refused(reason, line) => return Some(refuse(app, &exchange, reason, line).await),
    };
    let settings = app.settings();
    let peer = exchange.peer();
    let trusted = peer.is_trusted_proxy();
    let mut checked = check(&request, settings, trusted);
    // `/health` and its like stand ahead of everything, on any host.
    if settings.admin.is_empty() && built_in::at(request.uri().path()).is_some() {
        let within = check_length(request.body(), settings.limits.body);
        checked = checked.and_then(|checked| within.map(|()| checked));
        if checked.is_ok() {
            return Some(answer_admin(&exchange, request).await);
        }
    }
    let started = exchange.clock().now();
    let client_ip = if trusted {
        address::client_ip(settings.trusted_proxies, peer.address(), request.headers())
    } else {
        peer.address()
    };
    let record = Record::new(started, request.method().clone(), client_ip);
    let mut account = Account::open(&exchange, record);
    let mut cx = Context {
        exchange: &exchange,
        record: account.record(),
        rejection: None,
        is_announced: false,
        withheld: None,
        introduction: None,
    };
    let mut request = request;
    exchange.clock().begin(started, &IMMEDIATE);
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
    let response = result.unwrap_or_else(|error| error.into_response(&mut cx));
    if cx.record.reason == Reason::ClientClosed {
        // The account says so when it is dropped.
        return None;
    }
    cx.record.status = response.status().as_u16();
    if exchange.worker().is_draining() || exchange.peer().is_too_old(exchange.clock().now()) {
        exchange.close_after();
    }
    Some(Delivery { response, account: Some(account) })
}

fn with_body(request: http::Request<()>, exchange: &Rc<Exchange>) -> Request {
    let limit = exchange.worker().settings().limits.body;
    request.map(|()| RequestBody::of(exchange, limit))
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
    cx.introduction = Some(fields.introduce(request.headers_mut(), cx.exchange.peer(), version)?);
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
    let routes = app.routes(cx.exchange.peer().listener());
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
            cx.exchange.clock().begin(cx.record.started, settings);
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

/// Answers what has come at the admin listener.
pub(super) async fn admit_admin(exchange: Rc<Exchange>, arrival: Arrival) -> Option<Delivery> {
    let settings = exchange.worker().settings();
    let admissible = match arrival {
        Arrival::Request(request) => {
            let request = with_body(request, &exchange);
            let checked = check(&request, settings, exchange.peer().is_trusted_proxy());
            let within = checked.and_then(|_| check_length(request.body(), settings.limits.body));
            within.map(|()| request)
        }
        Arrival::Refused(reason, _) => Err(reason),
    };
    Some(match admissible {
        Ok(request) => answer_admin(&exchange, request).await,
        Err(reason) => {
            tracing::debug!(reason = reason.as_str(), "bad request on the admin listener");
            exchange.clock().begin(exchange.clock().now(), &IMMEDIATE);
            if reason.closes() {
                exchange.close_after();
            }
            Delivery { response: admin::refusal(reason), account: None }
        }
    })
}

async fn answer_admin(exchange: &Rc<Exchange>, request: Request) -> Delivery {
    exchange.clock().begin(exchange.clock().now(), &IMMEDIATE);
    let (parts, body) = request.into_parts();
    drop(body);
    let process = exchange.worker().process();
    let response = admin::answer(process, &parts.method, parts.uri.path()).await;
    if process.phase() != Phase::Running || exchange.peer().is_too_old(exchange.clock().now()) {
        exchange.close_after();
    }
    Delivery { response, account: None }
}

/// Answers what never became a request; counts and logs it.
async fn refuse<A: App>(
    app: &'static A,
    exchange: &Rc<Exchange>,
    reason: Reason,
    line: Option<(Method, Bytes)>,
) -> Delivery {
    let unread = || Method::from_bytes(b"-").unwrap_or(Method::GET);
    let (method, target) = line.unwrap_or_else(|| (unread(), Bytes::new()));
    let now = exchange.clock().now();
    exchange.clock().begin(now, &IMMEDIATE);
    let record = Record::new(now, method.clone(), exchange.peer().address());
    let mut account = Account::open(exchange, record);
    let mut cx = Context {
        exchange,
        record: account.record(),
        rejection: Some(reason.into()),
        is_announced: false,
        withheld: None,
        introduction: None,
    };
    let mut request = Request::new(RequestBody::empty());
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_maybe_shared(target).unwrap_or_default();
    // Nobody has read which one it has.
    *request.version_mut() = Version::HTTP_09;
    let response = app.reject(request, &mut cx).await;
    let response = response.unwrap_or_else(|error| error.into_response(&mut cx));
    cx.record.status = response.status().as_u16();
    exchange.close_after();
    Delivery { response, account: Some(account) }
}
