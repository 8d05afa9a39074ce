//! The gate: what every request passes before a middleware sees it. It checks what the codec does not know (Host, the
//! form of the target, RFC 9110 and 9112), makes the path canonical, strips what the client has no say in, finds the
//! route, and ends the record.

mod check;
mod fields;
mod forwards;
mod target;
#[cfg(test)]
mod tests;
mod via;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use castgate_contract::{built_in, path};
use http::{HeaderValue, Method, Version, header};

use self::check::{Checked, OriginForm, check, check_length};
use self::fields::Findings;
use self::target::Elsewhere;
pub(super) use self::target::Target;
use crate::address;
use crate::admin;
use crate::app::App;
use crate::error::{Error, Reason};
use crate::exchange::{Account, Context, Delivery, Exchange, Request, RequestBody};
use crate::fields::{Fields, Known};
use crate::host::host_name;
use crate::route::{Answer, Disputed, Question, RouteSettings};
use crate::worker::Stage;

/// What a client connection brings.
#[derive(Debug)]
pub(super) enum Arrival {
    /// A request; its body is the exchange's upload.
    Request(Head),
    /// What is no request, or none that could be read: why, and its first line as far as it was read.
    Refused(Reason, Option<(Method, Bytes)>),
}

impl Arrival {
    /// The same, as what is not to be answered but with this.
    pub(super) fn refused(self, reason: Reason) -> Self {
        match self {
            Self::Request(Head { method, target, .. }) => {
                Self::Refused(reason, Some((method, target.line())))
            }
            refused @ Self::Refused(..) => refused,
        }
    }
}

/// The head of a request as it came.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) version: Version,
    pub(super) fields: Fields,
}

/// Answers what has come at a gateway listener; `None` if its client has gone, and nobody is there to be answered.
#[allow(
    clippy::await_holding_refcell_ref,
    reason = "the stack alone has the record until it has answered, and only the account that is opened here asks for it then"
)]
#[allow(
    clippy::manual_async_fn,
    reason = "an `async fn` moves its arguments once more, and a request is large"
)]
pub(super) fn answer<A: App>(
    app: &'static A,
    exchange: Rc<Exchange>,
    arrival: Arrival,
) -> impl Future<Output = Option<Delivery>> {
    async move {
        let (mut request, elsewhere) = match arrival {
            Arrival::Request(head) => with_body(head, &exchange),
            Arrival::Refused(reason, line) => return Some(refuse(app, &exchange, reason, line).await),
        };
        let settings = app.settings();
        let peer = exchange.peer();
        let trusted = peer.is_trusted_proxy();
        let mut checked = check(&request, elsewhere.as_ref(), settings, peer);
        // `/health` and its like stand ahead of everything, on any host.
        if settings.admin.is_empty() && built_in::at(request.target.path()).is_some() {
            let within = check_length(&request.body, settings.limits.body);
            checked = checked.and_then(|checked| within.map(|()| checked));
            if checked.is_ok() {
                return Some(answer_admin(&exchange, request).await);
            }
        }
        let started = exchange.clock().now();
        let client_ip = if trusted {
            address::client_ip(settings.trusted_proxies, peer.address(), &request.fields)
        } else {
            peer.address()
        };
        let account = Account::open(exchange, started, request.method.clone(), client_ip);
        let exchange = account.exchange();
        let response = {
            let mut record = exchange.record();
            let mut cx = Context {
                exchange,
                record: &mut record,
                rejection: None,
                is_announced: false,
                withheld: None,
                upgrade: None,
                introduction: None,
            };
            let found = checked
                .and_then(|checked| make_admissible(&mut request, &mut cx, checked))
                .map_err(Error::from)
                .and_then(|admissible| find(app, &mut request, admissible, &mut cx));
            if !matches!(found, Ok(Some(_))) {
                exchange.clock().begin(started, &IMMEDIATE);
            }
            let result = match found {
                Ok(Some(target)) => app.serve(target, request, &mut cx).await,
                Ok(None) => app.reject(request, &mut cx).await,
                Err(error) => {
                    if cx.introduction.is_none() && !trusted {
                        fields::disown(&mut request.fields);
                    }
                    cx.rejection = Some(error);
                    app.reject(request, &mut cx).await
                }
            };
            let response = match result {
                // Only whoever has asked a backend can know that it has switched, and behind an interim response there is none.
                Ok(response) if response.status.is_informational() && response.switches_to().is_none() => {
                    tracing::error!(
                        status = response.status.as_u16(),
                        "a layer answers with an interim response"
                    );
                    Error::new(Reason::Internal).into_response(&mut cx)
                }
                Ok(response) => response,
                Err(error) => error.into_response(&mut cx),
            };
            if cx.record.reason == Reason::ClientClosed {
                // The account says so when it is dropped.
                return None;
            }
            cx.record.status = response.status.as_u16();
            if exchange.worker().is_draining() || exchange.peer().is_too_old(exchange.clock().now()) {
                exchange.close_after();
            }
            response
        };
        Some(Delivery { response, account: Some(account) })
    }
}

