//! Backends: URLs and weights.

use super::Cx;
use crate::ast;
use crate::codes;
use crate::diagnostic::quoted;
use crate::model::{Backend, BackendUrl, Piece, Scope};
use crate::source::ConfigPath;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;

/// A group's schedule is laid out at build, so it has to stay small.
const MOST_SHARES: u32 = 4096;

/// The backends of the upstream (or route) at `section`; empty if there is nothing usable.
pub(super) fn backends(
    cx: &mut Cx<'_>,
    section: &ConfigPath,
    written: Option<&ast::List<ast::Backend>>,
    scope: Scope,
) -> Vec<Backend> {
    let at = section.key("backends");
    let Some(list) = written.filter(|list| !list.is_empty()) else {
        // Unreadable backends have been reported; only none at all is an empty upstream.
        if written.is_some() || cx.sink.is_absent(section, "backends") {
            cx.sink
                .error_at_key(&codes::EMPTY_UPSTREAM, &at, "an upstream without backends", "no backends here")
                .help("add at least one: `backends: [\"http://localhost:9001\"]`");
        }
        return Vec::new();
    };
    let mut backends = Vec::new();
    let mut seen: BTreeMap<BackendUrl, ConfigPath> = BTreeMap::new();
    for (index, entry) in list.iter() {
        let at = at.index(index);
        let Some(backend) = backend(cx, &at, entry, scope) else { continue };
        let mut key = backend.url.clone();
        if let BackendUrl::Literal { text, .. } = &mut key {
            text.clear();
        }
        if let Some(first) = seen.get(&key) {
            let first = cx.sink.value_span(first);
            let problem = cx.sink.error_at(
                &codes::DUPLICATE_BACKEND,
                &at,
                "the same backend twice",
                "written again here",
            );
            if let Some(first) = first {
                problem.label(first, "first written here");
            }
            problem.help("use `weight` to give a backend a larger share");
            continue;
        }
        seen.insert(key, at);
        backends.push(backend);
    }
    // With a backend missing the sums would be wrong.
    if backends.len() == list.len() {
        share(cx, &at, &mut backends);
    }
    backends
}

fn backend(cx: &mut Cx<'_>, at: &ConfigPath, written: &ast::Backend, scope: Scope) -> Option<Backend> {
    let default = ast::BackendSection::default();
    let (section, url, url_at) = match written {
        ast::Backend::Url(url) => (&default, url, at.clone()),
        ast::Backend::Section(section) => {
            let Some(url) = &section.url else {
                cx.missing(at, "url", "for example `url: \"http://localhost:9001\"`");
                return None;
            };
            (section, url, at.key("url"))
        }
    };
    let weight = cx.number(&at.key("weight"), section.weight, 0..=1000, 1);
    let url = self::url(cx, &url_at, url)?;
    let origin = cx.origin(at, scope);
    Some(Backend { url, weight, share: weight, backup: section.backup.unwrap_or(false), origin })
}

