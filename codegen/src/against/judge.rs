//! Whether an answer and the counters are what a test expects, and what of it cannot be told.
//!
//! A middleware may answer in place of what it guards: 401 without a key, 429, 503. The route is still right then, and
//! whether the rest is cannot be seen. That counts only for a middleware which the route has.

use super::Answer;
use super::counts::{Counts, UNMATCHED};
use crate::diagnostic::quoted;
use crate::language::Section;
use crate::middleware::Refusal;
use crate::model::{CrossOrigin, Expect, Route, Target, Test};
use crate::table::{self, Mismatch, Request, Table};
use castgate_contract::cross_origin::{self, Headers as _};

/// An expectation that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The key of `expect`.
    pub key: &'static str,
    /// Why.
    pub why: Why,
}

/// Why an expectation could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is never seen from outside: only the backend knows the path that it gets.
    Invisible,
    /// The gateway refused the request, for this `reason`, or with this status if no reason is known.
    Refused(String),
    /// The request would have to come from another address than this machine's.
    OfAnotherClient,
}

/// How many things a test expects.
pub(super) fn expectations(test: &Test) -> usize {
    test.expect.keys().len()
}

/// Whether anything of it can be seen from outside.
pub(super) fn has_visible(expect: &Expect) -> bool {
    expect.keys().len() > invisible(expect).len()
}

/// What cannot: only the backend knows the path that it gets.
pub(super) fn invisible(expect: &Expect) -> Vec<Unseen> {
    let key = expect.forward_path.as_ref().map(|_| "forward_path");
    key.map(|key| Unseen { key, why: Why::Invisible }).into_iter().collect()
}

/// Nothing of it can, since nobody can choose from which address a request comes.
pub(super) fn of_another_client(test: &Test) -> Option<Vec<Unseen>> {
    test.request.client_ip()?;
    let keys = test.expect.keys().into_iter();
    Some(keys.map(|(key, _)| Unseen { key, why: Why::OfAnotherClient }).collect())
}

/// What is otherwise, and what could not be looked at.
pub(super) fn judge(
    table: &Table<'_>,
    test: &Test,
    answer: &Answer,
    before: &Counts,
    after: &Counts,
) -> (Vec<Mismatch>, Vec<Unseen>) {
    let expect = &test.expect;
    let (mut mismatches, mut unseen) = (Vec::new(), invisible(expect));
    if expect.route.as_ref().is_some_and(|route| !after.route_rose(before, route)) {
        let actual = names(&after.routes_since(before));
        mismatches.push(Mismatch { key: "route", actual });
    }
    let refused = match table.ask(&test.request) {
        table::Answer::Route(route) | table::Answer::Preflight(route, _)
            if can_refuse(table, route, &test.request, answer) =>
        {
            Some(answer.reason.clone().unwrap_or_else(|| answer.status.to_string()))
        }
        _ => None,
    };
    let is_other_upstream = expect.upstream.as_ref().is_some_and(|name| !after.upstream_rose(before, name));
    let is_other_status = expect.status.is_some_and(|status| status != answer.status);
    let is_other_place = expect.redirect_to.is_some() && expect.redirect_to != answer.location;
    let told = told(&test.request, answer);
    let is_told_otherwise = expect.cross_origin.is_some_and(|expected| expected != told);
    let others = [
        ("upstream", is_other_upstream, names(&after.upstreams_since(before))),
        ("status", is_other_status, Some(answer.status.to_string())),
        ("cross_origin", is_told_otherwise, Some(told.to_string())),
        ("redirect_to", is_other_place, answer.location.clone()),
    ];
    for (key, _, actual) in others.into_iter().filter(|(_, is_other, _)| *is_other) {
        match &refused {
            Some(reason) => unseen.push(Unseen { key, why: Why::Refused(reason.clone()) }),
            None => mismatches.push(Mismatch { key, actual }),
        }
    }
    (mismatches, unseen)
}

/// What forwarding itself answers without a backend.
static NO_BACKEND: Refusal = Refusal { reason: "no_healthy_backend", status: 503 };

