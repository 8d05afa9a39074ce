//! `tests:`

use super::{Cx, condition};
use crate::ast;
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::Use;
use crate::language::Section;
use crate::language::test::{self, Expect, WrittenExpect, WrittenTest};
use crate::model::{Listener, Route, Scope, Test, Upstream};
use crate::source::ConfigPath;
use crate::table::Request;
use std::collections::BTreeSet;

/// The tests that are right.
pub(super) fn tests(
    cx: &mut Cx<'_>,
    written: &ast::Lenient<ast::List<WrittenTest>>,
    listeners: &[Listener],
    routes: &[Route],
    upstreams: &[Upstream],
) -> Vec<Test> {
    let section = ConfigPath::root().key("tests");
    // A name which is unknown because its route or upstream was wrong would be a second report of one mistake.
    let is_whole = !cx.sink.problems.has_errors();
    let names = Names {
        listeners,
        routes: routes.iter().map(|route| route.name.as_str()).collect(),
        upstreams: upstreams.iter().map(|upstream| upstream.name.as_str()).collect(),
        is_whole,
    };
    written.iter().filter_map(|(index, written)| test(cx, &section.index(index), written, &names)).collect()
}

struct Names<'a> {
    listeners: &'a [Listener],
    routes: BTreeSet<&'a str>,
    upstreams: BTreeSet<&'a str>,
    is_whole: bool,
}

fn test(cx: &mut Cx<'_>, at: &ConfigPath, written: &WrittenTest, names: &Names<'_>) -> Option<Test> {
    let test::Test { request, listener, headers: _, client_ip, expect } =
        test::Test::with_defaults(cx, at.clone(), Some(written));
    let headers_at = at.key(WrittenTest::headers);
    let mut headers = Vec::new();
    let mut host = None;
    for (key, value) in written.headers.iter() {
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
    let listener_at = at.key(WrittenTest::listener);
    let is_known = |name: &String| condition::listener(cx, &listener_at, name, names.listeners);
    let is_somewhere = listener.as_ref().is_none_or(is_known);
    let expect = is_expected(cx, &at.key(WrittenTest::expect), expect?, names)?;
    let request = match host {
        Some((at, host)) => at_host(cx, &at, request?, &host)?,
        None => request?,
    };
    let request = headers
        .into_iter()
        .fold(request, |request, (name, value)| request.with_header(name.as_str(), &value));
    let request = match client_ip {
        Some(client_ip) => request.from_client(client_ip),
        None => request,
    };
    is_somewhere.then(|| Test { origin: cx.origin(at, Scope::TopLevel), listener, request, expect })
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

/// What a test expects, if there is something, and its names are those of something.
fn is_expected(cx: &mut Cx<'_>, at: &ConfigPath, expect: Expect, names: &Names<'_>) -> Option<Expect> {
    if Expect::META.keys.iter().all(|key| cx.source.is_absent(at, key.name)) {
        cx.sink
            .error_at_key(&codes::MISSING_KEY, at, "a test that expects nothing", "would always pass")
            .help("expect a `route`, an `upstream`, a `forward_path`, a `status`, a `redirect_to` or what is `cross_origin`");
        return None;
    }
    let mut is_good = true;
    let of = [
        (WrittenExpect::route, &expect.route, &codes::UNKNOWN_ROUTE, &names.routes),
        (WrittenExpect::upstream, &expect.upstream, &codes::UNKNOWN_UPSTREAM, &names.upstreams),
    ];
    for (key, name, code, known) in of {
        if let Some(name) = name
            && names.is_whole
            && !known.contains(name.as_str())
        {
            cx.unknown(code, &at.key(key), name, key, known.iter().copied());
            is_good = false;
        }
    }
    is_good.then_some(expect)
}