/// The request, and what its target names besides a path.
#[inline(always)]
fn with_body(head: Head, exchange: &Rc<Exchange>) -> (Request, Option<Elsewhere>) {
    let Head { method, target: Target { target, elsewhere }, version, fields } = head;
    let body = RequestBody::of(exchange, exchange.worker().settings().limits.body);
    (Request { method, target, version, fields, body }, elsewhere)
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
    if let Some(OriginForm { canonical, host }) = target.map(|target| *target) {
        if let Some(host) = host {
            request.fields.insert(&header::HOST, &host);
            fields.host = Some(Bytes::copy_from_slice(host.as_bytes()));
        }
        request.target = canonical;
    }
    // Whoever asks for it has taken another one's connection for its own (RFC 9110 section 7.4).
    if let (Some(tls), Some(host)) = (cx.exchange.peer().tls(), &fields.host)
        && !tls.cover(&host_name(Some(host)))
    {
        return Err(Reason::Misdirected);
    }
    cx.introduction = Some(fields.introduce(&mut request.fields, cx.exchange.peer(), request.version)?);
    cx.withheld = fields.unmask(&mut request.fields);
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
    let host = cx.introduction.as_ref().and_then(|said| said.host.as_deref());
    let host = host_name(host.filter(|_| routes.asks_for_host()));
    // What is guarded is guarded whatever the parameters of its segments, and however it is spelled.
    let matched = is_spelled.then(|| path::matched(request.target.path()));
    let question = Question {
        method: &request.method,
        host: &host,
        path: matched.as_deref().unwrap_or_else(|| request.target.path()),
        query: request.target.query(),
        fields: &request.fields,
        introduction: cx.introduction.as_ref(),
    };
    let is_options = request.method == Method::OPTIONS;
    let is_of_the_gateway = is_options && forwards::are_over(request)?;
    let is_asked_for = A::ANSWERS_PREFLIGHTS && is_options && !is_of_the_gateway;
    let announced = if is_asked_for { routes.announced(&question) } else { None };
    cx.is_announced = announced.is_some();
    let answer = if is_of_the_gateway {
        Answer::Nothing
    } else {
        announced.map_or_else(|| routes.find(&question), Answer::Route)
    };
    if let Answer::Route(number) = answer
        && request.fields.has(Known::Upgrade)
    {
        let upgrades = routes.routes[number as usize].settings.upgrades;
        let begins = (&request.method, request.version);
        cx.upgrade = upgrades.and_then(|to| to.asked(begins, !request.body.is_end(), &request.fields));
    }
    // A condition may ask for what is meant for this hop. Middleware does not get to see it, and so no backend.
    fields.end_hop(&mut request.fields, &mut cx.withheld);
    match answer {
        Answer::Route(number) => {
            let route = &routes.routes[number as usize];
            let settings = route.settings;
            if !settings.keeps.contains(disputed) {
                return Err(Reason::BadRequest.into());
            }
            cx.record.route = number;
            if is_options {
                forwards::count_down(request);
            }
            if let Err(reason) = check_length(&request.body, settings.body_limit) {
                cx.rejection = Some(reason.into());
            }
            request.body.limit(settings.body_limit);
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
pub(super) async fn answer_of_admin_listener(exchange: Rc<Exchange>, arrival: Arrival) -> Option<Delivery> {
    let settings = exchange.worker().settings();
    let admissible = match arrival {
        Arrival::Request(head) => {
            let (request, elsewhere) = with_body(head, &exchange);
            let checked = check(&request, elsewhere.as_ref(), settings, exchange.peer());
            let within = checked.and_then(|_| check_length(&request.body, settings.limits.body));
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
    let Request { method, target, body, .. } = request;
    drop(body);
    let process = exchange.worker().process();
    let response = admin::answer(process, &method, target.path()).await;
    if process.stage() != Stage::Running || exchange.peer().is_too_old(exchange.clock().now()) {
        exchange.close_after();
    }
    Delivery { response, account: None }
}

/// Answers what never became a request; counts and logs it.
#[allow(
    clippy::await_holding_refcell_ref,
    reason = "the stack alone has the record until it has answered, and only the account that is opened here asks for it then"
)]
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
    let account = Account::open(exchange.clone(), now, method.clone(), exchange.peer().address());
    let mut record = exchange.record();
    let mut cx = Context {
        exchange,
        record: &mut record,
        rejection: Some(reason.into()),
        is_announced: false,
        withheld: None,
        upgrade: None,
        introduction: None,
    };
    let request = Request {
        method,
        target: Target::read(target).map_or_else(target::root, |read| read.target),
        // Nobody has read which one it has.
        version: Version::HTTP_09,
        fields: Fields::default(),
        body: RequestBody::empty(),
    };
    let response = app.reject(request, &mut cx).await;
    let response = response.unwrap_or_else(|error| error.into_response(&mut cx));
    cx.record.status = response.status.as_u16();
    exchange.close_after();
    drop(cx);
    drop(record);
    Delivery { response, account: Some(account) }
}
