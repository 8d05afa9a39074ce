//! `server:` and `admin:`.

use super::{Cx, names, target};
use crate::codes;
use crate::language::Section;
use crate::language::server::{
    Http2, HttpVersion, ListenerSection, WrittenAdmin, WrittenHttp2, WrittenLimits, WrittenListener,
    WrittenServer,
};
use crate::model::{Admin, Listener, Scope, Server};
use crate::source::ConfigPath;
use std::collections::BTreeSet;

pub(super) fn server(cx: &mut Cx<'_>, written: Option<&WrittenServer>) -> Server {
    let at = ConfigPath::root().key("server");
    let server = Server::with_defaults(cx, at.clone(), written);
    uri(cx, &at.key(WrittenServer::limits), &server);
    server
}

/// Those of `server.listeners`, or that of `server.listen`.
pub(super) fn listeners(cx: &mut Cx<'_>, written: Option<&WrittenServer>, server: &Server) -> Vec<Listener> {
    let at = ConfigPath::root().key("server");
    let section = at.key(WrittenServer::listeners);
    let named = written.map(|written| &written.listeners).filter(|_| cx.source.is_written(&section));
    let Some(named) = named else {
        let origin = cx.origin(&at.key(WrittenServer::listen), Scope::TopLevel);
        let address = server.listen.clone();
        let protocols = BTreeSet::from([HttpVersion::Http1]);
        return vec![Listener {
            name: None,
            origin,
            address,
            proxy_protocol: None,
            protocols,
            tls: None,
            redirect: None,
        }];
    };
    let listen = at.key(WrittenServer::listen);
    if cx.source.is_written(&listen) {
        let title = "`listen` has no effect beside `listeners`";
        let other = cx.source.key_span(&section);
        cx.sink
            .error_at_key(&codes::KEY_DOES_NOT_APPLY, &listen, title, "nothing would listen here")
            .label(other, "these have addresses of their own")
            .help("leave one of them out");
    }
    if named.0.is_some() && named.iter().next().is_none() {
        let title = "nothing to listen on";
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &section, title, "there is no listener here");
    }
    let listener = |(name, written): (&str, Option<_>)| {
        let at = section.key(name);
        names::check_key(cx, &at, name, "a listener");
        let read = written.and_then(|written| ListenerSection::resolve(cx, at.clone(), Some(written)).ok());
        let (address, proxy_protocol, protocols, tls, written) = read
            .map(|read| (read.address, read.proxy_protocol, read.protocols, read.tls, read.redirect))
            .unwrap_or_default();
        if tls.is_some() && protocols.contains(&HttpVersion::Http2) {
            let title = "HTTP/2 over TLS is not in this version";
            let key = at.key(WrittenListener::protocols);
            cx.sink.error_at(&codes::NOT_SUPPORTED, &key, title, "this listener has `tls`");
        }
        let redirect =
            written.and_then(|written| target::of_listener(cx, &at.key(WrittenListener::redirect), &written));
        let (name, origin) = (Some(name.to_owned()), cx.origin(&at, Scope::TopLevel));
        Listener { name, origin, address, proxy_protocol, protocols, tls, redirect }
    };
    let listeners: Vec<Listener> = named.iter().map(listener).collect();
    if !listeners.is_empty() && listeners.iter().all(|listener| listener.redirect.is_some()) {
        let title = "no listener has routes";
        let label =
            if listeners.len() == 1 { "this one only redirects" } else { "each of these only redirects" };
        cx.sink
            .error_at(&codes::IMPOSSIBLE_VALUE, &section, title, label)
            .help("where the routes are to be reached there is a listener without `redirect`");
    }
    listeners
}

pub(super) fn admin(cx: &mut Cx<'_>, written: Option<&WrittenAdmin>) -> Option<Admin> {
    let admin = Admin::resolve(cx, ConfigPath::root().key("admin"), Some(written?));
    // Even without a usable address the built-in paths are meant to be elsewhere.
    Some(admin.unwrap_or(Admin { listen: Vec::new() }))
}

/// What says how HTTP/2 is spoken needs a listener that does.
pub(super) fn http2(cx: &mut Cx<'_>, listeners: &[Listener], server: &Server) {
    let at = ConfigPath::root().key("server").key(WrittenServer::http2);
    if cx.source.is_written(&at) && !listeners.iter().any(Listener::speaks_http2) {
        let title = "`http2` has no effect here";
        cx.sink
            .error_at_key(&codes::KEY_DOES_NOT_APPLY, &at, title, "no listener speaks HTTP/2")
            .help("a listener that is to speak it has `protocols: [h2, http/1.1]`, under `server.listeners`");
    }
    let Http2 { streams, stream_window, .. } = server.http2;
    if u64::from(streams) * stream_window > MOST_WINDOW {
        let at = at.key(WrittenHttp2::stream_window);
        let label = "`streams` times this must not be more than 2GiB";
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &at, "this size is out of range", label);
    }
}

/// The largest window there is (RFC 9113 section 6.9.1).
const MOST_WINDOW: u64 = (1 << 31) - 1;

/// `limits.uri` is a part of `limits.header_bytes`.
fn uri(cx: &mut Cx<'_>, at: &ConfigPath, server: &Server) {
    let limits = &server.limits;
    let is_beyond =
        limits.uri > limits.header_bytes && !cx.sink.is_refused(&at.key(WrittenLimits::header_bytes));
    if is_beyond {
        let label = "must not be more than `header_bytes`";
        let at = at.key(WrittenLimits::uri);
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &at, "this size is out of range", label);
    }
}
