//! Whether a place that a backend names is its own.

use castgate_contract::host;
use castgate_contract::redirect::Scheme;

/// A place of the backend's own.
pub(super) struct Place<'t> {
    /// Of a URL with a host: by which scheme, at least; `//host` leaves it open. A path has none.
    pub(super) scheme: Option<Scheme>,
    /// The path, and what follows it; may be empty behind a host.
    pub(super) path: &'t str,
}

/// What a reference names if it is a path, or a URL of one of these hosts; `None` if it leads elsewhere, or is relative, which
/// is read as it is from the client's path.
pub(super) fn own_path<'t>(text: &'t str, own: [Option<&[u8]>; 2]) -> Option<Place<'t>> {
    if text.starts_with('/') && !text.starts_with("//") {
        return Some(Place { scheme: None, path: text });
    }
    let (scheme, rest) = match text.strip_prefix("//") {
        Some(rest) => (Scheme::Http, rest),
        None => {
            let (scheme, rest) = text.split_once("://")?;
            (Scheme::read(scheme.as_bytes())?, rest)
        }
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let is_same = |own: &[u8]| {
        let name = |of| host::name(of);
        let port = |of| host::port(of).unwrap_or(scheme.default_port());
        let authority = authority.as_bytes();
        // A user's name, or a port that is none, is no host of anybody's.
        let is_plain = authority.len() == name(authority).len()
            || host::port(authority).is_some() && !authority.contains(&b'@');
        is_plain && name(own).eq_ignore_ascii_case(name(authority)) && port(own) == port(authority)
    };
    own.into_iter().flatten().any(is_same).then_some(Place { scheme: Some(scheme), path })
}
