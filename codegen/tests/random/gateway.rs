//! A whole file: sections that agree with each other.

use super::Choices;
use super::declared;
use super::middleware::{self, Top};
use super::quantity::{duration, number, size, word};
use super::route::{self, Plan};
use super::text;
use super::upstream;
use super::yaml::{Node, Section};

pub(super) fn gateway(choices: &mut Choices<'_>) -> Node {
    let mut gateway = Section::default();
    let has_admin = choices.chance(30);
    let mut server = choices.chance(50).then(|| server(choices));
    if has_admin {
        gateway.put("admin", admin(choices));
    }
    gateway.may(choices, 20, "health_check_interval", |choices| duration(choices, 2000, 60_000));
    let top = middleware::top(choices);
    let mut plan = Plan::new(choices, has_admin);
    let routes = route::routes(choices, &mut plan, &top);
    if !plan.listeners.is_empty() {
        let Node::Map(keys) = server.get_or_insert(Node::Map(Vec::new())) else { unreachable!() };
        keys.retain(|(key, _)| key != "listen");
        let speaks: Option<&[&str]> = match choices.below(4) {
            0 => None,
            1 => Some(&["h2", "http/1.1"]),
            2 => Some(&["h2"]),
            _ => Some(&["http/1.1"]),
        };
        keys.push(("listeners".to_owned(), listeners(choices, &plan.listeners, speaks)));
        if speaks.is_some_and(|protocols| protocols.contains(&"h2")) && choices.chance(60) {
            keys.push(("http2".to_owned(), http2(choices)));
        }
    }
    if let Some(server) = server {
        gateway.put("server", server);
    }
    if !plan.upstreams.is_empty() {
        let upstreams = plan.upstreams.iter().map(|name| (name.clone(), upstream::upstream(choices)));
        gateway.put("upstreams", Node::Map(upstreams.collect()));
    }
    if let Top { section: Some(section), .. } = top {
        gateway.put("middleware", section);
    }
    gateway.put("routes", Node::List(routes));
    if !plan.tests.is_empty() {
        gateway.put("tests", Node::List(plan.tests));
    }
    // So many as there can be at most.
    gateway.may(choices, 10, "observability", |choices| {
        let mut section = Section::default();
        section.may(choices, 80, "max_series", |choices| number(choices, 10_000_000, u64::MAX));
        section.done()
    });
    gateway.may(choices, 30, "lints", lints);
    gateway.done()
}

fn lints(choices: &mut Choices<'_>) -> Node {
    let names = choices.some(&declared::lints(), 8);
    let level = |choices: &mut Choices<'_>| {
        let level = if choices.chance(20) { "deny" } else { choices.pick(&["warn", "allow"]) };
        Node::text(level)
    };
    Node::Map(names.into_iter().map(|name| (name.to_owned(), level(choices))).collect())
}

/// Lints which somebody is let off, whether or not they would find anything.
pub(super) fn allow(choices: &mut Choices<'_>) -> Node {
    let names = choices.some(&declared::lints(), 2);
    let entry = |name: &str| {
        let mut section = Section::default();
        section.put("lint", Node::text(name));
        let reason = text::anything(choices);
        section.put(
            "reason",
            Node::text(if reason.trim().is_empty() { "x".to_owned() } else { reason.replace("${", "$ {") }),
        );
        section.done()
    };
    Node::List(names.into_iter().map(entry).collect())
}

fn server(choices: &mut Choices<'_>) -> Node {
    let mut server = Section::default();
    server.may(choices, 50, "listen", |choices| {
        listen(
            choices,
            &[
                "0.0.0.0:8080",
                "[::]:8081",
                "127.0.0.1:0",
                "[fe80::1]:65535",
                "${env:LISTEN}",
                "${env:L2:-0.0.0.0:80}",
                "unix:/run/gateway.sock",
            ],
        )
    });
    server.may(choices, 30, "workers", |choices| match choices.below(3) {
        0 => Node::text("auto"),
        1 => number(choices, 1, 1024),
        _ => Node::text("4"),
    });
    server.may(choices, 30, "log_level", |choices| {
        word(
            choices,
            &[
                "info",
                "error",
                "warn",
                "debug",
                "trace",
                "${env:LOG_LEVEL}",
                "${env:LOG_LEVEL:-warn}",
                "${file:/run/level}",
            ],
        )
    });
    server.may(choices, 30, "trusted_proxies", |choices| {
        let networks = [
            "10.0.0.0/8",
            "fd00::/8",
            "192.0.2.1",
            "::1",
            "0.0.0.0/0",
            "::/0",
            "172.16.0.0/12",
            "unix",
            "2001:db8::/32",
        ];
        Node::List(choices.some(&networks, 9).into_iter().map(Node::text).collect())
    });
    server.may(choices, 40, "limits", limits);
    server.may(choices, 40, "timeouts", |choices| {
        let mut timeouts = Section::default();
        timeouts.may(choices, 50, "request", |choices| duration(choices, 5000, 366 * 86_400_000));
        timeouts.done()
    });
    server.done()
}

