//! A request's fields at the gate (RFC 9110 section 7.6). What ends at this hop is taken out here, ahead of every
//! middleware, and what the gateway has to say of the client is put in. What comes later is ours, and is never
//! filtered: a client cannot take away or forge what it is not asked about.

use http::{HeaderMap, HeaderName, HeaderValue, Version};

use super::host::is_host;
use super::identity::is_identity;
use super::kind::{CHUNKED, FOR, HOP, HOST, IS_FOLDED, Kind, PROTO, WRITTEN, kind};
use super::via::passes;
use crate::context::Withheld;
use crate::error::Reason;
use crate::introduction::Introduction;
use crate::server::Peer;

/// What was found in one pass over a request's fields.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) host: Option<HeaderValue>,
    /// The fields of [`HOP`] that are there, a bit each.
    hop: u16,
    /// The fields of [`WRITTEN`] that are there, a bit each.
    written: u8,
    /// How often it has come through this gateway, by what it says.
    pub(super) passes: usize,
    /// Almost always none.
    rare: Option<Box<Rare>>,
}

/// Names that a request seldom has.
#[derive(Debug, Default)]
struct Rare {
    /// What else ends here: nominated by `Connection`, or by the name.
    ended: Vec<HeaderName>,
    /// What somebody sent who has no say in it.
    forged: Vec<HeaderName>,
}

impl Findings {
    /// Looks at every field, and refuses what has no one meaning.
    pub(super) fn of(headers: &HeaderMap, trusted: bool) -> Result<Self, Reason> {
        let mut found = Self::default();
        for (name, value) in headers {
            match kind(name.as_str()) {
                Kind::Host => {
                    if found.host.is_some() || !is_host(value.as_bytes()) {
                        return Err(Reason::BadRequest);
                    }
                    found.host = Some(value.clone());
                }
                Kind::Connection => {
                    found.hop |= 1;
                    found.nominate(value)?;
                }
                // The codec takes `chunked` alone.
                Kind::TransferEncoding => found.hop |= CHUNKED,
                Kind::Expect => {
                    // The only expectation there is (RFC 9110 section 10.1.1).
                    if !value.as_bytes().eq_ignore_ascii_case(b"100-continue") {
                        return Err(Reason::BadRequest);
                    }
                    found.hop |= 1 << 8;
                }
                Kind::Hop(place) => found.hop |= 1 << place,
                Kind::ProxyAuthorization => found.rare().ended.push(name.clone()),
                Kind::Written(bit) => found.written |= bit,
                Kind::Via => found.passes += passes(value.as_bytes()),
                Kind::Identity if !trusted => found.rare().forged.push(name.clone()),
                // A backend that makes variables of names (CGI) would take `x_real.ip` for `x-real-ip`.
                Kind::EndToEnd | Kind::Identity => {
                    if name.as_str().bytes().any(|byte| IS_FOLDED[usize::from(byte)]) {
                        found.fold(name, trusted);
                    }
                }
            }
        }
        Ok(found)
    }

    #[cold]
    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// An underscore may be a hyphen to the backend; other characters are in use, and only what they could hide counts.
    #[cold]
    fn fold(&mut self, name: &HeaderName, trusted: bool) {
        let folded: String =
            name.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let forged = !trusted && is_identity(&folded);
        let is_framing = folded == "content-length";
        if forged || is_framing || name.as_str().contains('_') || kind(&folded) != Kind::EndToEnd {
            let rare = self.rare();
            if forged { &mut rare.forged } else { &mut rare.ended }.push(name.clone());
        }
    }

    /// Notes what a line of `Connection` names. It may name only what is the hop's own: whoever names an end-to-end
    /// field wants it to vanish on the way.
    fn nominate(&mut self, line: &HeaderValue) -> Result<(), Reason> {
        if is_usual(line.as_bytes()) {
            return Ok(());
        }
        let line = line.to_str().map_err(|_| Reason::BadRequest)?;
        for token in line.split(',').map(str::trim).filter(|token| !is_usual(token.as_bytes())) {
            let name = HeaderName::from_bytes(token.as_bytes()).map_err(|_| Reason::BadRequest)?;
            if !may_be_nominated(name.as_str()) {
                return Err(Reason::BadRequest);
            }
            self.rare().ended.push(name);
        }
        Ok(())
    }

