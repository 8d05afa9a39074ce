//! Where a redirect sends a client that may be one of many.

use super::search::Underway;
use super::tables::Tables;
use super::template::{self, Atom, Known, Path};
use crate::model::{Part, Piece, RequestText, Source};
use crate::pattern::HostPattern;
use castgate_contract::redirect::{Parts, Scheme};

/// Where a client is sent: what is not another's.
pub(super) struct Place {
    pub(super) table: usize,
    pub(super) host: Option<HostPattern>,
    pub(super) scheme: Option<Scheme>,
    pub(super) path: Path,
}

/// Where a template leads.
pub(super) fn of_template(
    tables: &Tables<'_, '_>,
    text: &RequestText,
    at: &Underway<'_>,
    known: &Known<'_>,
) -> Option<Place> {
    let (origin, target) = split(&text.parts);
    let (table, host, scheme) = match origin {
        Some(origin) => {
            let scheme = origin.scheme.or(at.scheme);
            let (host, port) = origin.authority(known);
            let table = match port {
                Port::Asked => at.table,
                Port::Written(_) | Port::Default => reached(tables, at, scheme, port.written())?,
            };
            let host = match host {
                Host::Asked => at.host.clone(),
                Host::Of(pattern) => Some(pattern),
                Host::Nobodys => return None,
            };
            (table, host, scheme)
        }
        None => (at.table, at.host.clone(), at.scheme),
    };
    let mut atoms = template::render(&target, known);
    if !matches!(atoms.first(), Some(Atom::Text(text)) if text.starts_with('/')) {
        // Of an URL without a path, it is the root.
        atoms.insert(0, Atom::Text("/".to_owned()));
    }
    Some(Place { table, host, scheme, path: template::split(atoms) })
}

/// What a whole URL begins with.
struct Origin {
    /// `None`: the one that was asked.
    scheme: Option<Scheme>,
    authority: Vec<Part>,
}

enum Port {
    Written(u16),
    Asked,
    Default,
}

impl Port {
    fn written(&self) -> Option<u16> {
        match self {
            Self::Written(port) => Some(*port),
            Self::Asked | Self::Default => None,
        }
    }
}

enum Host {
    Asked,
    Of(HostPattern),
    /// No route can be about it.
    Nobodys,
}

/// What is in front of a path, and the rest.
fn split(parts: &[Part]) -> (Option<Origin>, Vec<Part>) {
    let text = |text: &str| Part::Late(Piece::Literal(text.to_owned()));
    let (scheme, first, rest) = match parts {
        [Part::Late(Piece::Literal(first)), rest @ ..] => {
            let Some((scheme, first)) = first.split_once("://") else { return (None, parts.to_vec()) };
            (Scheme::read(scheme.as_bytes()), first, rest)
        }
        [Part::Request(Source::Scheme), Part::Late(Piece::Literal(first)), rest @ ..] => {
            (None, first.trim_start_matches("://"), rest)
        }
        _ => return (None, parts.to_vec()),
    };
    let mut authority = Vec::new();
    let all: Vec<Part> = std::iter::once(text(first)).chain(rest.iter().cloned()).collect();
    for (number, part) in all.iter().enumerate() {
        let end = match part {
            Part::Late(Piece::Literal(literal)) => literal.find(['/', '?']),
            Part::Late(_) => None,
            Part::Request(source) => (*source == Source::Path).then_some(0),
        };
        let Some(end) = end else {
            authority.push(part.clone());
            continue;
        };
        let behind = all[number + 1..].iter().cloned();
        let here = match part {
            Part::Late(Piece::Literal(literal)) => {
                authority.push(text(&literal[..end]));
                text(&literal[end..])
            }
            other => other.clone(),
        };
        return (Some(Origin { scheme, authority }), std::iter::once(here).chain(behind).collect());
    }
    (Some(Origin { scheme, authority }), Vec::new())
}

impl Origin {
    fn authority(&self, known: &Known<'_>) -> (Host, Port) {
        let mut written = String::new();
        for part in &self.authority {
            match part {
                Part::Late(Piece::Literal(text)) => written.push_str(text),
                Part::Request(Source::Label { .. }) => match &known.label {
                    Atom::Text(label) => written.push_str(label),
                    Atom::Unknown(_) => written.push_str("{label}"),
                },
                Part::Request(source) => written.extend(["{", &source.to_string(), "}"]),
                Part::Late(_) => {}
            }
        }
        let (host, port) = match written.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                (host, port.parse().map_or(Port::Asked, Port::Written))
            }
            _ => (written.as_str(), Port::Default),
        };
        let host = match host {
            "{request.host}" => Host::Asked,
            // Whichever it is, some route may be about it.
            host if host.contains("{request") || host.rfind('{').is_some_and(|brace| brace > 0) => {
                Host::Of(HostPattern::Any)
            }
            host => HostPattern::parse(host).map_or(Host::Nobodys, Host::Of),
        };
        (host, port)
    }
}

/// Where parts lead.
pub(super) fn of_parts(tables: &Tables<'_, '_>, parts: &Parts<String>, at: &Underway<'_>) -> Option<Place> {
    let table = match (parts.scheme, parts.port) {
        (None, None) => at.table,
        (scheme, port) => reached(tables, at, scheme.or(at.scheme), port)?,
    };
    let host = match &parts.host {
        Some(host) => Some(HostPattern::parse(host).ok()?),
        None => at.host.clone(),
    };
    let path = match &parts.prefix {
        Some(prefix) => template::with_prefix(prefix, &at.path),
        None => at.path.clone(),
    };
    Some(Place { table, host, scheme: parts.scheme.or(at.scheme), path })
}

/// The table of who is sent to this port; of a scheme that is not known, of either.
fn reached(
    tables: &Tables<'_, '_>,
    at: &Underway<'_>,
    scheme: Option<Scheme>,
    port: Option<u16>,
) -> Option<usize> {
    let schemes = scheme.map_or(vec![Scheme::Http, Scheme::Https], |scheme| vec![scheme]);
    schemes.into_iter().find_map(|scheme| tables.reached(at.table, scheme, port))
}