/// Whether the route can refuse a request with this answer before its target is asked.
fn can_refuse(table: &Table<'_>, route: &Route, request: &Request, answer: &Answer) -> bool {
    // A preflight gets no further than the layer that answers it, and what that says is what was expected.
    let is_preflight = request.preflight().is_some();
    let layers = route.middleware.layers(&table.model().policies);
    let layers = layers.take_while(|layer| !(is_preflight && layer.facts.answers_preflights));
    let of_layers = layers.flat_map(|layer| layer.facts.refusals);
    let of_forward = (!is_preflight && matches!(route.target, Target::Forward(_))).then_some(&NO_BACKEND);
    let mut refusals = of_layers.chain(of_forward);
    match answer.reason.as_deref() {
        Some(reason) => refusals.any(|refusal| refusal.reason == reason),
        None => answer.is_problem && refusals.any(|refusal| refusal.status == answer.status),
    }
}

/// What a page of the request's origin is told.
fn told(request: &Request, answer: &Answer) -> CrossOrigin {
    let origin = request.lines(cross_origin::ORIGIN).next().unwrap_or_default();
    let allowed =
        answer.allow_origin.as_ref().is_some_and(|allowed| allowed == "*" || allowed.as_bytes() == origin);
    if allowed { CrossOrigin::Allowed } else { CrossOrigin::Refused }
}

