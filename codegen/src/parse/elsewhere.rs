//! Keys that other gateways have, or that users look for: what is meant, and where it is; or that it is not there.
//!
//! A row speaks only where nothing of its name is known, so that a key which comes needs no change here but its row taken out,
//! which a test asks for. What others call a middleware is a fact of it.

use crate::middleware::{Entry, REGISTRY};
use crate::place::ConfigPath;

/// What somebody means who writes a key that is none.
struct Elsewhere {
    /// As others write it.
    keys: &'static [&'static str],
    here: Here,
}

/// What there is of it.
#[derive(Clone, Copy)]
pub(super) enum Here {
    /// These keys, by their paths.
    Keys(&'static [&'static str]),
    /// The middleware of this name.
    Middleware(&'static str),
    /// Nothing in this version: what it is, and what helps meanwhile.
    Nothing(&'static str, &'static str),
}

const TABLE: &[Elsewhere] = &[
    // Authentication.
    absent(
        &["jwt", "jwt_auth", "oidc", "openid_connect", "oauth2", "jwks"],
        "tokens are not checked by this version",
        "this version knows API keys; a backend can check tokens, `Authorization` reaches it",
    ),
    absent(
        &["basic_auth", "basicauth", "basic", "auth_basic", "htpasswd"],
        "names and passwords are not checked by this version",
        "this version knows API keys; a backend can check passwords, `Authorization` reaches it",
    ),
    absent(
        &["forward_auth", "forwardauth", "auth_request", "ext_authz", "external_auth"],
        "this version asks no other service whether a request may pass",
        "this version knows API keys",
    ),
    // Bodies.
    absent(
        &["compress", "compression", "gzip", "brotli", "zstd", "encode"],
        "this version compresses nothing",
        "what a backend has compressed goes on as it is",
    ),
    absent(
        &["cache", "proxy_cache", "caching"],
        "this version keeps no answers",
        "what backends and clients say of caching goes on as it is",
    ),
    absent(
        &["files", "root", "static", "file_server", "try_files", "index"],
        "this version serves no files",
        "`respond` answers with a text, `upstream` forwards to a server of files",
    ),
    // Protocols.
    absent(
        &["grpc", "grpc_web", "h2c", "http3", "quic"],
        "this version speaks HTTP/1.1, and HTTP/2 with clients",
        "`protocols: [h2, http/1.1]` of a listener is what has HTTP/2",
    ),
    // Observing.
    absent(
        &["tracing", "opentelemetry", "otlp", "zipkin", "jaeger"],
        "this version sends no traces",
        "`traceparent` goes on as it is",
    ),
    // Traffic.
    absent(
        &["split", "canary", "traffic_split", "mirror", "shadow"],
        "this version neither splits nor mirrors traffic",
        "weights of backends divide it: `upstreams.*.backends`",
    ),
    absent(
        &["sticky", "sticky_session", "session_affinity", "ip_hash", "hash"],
        "this version sends nobody to the same backend again",
        "",
    ),
    // The names of others.
    here(
        &["proxy_pass", "service", "services", "reverse_proxy", "destination", "cluster"],
        &["routes.upstream", "routes.backends"],
    ),
    here(
        &["location", "locations", "path_prefix", "pathprefix", "prefix", "uri", "url_path"],
        &["routes.path"],
    ),
    here(&["server_name", "hosts", "hostname", "domain", "domains"], &["routes.host"]),
    here(
        &["client_max_body_size", "max_body_size", "body_limit"],
        &["server.limits.body", "routes.limits.body"],
    ),
    here(&["websocket", "websockets", "upgrade"], &["routes.upgrades", "server.upgrades"]),
    here(&["proxy_read_timeout", "read_timeout"], &["routes.timeout", "routes.idle"]),
    here(&["proxy_connect_timeout"], &["upstreams.timeouts.connect"]),
    here(&["return", "static_response"], &["routes.respond", "routes.redirect"]),
    here(&["set_real_ip_from", "real_ip_header", "forwarded_headers"], &["server.trusted_proxies"]),
];

const fn here(keys: &'static [&'static str], paths: &'static [&'static str]) -> Elsewhere {
    Elsewhere { keys, here: Here::Keys(paths) }
}

const fn absent(keys: &'static [&'static str], what: &'static str, help: &'static str) -> Elsewhere {
    Elsewhere { keys, here: Here::Nothing(what, help) }
}

/// What a key means that is none here; words may be joined in any way.
pub(super) fn meant(key: &str) -> Option<Here> {
    let folded = key.replace('-', "_").to_ascii_lowercase();
    let is_called = |entry: &&Entry| entry.facts.called.contains(&folded.as_str());
    if let Some(entry) = REGISTRY.iter().find(is_called) {
        return Some(Here::Middleware(entry.name));
    }
    TABLE.iter().find(|row| row.keys.contains(&folded.as_str())).map(|row| row.here)
}

impl Here {
    /// The keys that are meant, by their paths.
    pub(super) fn paths(self) -> Vec<String> {
        match self {
            Self::Keys(keys) => keys.iter().map(|key| (*key).to_owned()).collect(),
            Self::Middleware(name) => vec![format!("middleware.{name}")],
            Self::Nothing(..) => Vec::new(),
        }
    }

    /// The key of this section that is meant, if it is one of its own: then that one is not missing.
    pub(super) fn within(self, section: &ConfigPath) -> Option<&'static str> {
        let Self::Keys(keys) = self else { return None };
        let section = section.as_str().split(['[', ']']).step_by(2).collect::<String>();
        let own = keys.iter().filter_map(|key| key.rsplit_once('.')).find(|(home, _)| *home == section);
        own.map(|(_, key)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::{Here, REGISTRY, TABLE};
    use crate::language::Section;
    use crate::language::gateway::Gateway;
    use std::collections::BTreeSet;

    #[test]
    fn a_row_is_of_what_is_not_there_and_leads_to_what_is() {
        let mut paths = BTreeSet::new();
        Gateway::META.each(|at, key| {
            paths.insert(at.key(key.name).to_string());
        });
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for key in REGISTRY.iter().flat_map(|entry| entry.facts.called) {
            assert!(seen.insert(key), "`{key}` is in two rows");
            assert!(
                !paths.iter().any(|path| path == key || path.ends_with(&format!(".{key}"))),
                "`{key}` is there"
            );
        }
        for row in TABLE {
            for key in row.keys {
                assert!(seen.insert(*key), "`{key}` is in two rows");
            }
            match row.here {
                Here::Keys(keys) => {
                    for key in keys {
                        let is_there = paths.iter().any(|path| path.replace("[]", "") == *key || path == key);
                        assert!(is_there, "`{key}` is no key: {paths:#?}");
                    }
                }
                Here::Middleware(name) => assert!(paths.contains(&format!("middleware.{name}")), "{name}"),
                Here::Nothing(what, _) => {
                    for key in row.keys {
                        let is_there =
                            paths.iter().any(|path| path == key || path.ends_with(&format!(".{key}")));
                        assert!(!is_there, "`{key}` is there: {what}");
                    }
                }
            }
        }
    }
}