    /// Takes out what is forged, and what the gateway says itself in its place.
    pub(super) fn introduce(
        &mut self,
        headers: &mut HeaderMap,
        peer: &Peer,
        version: Version,
    ) -> Result<Introduction, Reason> {
        let trusted = peer.is_trusted_proxy();
        let forwarded_for =
            if trusted && self.written & FOR != 0 { Some(append_peer(headers, peer)?) } else { peer.value() };
        // A trusted proxy's list of addresses is part of ours now; what else it says stands.
        let replaced = if trusted { self.written & FOR } else { self.written };
        if replaced != 0 {
            let names = WRITTEN.iter().enumerate().filter(|(place, _)| replaced & 1 << place != 0);
            names.for_each(|(_, name)| drop(headers.remove(name)));
        }
        let kept = self.written & !replaced;
        Ok(Introduction {
            forwarded_for,
            says_proto: kept & PROTO == 0,
            says_host: kept & HOST == 0,
            host: self.host.take(),
            via: Introduction::name(peer.worker().settings().via, version),
        })
    }

    /// Takes out what somebody sent who has no say in it.
    pub(super) fn unmask(&self, headers: &mut HeaderMap) -> Option<Box<Withheld>> {
        let forged = self.rare.as_ref().map(|rare| &rare.forged).filter(|forged| !forged.is_empty())?;
        let mut withheld = Box::<Withheld>::default();
        forged.iter().for_each(|name| take(headers, name, &mut withheld.forged));
        Some(withheld)
    }

    /// Takes out what ends at this hop. The hop itself may still read it: `withheld` gets what is of use to anybody.
    #[inline]
    pub(super) fn end_hop(&self, headers: &mut HeaderMap, withheld: &mut Option<Box<Withheld>>) {
        let mut hop = self.hop;
        while hop != 0 {
            headers.remove(&HOP[hop.trailing_zeros() as usize]);
            hop &= hop - 1;
        }
        if let Some(rare) = &self.rare
            && !rare.ended.is_empty()
        {
            let ended = &mut withheld.get_or_insert_default().ended;
            rare.ended.iter().for_each(|name| take(headers, name, ended));
        }
    }
}

/// Takes out of a request that is refused what somebody has sent who has no say in it: values of the request may still look at it.
#[cold]
pub(super) fn disown(headers: &mut HeaderMap) {
    let is_said = |name: &&HeaderName| matches!(kind(name.as_str()), Kind::Written(_) | Kind::Identity);
    let said: Vec<HeaderName> = headers.keys().filter(is_said).cloned().collect();
    said.iter().for_each(|name| drop(headers.remove(name)));
}

/// Moves all lines of a field.
fn take(from: &mut HeaderMap, name: &HeaderName, to: &mut HeaderMap) {
    for value in from.get_all(name) {
        to.append(name, value.clone());
    }
    from.remove(name);
}

/// A trusted peer's list, all lines in order, with the peer at its end if it has an address.
fn append_peer(headers: &HeaderMap, peer: &Peer) -> Result<HeaderValue, Reason> {
    let mut list = Vec::new();
    let own = peer.value();
    for line in headers.get_all(&WRITTEN[0]).iter().chain(&own) {
        if !list.is_empty() {
            list.extend_from_slice(b", ");
        }
        list.extend_from_slice(line.as_bytes());
    }
    HeaderValue::from_bytes(&list).map_err(|_| Reason::BadRequest)
}

/// What almost every `Connection` says; it names no field that would pass.
fn is_usual(token: &[u8]) -> bool {
    token.is_empty() || token.eq_ignore_ascii_case(b"keep-alive") || token.eq_ignore_ascii_case(b"close")
}