/// `a`, or `a, b` if others used the gateway, too.
fn names(risen: &[&str]) -> Option<String> {
    let shown: Vec<&str> = risen.iter().copied().filter(|name| *name != UNMATCHED).collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// A label for what is otherwise.
pub(super) fn label(mismatch: &Mismatch) -> String {
    match (mismatch.key, &mismatch.actual) {
        ("route", Some(actual)) => format!("the counter of {} rose instead", quoted(actual)),
        ("route", None) => "no route's counter rose".to_owned(),
        ("upstream", Some(actual)) => format!("{} was asked instead", quoted(actual)),
        ("upstream", None) => "no upstream was asked".to_owned(),
        ("redirect_to", None) => "the response has no Location".to_owned(),
        (_, Some(actual)) => format!("is {}", quoted(actual)),
        (_, None) => "there is none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::counts::tests::counts;
    use super::*;
    use crate::testing::cast;

    const CONFIG: &str = "
upstreams: {u: {backends: ['http://localhost:9001']}}
middleware: {auth: {api_keys: {keys: '${env:KEYS}'}}}
routes:
  - {name: users, path: /users, upstream: u}
  - {name: open, path: /open, upstream: u, middleware: {auth: off}}
  - {name: old, path: /old, redirect: {to: /new, status: 308}}
  - {name: free, path: /free, respond: {status: 204}, middleware: {auth: off}}
tests:
  - {request: GET /users/1, expect: {route: users, upstream: u, forward_path: /users/1}}
  - {request: GET /open, expect: {route: open, upstream: u}}
  - {request: GET /old, expect: {status: 308, redirect_to: /new}}
  - {request: GET /free, expect: {route: free, status: 204}}
  - {request: GET /nowhere, expect: {status: 404}}
";

    /// The keys that are otherwise, with what they are, and the keys that were not seen.
    type Judged = (Vec<(&'static str, Option<String>)>, Vec<&'static str>);

    /// What becomes of the test of this number if only these counters rise.
    fn judged(
        number: usize,
        status: u16,
        reason: &str,
        routes: &[&'static str],
        upstreams: &[&'static str],
    ) -> Judged {
        let model = cast(CONFIG).model;
        let once = |names: &[&'static str]| names.iter().map(|name| (*name, 1.0)).collect::<Vec<_>>();
        let (before, after) = (counts(&[], &[]), counts(&once(routes), &once(upstreams)));
        let location = (status == 308).then(|| "/new".to_owned());
        let reason = (!reason.is_empty()).then(|| reason.to_owned());
        let answer = Answer { status, location, allow_origin: None, is_problem: reason.is_some(), reason };
        let (mismatches, unseen) = judge(&Table::new(&model), &model.tests[number], &answer, &before, &after);
        let mismatches = mismatches.into_iter().map(|mismatch| (mismatch.key, mismatch.actual));
        (mismatches.collect(), unseen.into_iter().map(|unseen| unseen.key).collect())
    }

    #[test]
    fn what_is_as_expected_passes() {
        assert_eq!(judged(0, 200, "", &["users"], &["u"]), (vec![], vec!["forward_path"]));
        assert_eq!(judged(2, 308, "", &["old"], &[]), (vec![], vec![]));
        assert_eq!(judged(4, 404, "no_route", &["_unmatched"], &[]), (vec![], vec![]));
        // The traffic of others does no harm.
        assert_eq!(judged(1, 200, "", &["open", "users", "_unmatched"], &["u"]), (vec![], vec![]));
    }

    #[test]
    fn a_middleware_that_the_route_has_hides_what_it_guards() {
        assert_eq!(
            judged(0, 401, "auth_missing", &["users"], &[]),
            (vec![], vec!["forward_path", "upstream"])
        );
        assert_eq!(judged(2, 401, "auth_invalid", &["old"], &[]), (vec![], vec!["status", "redirect_to"]));
        assert_eq!(judged(1, 503, "no_healthy_backend", &["open"], &[]), (vec![], vec!["upstream"]));
    }

    #[test]
    fn any_other_refusal_is_a_failure() {
        let text = |status: &str| Some(status.to_owned());
        assert_eq!(judged(3, 401, "auth_missing", &["free"], &[]).0, [("status", text("401"))]);
        assert_eq!(judged(3, 503, "no_healthy_backend", &["free"], &[]).0, [("status", text("503"))]);
        assert_eq!(judged(1, 429, "rate_limited", &["open"], &[]).0, [("upstream", None)]);
        assert_eq!(judged(4, 401, "auth_missing", &["users"], &[]).0, [("status", text("401"))]);
        // A backend's own 401 says nothing about the gateway.
        assert_eq!(judged(1, 401, "", &["open"], &[]).0, [("upstream", None)]);
    }

    #[test]
    fn what_a_page_is_told_is_compared() {
        let model = cast(
            "middleware: {cors: {origins: [https://a.test]}}\nroutes: [{path: /, methods: [GET], respond: {}}]\ntests:\n  \
             - {request: GET /, headers: {Origin: https://a.test}, expect: {cross_origin: allowed}}\n  \
             - {request: OPTIONS /, headers: {Origin: https://a.test, Access-Control-Request-Method: GET}, expect: {status: 204, cross_origin: allowed}}\n",
        )
        .model;
        let judged = |number: usize, status, allow_origin: Option<&str>, reason: Option<&str>| {
            let (allow_origin, reason) = (allow_origin.map(str::to_owned), reason.map(str::to_owned));
            let answer =
                Answer { status, location: None, allow_origin, is_problem: reason.is_some(), reason };
            let (none, table) = (counts(&[], &[]), Table::new(&model));
            let (mismatches, unseen) = judge(&table, &model.tests[number], &answer, &none, &none);
            let keys: Vec<_> = mismatches.into_iter().map(|mismatch| mismatch.key).collect();
            (keys, unseen.len())
        };
        assert_eq!(judged(0, 200, Some("https://a.test"), None), (vec![], 0));
        assert_eq!(judged(0, 200, Some("*"), None), (vec![], 0));
        assert_eq!(judged(0, 200, Some("https://b.test"), None), (vec!["cross_origin"], 0));
        assert_eq!(judged(1, 204, Some("https://a.test"), None), (vec![], 0));
        // That it is refused is what the test is about, and hides nothing.
        assert_eq!(judged(1, 403, None, Some("cors_denied")), (vec!["status", "cross_origin"], 0));
    }

    #[test]
    fn counters_tell_what_rose_instead() {
        let (mismatches, _) = judged(0, 200, "", &["open"], &["u"]);
        assert_eq!(mismatches, [("route", Some("open".to_owned()))]);
        assert_eq!(judged(0, 404, "no_route", &["_unmatched"], &[]).0, [("route", None), ("upstream", None)]);
        // A refused request still has to be counted for its route.
        assert_eq!(judged(0, 401, "auth_missing", &["open"], &[]).0, [("route", Some("open".to_owned()))]);
    }
}