fn url(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<BackendUrl> {
    let late = cx.late(at, text)?;
    if text.starts_with("https://") {
        cx.sink
            .error_at(
                &codes::BACKEND_TLS,
                at,
                "TLS to backends is not in this version",
                "`https://` cannot be reached",
            )
            .help("use `http://` over a private network, or a TLS proxy beside the backend");
        return None;
    }
    let Some(literal) = late.literal() else {
        // The rest is checked at start, but what is known already may be wrong already.
        let beginning = match late.pieces.first() {
            Some(Piece::Literal(text)) => text.as_str(),
            _ => "",
        };
        if beginning.starts_with("http://") || "http://".starts_with(beginning) {
            return Some(BackendUrl::Late(late));
        }
        let title = format!("{} is not a backend's URL", quoted(text));
        cx.sink.error_at(&codes::BACKEND_URL, at, title, "expected `http://host:port`");
        return None;
    };
    match parse_url(literal) {
        Ok(url) => Some(url),
        Err(message) => {
            let span = cx.sink.value_span(at);
            let title = format!("{} is not a backend's URL", quoted(literal));
            let problem = cx.sink.error_at(&codes::BACKEND_URL, at, title, message);
            let mend = format!("http://{literal}");
            if let Some(span) = span
                && !literal.contains("://")
                && parse_url(&mend).is_ok()
            {
                problem.suggest("write the scheme", span, format!("\"{mend}\""));
            }
            None
        }
    }
}

/// `http://host[:port][/]`
fn parse_url(text: &str) -> Result<BackendUrl, &'static str> {
    let Some(rest) = text.strip_prefix("http://") else {
        return Err("expected `http://host:port`");
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains('/') {
        return Err("a backend has no path; see a route's `rewrite`");
    }
    if authority.contains(['?', '#']) {
        return Err("a backend has neither query nor fragment");
    }
    if authority.contains('@') {
        return Err("a backend has no user and password");
    }
    let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, after) = bracketed.split_once(']').ok_or("this `[` is not closed")?;
        let ip: Ipv6Addr = host.parse().map_err(|_| "not an IPv6 address")?;
        let port =
            if after.is_empty() { None } else { Some(after.strip_prefix(':').ok_or("expected a port")?) };
        (ip.to_string(), port)
    } else {
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        if !is_host(host) {
            return Err("not a host name or an IP address");
        }
        (host.to_ascii_lowercase(), port)
    };
    let port = match port {
        None => 80,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse().ok().filter(|port| *port > 0).ok_or("a port is 1 to 65535")?
        }
        Some(_) => return Err("a port is 1 to 65535"),
    };
    Ok(BackendUrl::Literal { host, port, text: format!("http://{}", authority.to_ascii_lowercase()) })
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let is_label_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(is_label_byte)
    };
    let name = host.strip_suffix('.').unwrap_or(host);
    name.len() <= 253 && name.split('.').all(is_label)
}

/// Divides weights by their greatest common divisor, apart for backups and the rest.
fn share(cx: &mut Cx<'_>, at: &ConfigPath, backends: &mut [Backend]) {
    if backends.iter().all(|backend| backend.backup) {
        cx.sink
            .error_at_key(&codes::WEIGHTS, at, "every backend is a backup", "at least one must not be")
            .help("leave `backup` out where all are alike");
        return;
    }
    for backup in [false, true] {
        let group =
            || backends.iter().filter(|backend| backend.backup == backup).map(|backend| backend.weight);
        if group().count() == 0 {
            continue;
        }
        let divisor = group().fold(0, gcd);
        if divisor == 0 {
            cx.sink
                .error_at_key(&codes::WEIGHTS, at, "all weights are 0", "none of these takes traffic")
                .help("at least one needs a weight above 0");
            return;
        }
        let sum: u32 = group().map(|weight| u32::from(weight / divisor)).sum();
        if sum > MOST_SHARES {
            cx.sink
                .error_at_key(
                    &codes::WEIGHTS,
                    at,
                    format!("these weights sum to {sum}, more than {MOST_SHARES}"),
                    "after division by their greatest common divisor",
                )
                .help("use smaller or rounder weights");
            return;
        }
        for backend in backends.iter_mut().filter(|backend| backend.backup == backup) {
            backend.share = backend.weight / divisor;
        }
    }
}

fn gcd(a: u16, b: u16) -> u16 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_host_and_port() {
        let literal = |host: &str, port, text: &str| {
            Ok(BackendUrl::Literal { host: host.to_owned(), port, text: text.to_owned() })
        };
        assert_eq!(parse_url("http://Localhost:9001/"), literal("localhost", 9001, "http://localhost:9001"));
        assert_eq!(parse_url("http://a_b"), literal("a_b", 80, "http://a_b"));
        assert_eq!(parse_url("http://[::1]:80"), literal("::1", 80, "http://[::1]:80"));
        for bad in [
            "",
            "localhost:1",
            "http://",
            "http://a/b",
            "http://a?x",
            "http://u@a",
            "http://a:0",
            "http://a:99999",
            "http://a:+1",
            "http://[::1",
            "http://[x]",
            "http://[::1]x",
            "http://a b",
            "http://a..b",
            "ftp://a",
        ] {
            assert!(parse_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn weights_share_no_divisor() {
        assert_eq!([4, 6, 0].into_iter().fold(0, gcd), 2);
        assert_eq!([0, 0].into_iter().fold(0, gcd), 0);
    }
}
