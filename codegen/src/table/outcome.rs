//! What a request comes to: the route, the upstream, the path it is forwarded with, or the answer.

use super::made::{Unmade, sketched};
use super::{Answer, Request, Table};
use crate::model::{CrossOrigin, Expect, Leads, PathChange, Redirect, Route, Sharing, Target};
use castgate_contract::authority::Authority;
use castgate_contract::cross_origin::{self, Headers as _};
use castgate_contract::host;
use castgate_contract::redirect::{Asked, Scheme};
#[cfg(feature = "cli")]
use castgate_contract::template;
use std::fmt;

/// What a request comes to, as far as it is known at build: all that a test may expect of it.
pub type Outcome = Expect;

/// Of an answer that the gateway gives itself and decides as it runs.
const NOTHING: Outcome = Outcome {
    route: None,
    upstream: None,
    forward_path: None,
    status: None,
    cross_origin: None,
    redirect_to: None,
};

/// In a line: `users users /v1/users`, or `the gateway itself`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { route, upstream, forward_path, status, cross_origin, redirect_to } = self;
        let status = status.map(|status| status.to_string());
        let cross_origin = cross_origin.map(|told| told.to_string());
        let parts = [route, upstream, forward_path, &status, redirect_to, &cross_origin];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        f.write_str(&if parts.is_empty() { "the gateway itself".to_owned() } else { parts.join(" ") })
    }
}

/// By which a trusted proxy says how a client has come.
pub(crate) const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// And what it has asked there.
const FORWARDED_HOST: &str = "x-forwarded-host";

impl Table<'_> {
    /// Whether a listener of it has `tls`.
    pub(crate) fn speaks_tls(&self) -> bool {
        self.model().listeners.iter().any(|listener| listener.tls.is_some())
    }

    /// What the client has asked, as the gateway believes it: what is said of its scheme counts only if there is somebody to trust, or
    /// if the gateway may say it itself.
    pub(crate) fn asked<'r>(&self, request: &'r Request) -> Asked<'r> {
        let is_told = !self.model().server.trusted_proxies.is_empty();
        let find = |field: &str| {
            let mut fields = request.headers().iter();
            fields.find(|(name, _)| name == field).map(|(_, value)| value.as_str())
        };
        let said = |field: &str| find(field).filter(|_| is_told);
        let scheme = find(FORWARDED_PROTO).filter(|_| is_told || self.speaks_tls());
        let own = match self.model().listeners.iter().all(|listener| listener.tls.is_some()) {
            true => Scheme::Https,
            false => Scheme::Http,
        };
        let scheme = scheme.and_then(|scheme| Scheme::read(scheme.as_bytes()));
        let host = said(FORWARDED_HOST).filter(|host| Authority::parse(host).is_ok());
        let (host, port) = match host {
            Some(host) => (
                std::str::from_utf8(host::name(host.as_bytes())).unwrap_or(host),
                host::port(host.as_bytes()),
            ),
            None => (request.host(), request.port()),
        };
        Asked { scheme: scheme.unwrap_or(own), host, port, path: request.path(), query: request.query() }
    }

    /// Where a redirect of this route sends the request. `unknown` stands for what only a running gateway knows.
    pub(crate) fn leads_to(
        &self,
        route: &Route,
        redirect: &Redirect,
        request: &Request,
        unknown: Option<&str>,
    ) -> Result<String, Unmade> {
        match &redirect.leads {
            Leads::To(text) => self.made(route, text, request, request.query(), unknown),
            Leads::Parts(parts) => parts.location(&self.asked(request)).ok_or(Unmade::Unknown),
        }
    }

    /// What this request comes to.
    pub fn outcome(&self, request: &Request) -> Outcome {
        let status = |status| Outcome { status: Some(status), ..NOTHING };
        let route = match self.ask(request) {
            Answer::Route(route) => route,
            Answer::Preflight(route, judged) => {
                let (status, told) = match (self.refusal(route, request), judged) {
                    (Some(refused), _) => (refused.refusal.status, CrossOrigin::Refused),
                    (None, Ok(())) => (204, CrossOrigin::Allowed),
                    (None, Err(_)) => (403, CrossOrigin::Refused),
                };
                let route = Some(route.name.clone());
                return Outcome { route, status: Some(status), cross_origin: Some(told), ..NOTHING };
            }
            // Whether 200 or 503 is decided by the backends.
            Answer::BuiltIn => return NOTHING,
            Answer::Disputed(..) => return status(400),
            Answer::NotFound => return status(404),
            Answer::NotAllowed(_) => return status(405),
            Answer::NotImplemented => return status(501),
        };
        let cross_origin = route.sharing(self.model()).and_then(|sharing| request.told(&sharing));
        let outcome = Outcome { route: Some(route.name.clone()), cross_origin, ..NOTHING };
        if let Some(refused) = self.refusal(route, request) {
            // It stands outside of what tells pages of other origins what they may do.
            let cross_origin = cross_origin.map(|_| CrossOrigin::Refused);
            return Outcome { status: Some(refused.refusal.status), cross_origin, ..outcome };
        }
        match &route.target {
            Target::Forward(forward) => {
                let upstream = self.model().upstream(forward.upstream).map(|upstream| upstream.name.clone());
                let path = match &forward.path {
                    PathChange::Rewrite(text) => self.made(route, text, request, None, None),
                    change => Ok(changed(change, request.path(), request.host())),
                };
                match path {
                    Err(Unmade::Refused) => Outcome { status: Some(400), ..outcome },
                    Err(Unmade::Unknown) => Outcome { upstream, ..outcome },
                    Ok(path) => Outcome { upstream, forward_path: Some(path), ..outcome },
                }
            }
            Target::Redirect(redirect) => match self.leads_to(route, redirect, request, None) {
                Err(Unmade::Refused) => Outcome { status: Some(400), ..outcome },
                to => Outcome { status: Some(redirect.status), redirect_to: to.ok(), ..outcome },
            },
            Target::Respond(respond) => Outcome { status: Some(respond.status), ..outcome },
        }
    }
}

impl Request {
    /// What its page is told, if it is a page's.
    fn told(&self, sharing: &Sharing) -> Option<CrossOrigin> {
        self.lines(cross_origin::ORIGIN).next()?;
        let is_member = sharing.rules().origin(self.lines(cross_origin::ORIGIN)).is_some();
        Some(if is_member { CrossOrigin::Allowed } else { CrossOrigin::Refused })
    }
}

/// The path a backend sees of this one, on this host; values that are not of the path or the host stand there as they are written.
pub(crate) fn changed(change: &PathChange, path: &str, host: &str) -> String {
    match change {
        PathChange::Keep => path.to_owned(),
        PathChange::Prefix(change) => change.edit().of(path).concat(),
        PathChange::Rewrite(text) => sketched(text, path, host),
    }
}

/// Where a redirect leads, likewise; `None` if nobody knows the host.
#[cfg(feature = "cli")]
pub(crate) fn location(redirect: &Redirect, asked: &Asked<'_>) -> Option<String> {
    match &redirect.leads {
        Leads::To(text) => {
            let mut to = sketched(text, asked.path, asked.host);
            if let Some(query) = asked.query {
                template::add_query(&mut to, query);
            }
            Some(to)
        }
        Leads::Parts(parts) => parts.location(asked),
    }
}