/// Each with an address of its own; `speaks` is what the first one says of its protocols.
fn listeners(choices: &mut Choices<'_>, names: &[String], speaks: Option<&[&str]>) -> Node {
    let mut speaks = speaks;
    let addresses = [
        ["0.0.0.0:8080", "[::]:8080"],
        ["${env:LISTEN}", "127.0.0.1:0"],
        ["unix:/run/gateway.sock", "${env:L2:-0.0.0.0:80}"],
    ];
    let listener = |(name, addresses): (&String, [&str; 2])| {
        let mut section = Section::default();
        section.put("address", listen(choices, &addresses));
        section.may(choices, 30, "proxy_protocol", proxy_protocol);
        let protocols = speaks.take();
        if let Some(protocols) = protocols {
            section.put("protocols", Node::List(protocols.iter().map(|word| Node::text(*word)).collect()));
        }
        // HTTP/2 over TLS is not there yet.
        if protocols.is_none_or(|protocols| !protocols.contains(&"h2")) {
            section.may(choices, 30, "tls", tls);
        }
        (name.clone(), section.done())
    };
    let mut listeners: Vec<_> = names.iter().zip(addresses).map(listener).collect();
    if choices.chance(40) {
        let mut section = Section::default();
        section.put("address", Node::text("127.0.0.1:8099"));
        section.put("redirect", everybody(choices));
        listeners.push(("sent away".to_owned(), section.done()));
    }
    Node::Map(listeners)
}

/// What a client of HTTP/2 may do.
fn http2(choices: &mut Choices<'_>) -> Node {
    let mut section = Section::default();
    section.may(choices, 50, "streams", |choices| number(choices, 1, 128));
    for (key, least, most) in [
        ("stream_window", 1 << 10, 15 << 20),
        ("send_buffer", 1 << 10, 16 << 20),
        ("frame", 16 << 10, 15 << 20),
        ("header_table", 0, 64 << 10),
    ] {
        section.may(choices, 50, key, |choices| size(choices, least, most));
    }
    section.may(choices, 50, "resets", |choices| number(choices, 1, 1000));
    section.may(choices, 50, "early_resets", |choices| number(choices, 1, 1000));
    section.may(choices, 50, "idle_frames", |choices| number(choices, 10, 1000));
    section.done()
}

/// Who says whose connection it is.
fn proxy_protocol(choices: &mut Choices<'_>) -> Node {
    let mut section = Section::default();
    let proxies = ["10.0.0.0/8", "192.0.2.1", "unix", "fd00::/8", "0.0.0.0/0"];
    section.put("from", listen(choices, &proxies));
    section.done()
}

/// Certificates of anybody.
fn tls(choices: &mut Choices<'_>) -> Node {
    let paths = ["/run/tls/a.pem", "${env:TLS_DIR}/b.pem", "c.pem", "${env:TLS_FILE:-/run/d.pem}"];
    let certificate = |choices: &mut Choices<'_>| {
        let mut section = Section::default();
        section.put("certificate", Node::text(choices.pick(&paths)));
        section.put("key", Node::text(choices.pick(&paths)));
        section.done()
    };
    let mut section = Section::default();
    let count = if choices.chance(50) { 1 } else { 2 };
    section.put("certificates", Node::List((0..count).map(|_| certificate(choices)).collect()));
    section.may(choices, 40, "min_version", |choices| Node::text(choices.pick(&["1.2", "1.3"])));
    section.may(choices, 40, "sni", |choices| word(choices, &["any", "strict"]));
    section.may(choices, 40, "client_certificates", |choices| {
        let mut clients = Section::default();
        clients.put("ca", Node::text(choices.pick(&paths)));
        clients.may(choices, 50, "required", |choices| Node::plain(choices.pick(&["true", "false"])));
        clients.done()
    });
    section.done()
}

/// Where a listener sends everybody: to another's.
fn everybody(choices: &mut Choices<'_>) -> Node {
    if choices.chance(30) {
        // Without TLS in front, http at port 80 would most often be this listener again.
        return Node::text(if choices.chance(20) { "http" } else { "https" });
    }
    let mut redirect = Section::default();
    if choices.chance(30) {
        redirect
            .put("to", Node::text(choices.pick(&["https://other.test/", "http://other.test{request.path}"])));
    } else {
        redirect.put("host", Node::text("other.test"));
        redirect.may(choices, 50, "scheme", |choices| word(choices, &["http", "https"]));
        redirect.may(choices, 50, "port", |choices| number(choices, 1, 65_535));
        redirect.may(choices, 50, "prefix", |choices| Node::text(choices.pick(&["/", "/elsewhere"])));
    }
    redirect.may(choices, 30, "status", |choices| number(choices, 307, 308));
    redirect.done()
}

/// So many bytes, or `off`.
pub(crate) fn body_limit(choices: &mut Choices<'_>) -> Node {
    if choices.chance(30) { Node::plain(choices.pick(&["off", "false"])) } else { size(choices, 0, 64 << 20) }
}

fn limits(choices: &mut Choices<'_>) -> Node {
    let mut limits = Section::default();
    limits.may(choices, 50, "header_bytes", |choices| size(choices, 8192, 16 << 20));
    limits.may(choices, 50, "body", body_limit);
    limits.may(choices, 50, "uri", |choices| size(choices, 1, 8192));
    limits.done()
}

fn admin(choices: &mut Choices<'_>) -> Node {
    let mut admin = Section::default();
    admin.put(
        "listen",
        listen(choices, &["127.0.0.1:9090", "[::1]:9090", "${env:ADMIN_LISTEN}", "${file:/run/admin}"]),
    );
    admin.done()
}

/// One address or several.
fn listen(choices: &mut Choices<'_>, addresses: &[&str]) -> Node {
    let some = choices.some(addresses, 4);
    match some.as_slice() {
        [] => Node::text(choices.pick(addresses)),
        some => Node::List(some.iter().copied().map(Node::text).collect()),
    }
}
