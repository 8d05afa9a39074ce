//! One judge for all entries: what the backend has got is exactly one request for each answer that came from it, and nothing that
//! anybody could read in another way.

use std::collections::BTreeMap;

use super::recorder::{FORGED, Recorded};
use super::strict::{self, Not, Parsed};

/// What ends at the gateway, or is the gateway's word alone (RFC 9110 section 7.6.1).
const NEVER: [&str; 11] = [
    "keep-alive",
    "proxy-connection",
    "trailer",
    "http2-settings",
    "proxy-authorization",
    "forwarded",
    "x-real-ip",
    "true-client-ip",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-user",
];

/// What the gateway says itself, once.
const ONCE: [&str; 5] = ["host", "via", "x-request-id", "x-forwarded-for", "x-forwarded-proto"];

/// What no trailer may say (RFC 9110 section 6.5.1).
const NEVER_IN_TRAILERS: [&str; 8] = [
    "host",
    "content-length",
    "transfer-encoding",
    "authorization",
    "cookie",
    "content-type",
    "connection",
    "x-request-id",
];

/// What the backend has got.
#[derive(Debug, Default)]
pub(crate) struct Got {
    /// By their ids.
    pub(crate) requests: BTreeMap<String, Parsed>,
    /// Connections whose last request is not whole, and that are open.
    pub(crate) unfinished: usize,
    /// And whose they are, by their ids.
    pub(crate) faults: Vec<(String, String)>,
    /// What only the entries as they are must not bring about, by the names that they use.
    pub(crate) slips: Vec<(String, String)>,
}

/// Reads everything again.
pub(crate) fn read(connections: &[Recorded]) -> Got {
    let mut got = Got::default();
    for connection in connections {
        let mut rest = connection.bytes.as_slice();
        while !rest.is_empty() {
            let shown = String::from_utf8_lossy(&rest[..rest.len().min(400)]).into_owned();
            let mut fault =
                |id: &str, what: &str| got.faults.push((id.to_owned(), format!("{what}: {shown:?}")));
            let id = match strict::request(rest) {
                Ok(parsed) => {
                    rest = &rest[parsed.length..];
                    let id = parsed.all("x-request-id").concat();
                    faults(&parsed).for_each(|what| fault(&id, &what));
                    if got.requests.insert(id.clone(), parsed).is_some() {
                        fault(&id, "a second request of this id");
                    }
                    id
                }
                Err(not) => {
                    rest = &[];
                    match not {
                        Not::Yet => got.unfinished += usize::from(!connection.is_closed),
                        Not::Request(why) => fault("", &format!("no request, {why}")),
                    }
                    String::new()
                }
            };
            let is_hidden = shown.split("\r\n").next().unwrap_or_default().contains("smuggled");
            // The entries nominate fields of this name.
            let is_nominated = shown.to_ascii_lowercase().contains("\r\nx-hop");
            if is_hidden || is_nominated {
                got.slips.push((id, format!("a hidden request came out, or a nominated field: {shown:?}")));
            }
        }
    }
    got
}

/// Each answer of the backend belongs to one request, and each whole request to one answer, or to a client that has left.
pub(crate) fn match_up(
    got: &Got,
    answered: &BTreeMap<String, String>,
    has_left: impl Fn(&str) -> bool,
) -> Vec<String> {
    let missing = answered.iter().filter(|(id, _)| !got.requests.contains_key(*id));
    let missing =
        missing.map(|(id, place)| format!("{place}: the backend never got {id:?}, which it answered"));
    let is_forged = |request: &Parsed| FORGED.contains(&request.target.as_str());
    let orphans = got.requests.iter().filter(|(id, _)| !answered.contains_key(*id) && !has_left(id));
    let orphans = orphans.filter(|(_, request)| !is_forged(request));
    let orphans = orphans.map(|(_, request)| format!("nobody got the answer to {request:?}"));
    missing.chain(orphans).collect()
}

