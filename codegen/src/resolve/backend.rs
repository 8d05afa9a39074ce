//! Backends: URLs and weights.

use super::Cx;
use super::cx::DEFAULT_HELP;
use crate::ast;
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::Section;
use crate::language::upstream::{BackendSection, Resolve, WrittenBackendSection, WrittenUpstream};
use crate::model::{Backend, BackendUrl, Piece, Scope};
use crate::source::ConfigPath;
use castgate_contract::backend::{self, Mistake};
use castgate_contract::unix;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A group's schedule is laid out at build, so it has to stay small.
const MOST_SHARES: usize = 4096;

/// The backends of the upstream (or route) at `section`; empty if there is nothing usable.
pub(super) fn backends(
    cx: &mut Cx<'_>,
    section: &ConfigPath,
    written: Option<&ast::List<ast::Backend>>,
    scope: Scope,
    resolve: Option<&Resolve>,
) -> Vec<Backend> {
    let at = section.key(WrittenUpstream::backends);
    let Some(list) = written.filter(|list| !list.is_empty()) else {
        // Unreadable backends have been reported; only none at all is an empty upstream.
        if written.is_some() || cx.source.is_absent(section, WrittenUpstream::backends) {
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
        let Some(backend) = backend(cx, &at, entry, scope, resolve) else { continue };
        let mut key = backend.url.clone();
        if let BackendUrl::Literal(url) = &mut key {
            url.text.clear();
        }
        if let Some(first) = seen.get(&key) {
            let first = cx.source.value_span(first);
            cx.sink
                .error_at(&codes::DUPLICATE_BACKEND, &at, "the same backend twice", "written again here")
                .label(first, "first written here")
                .help("use `weight` to give a backend a larger share");
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

fn backend(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    written: &ast::Backend,
    scope: Scope,
    resolve: Option<&Resolve>,
) -> Option<Backend> {
    let (settings, url_at) = match written {
        ast::Backend::Url(url) => (BackendSection { url: url.clone(), weight: 1, backup: false }, at.clone()),
        ast::Backend::Section(section) => {
            (BackendSection::resolve(cx, at.clone(), Some(section)).ok()?, at.key(WrittenBackendSection::url))
        }
    };
    let url = url(cx, &url_at, &settings.url)?;
    let origin = cx.origin(at, scope);
    let slots = resolve.filter(|_| may_be_a_name(&url)).map(|resolve| resolve.addresses);
    Some(Backend { url, share: settings.weight, settings, slots, origin })
}

/// Whether it has a host that is looked up; of a late one nobody knows.
fn may_be_a_name(url: &BackendUrl) -> bool {
    match url {
        BackendUrl::Literal(url) => {
            url.host_and_port().is_some_and(|(host, _)| host.parse::<IpAddr>().is_err())
        }
        BackendUrl::Late(_) => true,
    }
}

fn url(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<BackendUrl> {
    let late = cx.late(at, text)?;
    // What is not known now is checked at start; what is may be wrong already.
    let known = late.by_default();
    if backend::BackendUrl::parse(known.as_deref().unwrap_or(text)) == Err(Mistake::Tls) {
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
    let Some(known) = known else {
        let beginning = match late.pieces.first() {
            Some(Piece::Literal(text)) => text.as_str(),
            _ => "",
        };
        let may_be = |scheme: &str| beginning.starts_with(scheme) || scheme.starts_with(beginning);
        // Of a path the beginning may be wrong already, whatever follows.
        let is_known = beginning.len() > unix::SCHEME.len();
        let wrong = is_known.then(|| unix::path(&format!("{beginning}a")).and_then(Result::err)).flatten();
        let wrong = wrong.map(|why| why.to_string());
        if wrong.is_none() && (may_be("http://") || may_be(unix::SCHEME)) {
            return Some(BackendUrl::Late(late));
        }
        let title = format!("{} is not a backend's URL", quoted(text));
        let expected = wrong.unwrap_or_else(|| "expected `http://host:port` or `unix:/path`".to_owned());
        cx.sink.error_at(&codes::BACKEND_URL, at, title, expected);
        return None;
    };
    let is_literal = late.literal().is_some();
    match backend::BackendUrl::parse(&known) {
        Ok(url) if is_literal => Some(BackendUrl::Literal(url)),
        Ok(_) => Some(BackendUrl::Late(late)),
        Err(mistake) => {
            let message = mistake.to_string();
            let title = format!("{} is not a backend's URL", quoted(&known));
            if !is_literal {
                let span = cx.default_span(at, text);
                cx.sink.error(&codes::BACKEND_URL, title).label(span, message).help(DEFAULT_HELP);
                return None;
            }
            let span = cx.source.whole_span(at);
            let problem = cx.sink.error_at(&codes::BACKEND_URL, at, title, message);
            let bare = known.trim();
            let is_right = |mend: &String| backend::BackendUrl::parse(mend).is_ok();
            if let Some((what, mend)) = meant(bare).filter(|(_, mend)| is_right(mend)) {
                problem.suggest(what, span, format!("\"{mend}\""));
            }
            None
        }
    }
}

/// What a text that is no URL was probably meant to be.
fn meant(bare: &str) -> Option<(&'static str, String)> {
    // As nginx has it, with the path of the request behind a colon; as HAProxy has it; as URLs of files are written.
    let socket = bare.strip_prefix("http://").unwrap_or(bare);
    let socket = socket.strip_prefix(unix::SCHEME).or_else(|| socket.strip_prefix("unix@"));
    if let Some(path) = socket {
        // What has no file, or is a directory, is no slip of the pen.
        if path.starts_with('@') || path.len() > 1 && path.ends_with('/') && !path.ends_with(":/") {
            return None;
        }
        let path = path.trim_end_matches('/').trim_end_matches(':').trim_start_matches('/');
        return Some(("a socket is named by its path", format!("{}/{path}", unix::SCHEME)));
    }
    if bare.starts_with('/') {
        return Some(("write the scheme", format!("{}{bare}", unix::SCHEME)));
    }
    match bare.contains("://") {
        true => Some(("without spaces", bare.to_owned())),
        false => Some(("write the scheme", format!("http://{bare}"))),
    }
}

/// Divides weights by their greatest common divisor, apart for backups and the rest.
fn share(cx: &mut Cx<'_>, at: &ConfigPath, backends: &mut [Backend]) {
    if backends.iter().all(|backend| backend.settings.backup) {
        cx.sink
            .error_at_key(&codes::WEIGHTS, at, "every backend is a backup", "at least one must not be")
            .help("leave `backup` out where all are alike");
        return;
    }
    for backup in [false, true] {
        let of_group = || backends.iter().filter(|one| one.settings.backup == backup);
        if of_group().count() == 0 {
            continue;
        }
        let divisor = of_group().map(|one| one.settings.weight).fold(0, gcd);
        if divisor == 0 {
            cx.sink
                .error_at_key(&codes::WEIGHTS, at, "all weights are 0", "none of these takes traffic")
                .help("at least one needs a weight above 0");
            return;
        }
        let share = |one: &Backend| usize::from(one.settings.weight / divisor) * one.most();
        let sum: usize = of_group().map(share).sum();
        if sum > MOST_SHARES {
            let has_slots = of_group().any(|one| one.slots.is_some());
            let (label, help) = if has_slots {
                (
                    "each as often as it may have addresses, after division by their greatest common divisor",
                    "use smaller or rounder weights, or fewer `resolve.addresses`",
                )
            } else {
                ("after division by their greatest common divisor", "use smaller or rounder weights")
            };
            let title = format!("these weights sum to {sum}, more than {MOST_SHARES}");
            cx.sink.error_at_key(&codes::WEIGHTS, at, title, label).help(help);
            return;
        }
        for backend in backends.iter_mut().filter(|backend| backend.settings.backup == backup) {
            backend.share = backend.settings.weight / divisor;
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
    fn weights_share_no_divisor() {
        assert_eq!([4, 6, 0].into_iter().fold(0, gcd), 2);
        assert_eq!([0, 0].into_iter().fold(0, gcd), 0);
    }
}
