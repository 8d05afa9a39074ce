//! What answers a route: an upstream, a redirect, a fixed response.

use super::Choices;
use super::middleware::{self, Top};
use super::quantity::{duration, number, word};
use super::route::{Path, Plan};
use super::text;
use super::upstream::{STRATEGIES, backends};
use super::yaml::{Node, Section};

pub(super) fn target(
    choices: &mut Choices<'_>,
    plan: &mut Plan,
    top: &Top,
    path: &Path,
    route: &mut Section,
) {
    let kind = choices.below(10);
    let forwards = matches!(kind, 0..=5);
    match kind {
        0..=3 if !plan.known.is_empty() => {
            let name = plan.known[choices.below(plan.known.len())].clone();
            if !plan.upstreams.contains(&name) {
                plan.upstreams.push(name.clone());
            }
            route.put("upstream", Node::Text(name));
        }
        0..=5 => {
            route.put("backends", backends(choices));
            route.may(choices, 50, "strategy", |choices| word(choices, &STRATEGIES));
        }
        6 | 7 => route.put("redirect", redirect(choices, path)),
        _ => route.put("respond", respond(choices)),
    }
    if forwards {
        let change = choices.below(6);
        match change {
            0 | 1 => {
                if !path.literals.is_empty() {
                    let taken = choices.between(1, path.literals.len());
                    route.put("strip_prefix", Node::Text(format!("/{}", path.literals[..taken].join("/"))));
                }
                route.may(choices, 50, "add_prefix", |choices| Node::text(choices.pick(&PREFIXES)));
            }
            2 => {
                let mut rewrite = Section::default();
                rewrite.put("prefix", Node::text(choices.pick(&PREFIXES)));
                route.put("rewrite", rewrite.done());
            }
            3 => route.put("rewrite", Node::Text(place(choices, path))),
            _ => {}
        }
        // A template does not say what was there.
        if change != 3 {
            route.may(choices, 30, "response", |choices| {
                let mut response = Section::default();
                response.put("location", word(choices, &["keep", "restore"]));
                response.done()
            });
        }
        route.may(choices, 30, "timeout", |choices| duration(choices, 2000, 86_400_000));
        route.may(choices, 15, "upgrades", upgrades);
        route.may(choices, 30, "idle", |choices| duration(choices, 1, 86_400_000));
        route.may(choices, 30, "total", |choices| match choices.below(4) {
            0 => Node::text("off"),
            1 => Node::plain("false"),
            _ => duration(choices, 86_400_000, 366 * 86_400_000),
        });
    }
    route.may(choices, 40, "middleware", |choices| middleware::of_route(choices, top, forwards));
}

/// Literal beginnings of paths.
const PREFIXES: [&str; 4] = ["/elsewhere/v2", "/elsewhere/", "/elsewhere/caf%C3%A9", "/elsewhere/a;b"];

/// A path with some of the pattern's parameters in it.
fn template(choices: &mut Choices<'_>, path: &Path) -> String {
    let mut text =
        choices.pick(&["/", "/v2/", "/caf%C3%A9/", "/a;b=c,d/", "/%25/", "/.well-known/"]).to_owned();
    if choices.chance(30) {
        text.push_str(choices.pick(&VALUES));
        text.push('/');
    }
    for parameter in &path.parameters {
        if choices.chance(60) {
            text.push_str(parameter);
            // All that remains is the last.
            if !parameter.starts_with("{*") {
                text.push_str(choices.pick(&["/", "", "-x/", "%5B%5D"]));
            }
        }
    }
    text
}

/// Values of the request that all have.
const VALUES: [&str; 6] =
    ["{client.ip}", "{query.a b}", "{cookie.c}", "v-{header.x-a}", "{request.host}", "{request.method}"];

/// The same, or the path as it is; perhaps with a query.
fn place(choices: &mut Choices<'_>, path: &Path) -> String {
    let mut text = if choices.chance(20) { "/v3{request.path}".to_owned() } else { template(choices, path) };
    if choices.chance(30) {
        text.push_str("?a=");
        text.push_str(choices.pick(&[
            "b&c=%20",
            "{request.path}",
            "{query.a b}",
            "{client.ip}+{request.scheme}",
        ]));
    }
    text
}

/// It leads to where none of this file's routes with a path is, or to another host.
fn redirect(choices: &mut Choices<'_>, path: &Path) -> Node {
    let mut redirect = Section::default();
    if choices.chance(40) {
        // Another's, whatever the rest of it is.
        redirect.put("host", Node::text(choices.pick(&["other.test", "[2001:db8::1]", "192.0.2.1"])));
        redirect.may(choices, 50, "scheme", |choices| word(choices, &["http", "https"]));
        redirect.may(choices, 50, "port", |choices| number(choices, 1, 65535));
        redirect.may(choices, 50, "prefix", |choices| Node::text(choices.pick(&PREFIXES)));
        return redirect.done();
    }
    let to = match choices.below(4) {
        0 if !path.literals.is_empty() => format!("/elsewhere{}", place(choices, path)),
        1 => format!("http://other.test:8080{}", place(choices, path)),
        2 => "https://other.test".to_owned(),
        _ => format!("https://other.test{}", place(choices, path)),
    };
    redirect.put("to", Node::Text(to));
    redirect.may(choices, 60, "status", |choices| {
        Node::plain(choices.pick(&["301", "302", "303", "307", "308"]))
    });
    redirect.done()
}

fn respond(choices: &mut Choices<'_>) -> Node {
    let mut respond = Section::default();
    let status = choices.chance(60).then(|| number(choices, 200, 599));
    let is_bodiless =
        matches!(&status, Some(Node::Plain(text)) if ["204", "205", "304"].contains(&text.as_str()));
    if let Some(status) = status {
        respond.put("status", status);
    }
    if !is_bodiless {
        respond.may(choices, 70, "body", |choices| Node::Text(text::body(choices)));
    }
    respond.may(choices, 40, "content_type", |choices| {
        word(
            choices,
            &["text/plain", "application/problem+json; charset=\"utf-8\"", "a/b", "text/html; x={}\\"],
        )
    });
    respond.may(choices, 40, "headers", |choices| text::fields(choices, 3, text::late_value));
    respond.done()
}

/// What connections may switch to.
fn upgrades(choices: &mut Choices<'_>) -> Node {
    match choices.some(&["websocket", "WebSocket/13", "tcp", "Name/2", "!#$%&'*+.^_`|~"], 5).as_slice() {
        [] if choices.chance(50) => Node::text("off"),
        [] => Node::plain("false"),
        [one] if choices.chance(50) => Node::text(*one),
        some => Node::List(some.iter().copied().map(Node::text).collect()),
    }
}