/// Everything that says what the message is, for whom, from whom, or by which way it came is end to end.
fn may_be_nominated(name: &str) -> bool {
    let is_end_to_end = matches!(
        name,
        "host"
            | "authorization"
            | "cookie"
            | "via"
            | "x-request-id"
            | "x-api-key"
            | "cache-control"
            | "range"
    );
    !is_end_to_end && !name.starts_with("content-") && !is_identity(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    /// The names that are left, and those that are withheld.
    fn ended(headers: &HeaderMap, trusted: bool) -> (Vec<String>, Vec<String>) {
        let mut headers = headers.clone();
        let found = Findings::of(&headers, trusted).unwrap();
        let mut withheld = None;
        found.end_hop(&mut headers, &mut withheld);
        let names = |headers: &HeaderMap| headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        (names(&headers), withheld.map(|withheld| names(&withheld.ended)).unwrap_or_default())
    }

    #[test]
    fn each_hop_by_hop_field_has_its_place() {
        for (place, name) in HOP.iter().enumerate() {
            let value = match name.as_str() {
                "transfer-encoding" => "chunked",
                "expect" => "100-continue",
                _ => "close",
            };
            let found = Findings::of(&fields(&[(name.as_str().to_owned().leak(), value)]), false).unwrap();
            assert_eq!(found.hop, 1 << place, "{name}");
        }
    }

    #[test]
    fn hop_by_hop_and_nominated_fields_end_here() {
        let headers = fields(&[
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("x-hop", "2"),
            ("te", "trailers"),
            ("upgrade", "x"),
            ("proxy-authorization", "x"),
            ("api_key", "k"),
            ("accept", "x"),
            ("authorization", "x"),
            ("via", "1.1 x"),
        ]);
        let (mut left, mut withheld) = ended(&headers, false);
        left.sort();
        withheld.sort();
        assert_eq!(left, ["accept", "authorization", "via"]);
        assert_eq!(withheld, ["api_key", "proxy-authorization", "x-hop"]);
    }

    #[test]
    fn the_usual_request_is_left_alone_and_needs_no_memory() {
        let headers =
            fields(&[("host", "a"), ("user-agent", "x"), ("accept", "*/*"), ("content-length", "2")]);
        let found = Findings::of(&headers, false).unwrap();
        assert!(found.host.is_some() && found.hop == 0 && found.rare.is_none());
    }

    #[test]
    fn an_underscore_does_not_hide_a_proxy_s_word() {
        let headers = fields(&[("x_forwarded_user", "a"), ("x-ssl_client_cert", "b"), ("x_tenant", "c")]);
        let found = Findings::of(&headers, false).unwrap();
        let counts = |found: Findings| found.rare.map(|rare| (rare.forged.len(), rare.ended.len()));
        assert_eq!(counts(found), Some((2, 1)));
        let found = Findings::of(&headers, true).unwrap();
        assert_eq!(counts(found), Some((0, 3)));
    }

    #[test]
    fn nor_does_any_other_character() {
        let headers = fields(&[
            ("x.real.ip", "a"),
            ("x!forwarded~for", "b"),
            ("transfer|encoding", "c"),
            ("content.length", "3"),
            ("x.tenant", "d"),
            ("a*b", "e"),
        ]);
        let counts = |found: Findings| found.rare.map(|rare| (rare.forged.len(), rare.ended.len()));
        assert_eq!(counts(Findings::of(&headers, false).unwrap()), Some((2, 2)));
        assert_eq!(counts(Findings::of(&headers, true).unwrap()), Some((0, 4)));
    }

    #[test]
    fn end_to_end_fields_cannot_be_nominated_away() {
        for token in [
            "authorization",
            "x-forwarded-for",
            "X-Forwarded-Anything",
            "X-Real-IP",
            "keep-alive, Host",
            "Content-Encoding",
            "x-envoy-original-path",
            "a b",
        ] {
            let found = Findings::of(&fields(&[("connection", token)]), true);
            assert_eq!(found.err(), Some(Reason::BadRequest), "{token} was accepted");
        }
    }
}
