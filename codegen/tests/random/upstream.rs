//! `upstreams:`, and backends wherever they stand.

use super::Choices;
use super::gateway::allow;
use super::quantity::{duration, flag, word};
use super::yaml::{Node, Section};

pub(super) const STRATEGIES: [&str; 3] = ["round-robin", "random", "least-connections"];

pub(super) fn upstream(choices: &mut Choices<'_>) -> Node {
    let mut upstream = Section::default();
    let backends = backends(choices);
    let has_socket = format!("{backends:?}").contains("unix:");
    if are_plain_with_a_name(&backends) {
        upstream.may(choices, 30, "resolve", resolve);
    }
    upstream.put("backends", backends);
    upstream.may(choices, 40, "health_check", |choices| match choices.below(8) {
        0 => Node::plain("off"),
        1 => Node::plain("false"),
        _ => health_check(choices, !has_socket),
    });
    let is_unchecked = |(key, value): &(String, Node)| {
        key == "health_check" && matches!(value, Node::Plain(text) if text == "off" || text == "false")
    };
    if !upstream.0.iter().any(is_unchecked) {
        upstream.may(choices, 20, "panic_threshold", |choices| word(choices, &["0%", "12.5%", "100%"]));
    }
    upstream.may(choices, 30, "timeouts", |choices| {
        let mut timeouts = Section::default();
        timeouts.may(choices, 60, "connect", |choices| duration(choices, 1, 2000));
        timeouts.may(choices, 60, "response", |choices| duration(choices, 1, 2000));
        timeouts.done()
    });
    upstream.may(choices, 10, "allow", allow);
    upstream.done()
}

/// Whether there is something to look up, and no weight that many addresses would multiply.
fn are_plain_with_a_name(backends: &Node) -> bool {
    let Node::List(backends) = backends else { return false };
    let is_name =
        |url: &String| !["http://10.", "http://[", "unix:"].iter().any(|other| url.starts_with(other));
    let are_plain = backends.iter().all(|backend| matches!(backend, Node::Text(_)));
    are_plain && backends.iter().any(|backend| matches!(backend, Node::Text(url) if is_name(url)))
}

fn resolve(choices: &mut Choices<'_>) -> Node {
    let mut section = Section::default();
    section.may(choices, 50, "interval", |choices| duration(choices, 1000, 3_600_000));
    section.may(choices, 50, "addresses", |choices| Node::plain(choices.pick(&["1", "16", "256"])));
    section.done()
}

/// A socket has no ports.
fn health_check(choices: &mut Choices<'_>, may_have_port: bool) -> Node {
    let mut section = Section::default();
    section.may(choices, 50, "interval", |choices| duration(choices, 2000, 3_600_000));
    section.may(choices, 50, "timeout", |choices| duration(choices, 1, 2000));
    if may_have_port {
        section.may(choices, 20, "port", |choices| Node::plain(choices.pick(&["1", "9100"])));
    }
    // What is asked where nothing is would be a mistake.
    if choices.chance(20) {
        section.put("tcp", Node::plain("true"));
        return section.done();
    }
    section.may(choices, 10, "tcp", |_| Node::plain("false"));
    section.may(choices, 20, "method", |choices| word(choices, &["GET", "HEAD", "OPTIONS", "POST"]));
    section.may(choices, 20, "host", |choices| {
        word(choices, &["example.com", "A.b:81", "[::1]", "10.0.0.1:80"])
    });
    section.may(choices, 20, "headers", |choices| {
        let mut fields = Section::default();
        fields.may(choices, 50, "X-Probe", |choices| word(choices, &["1", "a 'b'", "${env:PROBE}"]));
        fields.may(choices, 50, "Authorization", |_| Node::text("Bearer ${file:/run/token}"));
        fields.done()
    });
    section.may(choices, 50, "path", |choices| {
        word(choices, &["/", "/ready?full=1", "/a%20b?q='*&[]", "/a;b=c/"])
    });
    section.may(choices, 50, "expect", |choices| {
        // Those of one line do not overlap.
        let some = choices.pick(&[&["200", "204", "300-302", "4xx"][..], &["2xx", "3xx", "401", "5xx"]]);
        let statuses = choices.some(some, 4);
        let statuses = if statuses.is_empty() { vec!["200"] } else { statuses };
        Node::List(statuses.into_iter().map(Node::plain).collect())
    });
    section.done()
}

/// One to four, of which the first takes traffic.
pub(super) fn backends(choices: &mut Choices<'_>) -> Node {
    let count = choices.between(1, 4);
    let backend = |number: usize| {
        let url = Node::Text(url(choices, number));
        if choices.chance(50) {
            return url;
        }
        let mut section = Section::default();
        section.put("url", url);
        let weights: &[&str] =
            if number == 0 { &["1", "2", "1000"] } else { &["0", "1", "3", "10", "100", "1000"] };
        section.may(choices, 50, "weight", |choices| Node::plain(choices.pick(weights)));
        let weighs = !section
            .0
            .iter()
            .any(|(key, value)| key == "weight" && matches!(value, Node::Plain(text) if text == "0"));
        if number > 0 && weighs {
            section.may(choices, 30, "backup", flag);
        }
        section.done()
    };
    Node::List((0..count).map(backend).collect())
}

/// A URL that no backend of another number has.
fn url(choices: &mut Choices<'_>, number: usize) -> String {
    let port = 9001 + number;
    match choices.below(12) {
        0 => format!("http://10.0.0.{number}"),
        1 => format!("http://[::1]:{port}"),
        2 => format!("http://${{env:USERS_HOST}}:{port}"),
        3 => format!("${{env:BACKEND_{number}}}"),
        4 => format!("http://${{env:A:-local-host}}:${{env:PORT_{number}:-{port}}}"),
        5 => format!("${{file:/run/backend {number}}}"),
        6 => format!("http://a_B-c.Example.:{port}/"),
        7 => format!("unix:/run/app {number}.sock"),
        8 => format!("unix:${{env:RUN:-/run}}/{number}.sock"),
        _ => format!("http://localhost:{port}"),
    }
}
