//! What a request comes to: the route, the upstream, the path it is forwarded with, or the answer.

use super::{Answer, Request, Table};
use crate::model::{CrossOrigin, Expect, Leads, PathChange, Redirect, Sharing, Target};
use crate::pattern::TemplatePiece;
use castgate_contract::authority::Authority;
use castgate_contract::cross_origin::{self, Headers as _};
use castgate_contract::host;
use castgate_contract::redirect::{Asked, Scheme};
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
    /// What the client has asked, as the gateway believes it: what is said of its scheme counts only if there is somebody to trust.
    pub(crate) fn asked<'r>(&self, request: &'r Request) -> Asked<'r> {
        let is_told = !self.model().server.trusted_proxies.is_empty();
        let said = |field: &str| {
            let mut fields = request.headers().iter().filter(|_| is_told);
            fields.find(|(name, _)| name == field).map(|(_, value)| value.as_str())
        };
        let scheme = said(FORWARDED_PROTO).and_then(|scheme| Scheme::read(scheme.as_bytes()));
        let host = said(FORWARDED_HOST).filter(|host| Authority::parse(host).is_ok());
        let (host, port) = match host {
            Some(host) => (
                std::str::from_utf8(host::name(host.as_bytes())).unwrap_or(host),
                host::port(host.as_bytes()),
            ),
            None => (request.host(), request.port()),
        };
        Asked {
            scheme: scheme.unwrap_or(Scheme::Http),
            host,
            port,
            path: request.path(),
            query: request.query(),
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
            Target::Forward(forward) => Outcome {
                upstream: self.model().upstream(forward.upstream).map(|upstream| upstream.name.clone()),
                forward_path: Some(changed(&forward.path, request.path(), request.host())),
                ..outcome
            },
            Target::Redirect(redirect) => {
                let to = location(redirect, &self.asked(request));
                Outcome { status: Some(redirect.status), redirect_to: to, ..outcome }
            }
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

/// The path a backend sees of this one, on this host.
pub(crate) fn changed(change: &PathChange, path: &str, host: &str) -> String {
    match change {
        PathChange::Keep => path.to_owned(),
        PathChange::Prefix(change) => change.edit().of(path).concat(),
        PathChange::Rewrite(pieces) => rendered(pieces, path, host),
    }
}

/// Where a redirect leads; `None` if nobody knows the host.
pub(crate) fn location(redirect: &Redirect, asked: &Asked<'_>) -> Option<String> {
    match &redirect.leads {
        Leads::To(pieces) => {
            let mut to = rendered(pieces, asked.path, asked.host);
            if let Some(query) = asked.query {
                template::add_query(&mut to, query);
            }
            Some(to)
        }
        Leads::Parts(parts) => parts.location(asked),
    }
}

/// What the pieces make of a path on this host.
fn rendered(pieces: &[TemplatePiece], path: &str, host: &str) -> String {
    let mut text = String::new();
    template::render(pieces, path, || host.as_bytes(), |piece| text.push_str(piece));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{HostPattern, MatchKind, Parameters, PathPattern, parse_template};
    use proptest::prelude::*;

    proptest! {
        /// What a backend gets is in the one form that was matched and authorised.
        #[test]
        fn a_template_makes_canonical_paths_of_canonical_paths(
            template in "(/|//|[.;a%25]|%2E|%3b|%3B|%zz|\\{id\\}|\\{t\\}|\\{\\*rest\\}){1,6}",
            label in "[-_a-e0-9]{1,4}",
            id in "([.;a%25E]|%3B){1,4}",
            rest in "([./;a%25]|%3B){1,6}",
        ) {
            let pattern = PathPattern::parse("/{id}/{*rest}", MatchKind::Prefix).unwrap();
            let hosts = [HostPattern::parse("{t}.example.com").unwrap()];
            let over = Parameters { path: &pattern, hosts: &hosts };
            let Ok(pieces) = parse_template(&format!("/{template}"), 0, over) else { return Ok(()) };
            // Only canonical paths that the pattern matches come here.
            let path = format!("/{id}/{rest}");
            let canonical = Request::new("GET", "", &path, None, Vec::new()).map(|request| request.path().to_owned());
            prop_assume!(canonical.as_deref() == Ok(path.as_str()));
            let made = rendered(&pieces, &path, &format!("{label}.example.com"));
            let again = Request::new("GET", "", &made, None, Vec::new()).map(|request| request.path().to_owned());
            prop_assert_eq!(again.as_deref(), Ok(made.as_str()), "of {}", path);
        }
    }
}