fn faults(request: &Parsed) -> impl Iterator<Item = String> {
    let mut faults = Vec::new();
    for name in NEVER {
        if !request.all(name).is_empty() {
            faults.push(format!("`{name}` went on"));
        }
    }
    for name in ONCE {
        if request.all(name).len() != 1 {
            faults.push(format!("`{name}` is there {} times", request.all(name).len()));
        }
    }
    // HTTP/1.0 may have no host, of which nothing is said then.
    if request.all("x-forwarded-host").len() > 1 {
        faults.push("`x-forwarded-host` is there twice".to_owned());
    }
    let said = ["x-forwarded-for", "x-forwarded-proto"].map(|name| request.all(name).concat());
    if said != ["127.0.0.1", "http"] {
        faults.push(format!("said of the client: {said:?}"));
    }
    let host = request.all("host").concat();
    if host.is_empty() || host.contains(['/', '?', '#', '@', ',', ' ', '\\', '%']) {
        faults.push(format!("the host {host:?}"));
    }
    // The gateway makes these anew: it takes trailers, and says so to the next hop (RFC 9110 section 10.1.4); it asks for a
    // WebSocket where it was asked for one (section 7.8), with a GET that has no body; and it asks before it sends a body if it was
    // asked to (section 10.1.1).
    let has_body = ["content-length", "transfer-encoding"].iter().any(|name| !request.all(name).is_empty());
    let hop = ["te", "upgrade", "connection"].map(|name| request.all(name));
    match [&hop[0][..], &hop[1][..], &hop[2][..]] {
        [[], [], [] | ["keep-alive"]] | [["trailers"], [], ["te"]] => {}
        [[], ["websocket"], ["Upgrade"]] if request.method == "GET" && request.body.is_empty() => {}
        hop => faults.push(format!("`te`, `upgrade` and `connection`: {hop:?}")),
    }
    if !matches!((request.all("expect").as_slice(), has_body), ([], _) | (["100-continue"], true)) {
        faults.push("`expect` went on".to_owned());
    }
    for (name, _) in &request.fields {
        if name.contains('_') {
            faults.push(format!("`{name}` went on"));
        }
    }
    for (name, _) in &request.trailers {
        if NEVER_IN_TRAILERS.contains(&name.as_str()) || name.starts_with("x-forwarded") || name.contains('_')
        {
            faults.push(format!("a trailer `{name}`"));
        }
    }
    faults.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "GET /a HTTP/1.1\r\nHost: a\r\nVia: 1.1 x\r\nX-Request-ID: 1\r\nX-Forwarded-For: 127.0.0.1\r\n\
                        X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n\r\n";

    fn judged(texts: &[&str]) -> Got {
        let recorded = |text: &&str| Recorded { bytes: text.as_bytes().to_vec(), is_closed: false };
        read(&texts.iter().map(recorded).collect::<Vec<_>>())
    }

    #[test]
    fn a_good_request_is_not_objected_to() {
        let got = judged(&[GOOD]);
        assert_eq!((got.faults, got.requests.len(), got.unfinished), (vec![], 1, 0));
    }

    #[test]
    fn everything_else_is() {
        for (from, to) in [
            ("Host: a", "Host: a\r\nHost: a"),
            ("Host: a", "Host: a/b"),
            ("Host: a", "Host: a\r\nTE: trailers"),
            ("Host: a", "Host: a\r\nTE: gzip\r\nConnection: te"),
            ("Host: a", "Host: a\r\nExpect: 100-continue"),
            ("Host: a", "Host: a\r\nX_Under: a"),
            ("Host: a", "Host: a\r\nConnection: upgrade"),
            ("Host: a", "Host: a\r\nUpgrade: websocket"),
            ("Host: a", "Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c"),
            ("Host: a", "Host: a\r\nX-Hop: a"),
            ("127.0.0.1", "192.0.2.1"),
            ("/a", "/smuggled"),
            ("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: a\r\n\r\n"),
        ] {
            let got = judged(&[&GOOD.replacen(from, to, 1)]);
            assert_eq!(got.faults.len() + got.slips.len(), 1, "{to:?}: {got:?}");
        }
        let again = format!("{GOOD}{GOOD}");
        assert_eq!(judged(&[&again]).faults.len(), 1);
        assert_eq!(judged(&[&format!("{GOOD}rest")]).unfinished, 1);
        assert_eq!(match_up(&judged(&[GOOD]), &BTreeMap::new(), |_| false).len(), 1);
        let of_another = BTreeMap::from([("1".to_owned(), "a".to_owned()), ("2".to_owned(), "b".to_owned())]);
        assert_eq!(match_up(&judged(&[GOOD]), &of_another, |_| false).len(), 1);
    }
}
