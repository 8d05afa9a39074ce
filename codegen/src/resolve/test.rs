//! `tests:`

use super::Cx;
use crate::ast;
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::Use;
use crate::model::{Expectation, Route, Scope, Test, Upstream};
use crate::source::ConfigPath;
use crate::table::Request;
use std::collections::BTreeSet;

/// The tests that are right.
pub(super) fn tests(
    cx: &mut Cx<'_>,
    written: &ast::List<ast::Test>,
    routes: &[Route],
    upstreams: &[Upstream],
) -> Vec<Test> {
    let section = ConfigPath::root().key("tests");
    // A name which is unknown because its route or upstream was wrong would be a second report of one mistake.
    let is_whole = !cx.sink.problems.has_errors();
    let names = Names {
        routes: routes.iter().map(|route| route.name.as_str()).collect(),
        upstreams: upstreams.iter().map(|upstream| upstream.name.as_str()).collect(),
        is_whole,
    };
    written.iter().filter_map(|(index, test)| self::test(cx, &section.index(index), test, &names)).collect()
}

struct Names<'a> {
    routes: BTreeSet<&'a str>,
    upstreams: BTreeSet<&'a str>,
    is_whole: bool,
}

fn test(cx: &mut Cx<'_>, at: &ConfigPath, written: &ast::Test, names: &Names<'_>) -> Option<Test> {
    let request = match &written.request {
        Some(line) => request(cx, &at.key("request"), line),
        None => {
            cx.missing(at, "request", "for example `request: GET http://api.example.com/users`");
            None
        }
    };
    let headers_at = at.key("headers");
    let mut headers = Vec::new();
    let mut host = None;
    for (key, value) in written.headers.iter().flat_map(|map| map.iter()) {
        let at = headers_at.key(key);
        let value =
            value.and_then(|value| cx.literal(&at, value)).filter(|value| cx.is_header_value(&at, value));
        if key.eq_ignore_ascii_case("host") {
            host = value.map(|value| (at, value));
            continue;
        }
        let name = cx.field_name(&at, key, Use::TEST);
        headers.extend(name.zip(value));
    }
    let expect_at = at.key("expect");
    let expect = match &written.expect {
        Some(expect) => expectation(cx, &expect_at, expect, names)?,
        None => {
            cx.missing(at, "expect", "for example `expect: {route: users}`");
            return None;
        }
    };
    let request = match host {
        Some((at, host)) => at_host(cx, &at, request?, &host)?,
        None => request?,
    };
    let request = headers
        .into_iter()
        .fold(request, |request, (name, value)| request.with_header(name.as_str(), &value));
    Some(Test { origin: cx.origin(at, Scope::TopLevel), request, expect })
}

fn request(cx: &mut Cx<'_>, at: &ConfigPath, line: &str) -> Option<Request> {
    let line = &cx.literal(at, line)?;
    match Request::parse(line) {
        Ok(request) => Some(request),
        Err(message) => {
            let title = format!("{} is not a request", quoted(line));
            cx.sink
                .error_at(&codes::BAD_REQUEST_LINE, at, title, message)
                .help("write `GET http://host/path`, or `GET /path` for a host which no route names");
            None
        }
    }
}

/// A `Host` among a test's headers says which host, unless the request does.
fn at_host(cx: &mut Cx<'_>, at: &ConfigPath, request: Request, host: &str) -> Option<Request> {
    match request.clone().with_host(host) {
        Ok(moved) if request.host().is_empty() || moved.host() == request.host() => Some(moved),
        Ok(_) => {
            let title =
                format!("a test that asks two hosts, {} and {}", quoted(request.host()), quoted(host));
            cx.sink
                .error_at_key(&codes::MANAGED_HEADER, at, title, "the request has named another")
                .help("leave this out, or write the host into the request: `GET http://host/path`");
            None
        }
        Err(message) => {
            let title = format!("{} is not a host", quoted(host));
            cx.sink.error_at(&codes::BAD_REQUEST_LINE, at, title, message);
            None
        }
    }
}

fn expectation(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    written: &ast::Expect,
    names: &Names<'_>,
) -> Option<Expectation> {
    let ast::Expect { route, upstream, forward_path, status, redirect_to } = written.clone();
    let is_empty = route.is_none()
        && upstream.is_none()
        && forward_path.is_none()
        && status.is_none()
        && redirect_to.is_none();
    if is_empty
        && ["route", "upstream", "forward_path", "status", "redirect_to"]
            .iter()
            .all(|key| cx.source.is_absent(at, key))
    {
        cx.sink
            .error_at_key(&codes::MISSING_KEY, at, "a test that expects nothing", "would always pass")
            .help("expect a `route`, an `upstream`, a `forward_path`, a `status` or a `redirect_to`");
        return None;
    }
    let mut is_good = true;
    if let Some(name) = &route
        && names.is_whole
        && !names.routes.contains(name.as_str())
    {
        cx.unknown(&codes::UNKNOWN_ROUTE, &at.key("route"), name, "route", names.routes.iter().copied());
        is_good = false;
    }
    if let Some(name) = &upstream
        && names.is_whole
        && !names.upstreams.contains(name.as_str())
    {
        let known = names.upstreams.iter().copied();
        cx.unknown(&codes::UNKNOWN_UPSTREAM, &at.key("upstream"), name, "upstream", known);
        is_good = false;
    }
    let status = status.and_then(|status| cx.number(&at.key("status"), status, 200..=599));
    is_good.then_some(Expectation { route, upstream, forward_path, status, redirect_to })
}
