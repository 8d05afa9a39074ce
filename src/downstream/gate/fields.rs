//! A request's fields at the gate (RFC 9110 section 7.6). What ends at this hop is taken out here, ahead of every
//! middleware, and what the gateway has to say of the client is put in. What comes later is ours, and is never
//! filtered: a client cannot take away or forge what it is not asked about.

use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderValue, Version};

use super::via::passes;
use crate::error::Reason;
use crate::exchange::{Peer, Withheld};
use crate::fields::{Classes, Field, Fields, Known, Nominated, is_usual};
use crate::host::is_host;
use crate::introduction::Introduction;

/// What was found in one pass over a request's fields.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) host: Option<Bytes>,
    /// How often it has come through this gateway, by what it says.
    pub(super) passes: usize,
    /// Almost always none.
    rare: Option<Box<Rare>>,
}

/// What a request seldom has.
#[derive(Debug, Default)]
struct Rare {
    /// What `Connection` names.
    nominated: Nominated,
    /// Something ends here by its name, and somebody may still ask for it.
    has_ended: bool,
    /// Somebody sent what he has no say in.
    has_forged: bool,
}

/// What becomes of a field by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    GoesOn,
    /// It ends here.
    Ends,
    /// It is a proxy's word of somebody who is not trusted.
    Forged,
}

/// What says something to the gate by more than its being there; almost no field does.
const LOOKED_AT: Classes = Classes::one(Known::Host)
    .and(Classes::one(Known::Connection))
    .and(Classes::one(Known::Expect))
    .and(Classes::one(Known::Via))
    .and(Classes::one(Known::ProxyAuthorization))
    .and(Classes::one(Known::Identity))
    .and(Classes::one(Known::Ambiguous));

impl Findings {
    /// Looks at every field, and refuses what has no one meaning.
    pub(super) fn of(fields: &Fields, trusted: bool) -> Result<Self, Reason> {
        let mut found = Self::default();
        for (known, field) in fields.classes() {
            if LOOKED_AT.has(known) {
                found.note(fields, &field(), trusted)?;
            }
        }
        Ok(found)
    }

    fn note(&mut self, fields: &Fields, field: &Field<'_>, trusted: bool) -> Result<(), Reason> {
        let value = field.value();
        match field.known() {
            Known::Host => {
                if self.host.is_some() || !is_host(value) {
                    return Err(Reason::BadRequest);
                }
                self.host = Some(fields.share(value));
            }
            Known::Connection => self.nominate(value)?,
            // The only expectation there is (RFC 9110 section 10.1.1).
            Known::Expect if !value.eq_ignore_ascii_case(b"100-continue") => return Err(Reason::BadRequest),
            Known::Via => self.passes += passes(value),
            Known::ProxyAuthorization | Known::Identity | Known::Ambiguous => match fate(field, trusted) {
                Fate::GoesOn => {}
                Fate::Ends => self.rare().has_ended = true,
                Fate::Forged => self.rare().has_forged = true,
            },
            _ => {}
        }
        Ok(())
    }

    #[cold]
    fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Notes what a line of `Connection` names. It may name only what is the hop's own: whoever names an end-to-end
    /// field wants it to vanish on the way.
    fn nominate(&mut self, line: &[u8]) -> Result<(), Reason> {
        if is_usual(line) {
            return Ok(());
        }
        let tokens = line.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        for token in tokens.filter(|token| !is_usual(token)) {
            let is_name = http::HeaderName::from_bytes(token).is_ok();
            if !is_name || !Known::of(token).may_be_nominated() {
                return Err(Reason::BadRequest);
            }
            self.rare().nominated.add(token).map_err(|_| Reason::BadRequest)?;
        }
        Ok(())
    }

    /// Takes out what is forged, and what the gateway says itself in its place.
    pub(super) fn introduce(
        &mut self,
        fields: &mut Fields,
        peer: &Peer,
        version: Version,
    ) -> Result<Introduction, Reason> {
        let trusted = peer.is_trusted_proxy();
        let has_for = fields.has(Known::ForwardedFor);
        let [says_proto, says_host] =
            [Known::ForwardedProto, Known::ForwardedHost].map(|known| !(trusted && fields.has(known)));
        let forwarded_for = if trusted && has_for { Some(append_peer(fields, peer)?) } else { peer.value() };
        // A trusted proxy's list of addresses is part of ours now; what else it says stands.
        fields.remove_all(if trusted { Classes::one(Known::ForwardedFor) } else { Classes::WRITTEN });
        Ok(Introduction {
            forwarded_for,
            proto: says_proto.then(|| peer.scheme()),
            says_host,
            host: self.host.take(),
            via: Introduction::name(peer.worker().settings().via, version),
        })
    }

    /// Takes out what somebody sent who has no say in it.
    pub(super) fn unmask(&self, fields: &mut Fields) -> Option<Box<Withheld>> {
        self.rare.as_ref().filter(|rare| rare.has_forged)?;
        let mut withheld = Box::<Withheld>::default();
        fields.move_to(&mut withheld.forged, |field| fate(field, false) == Fate::Forged);
        Some(withheld)
    }

    /// Takes out what ends at this hop. The hop itself may still read it: `withheld` gets what is of use to anybody.
    #[inline]
    pub(super) fn end_hop(&self, fields: &mut Fields, withheld: &mut Option<Box<Withheld>>) {
        fields.remove_all(Classes::ENDS_IN_REQUESTS);
        if let Some(rare) = &self.rare
            && (rare.has_ended || !rare.nominated.is_empty())
        {
            let ended = &mut withheld.get_or_insert_default().ended;
            // What could be forged has been taken out, if it was.
            fields.move_to(ended, |field| fate(field, true) == Fate::Ends || rare.nominated.has(field));
        }
    }
}

/// What becomes of a field, but for one that ends with its connection.
#[cold]
fn fate(field: &Field<'_>, trusted: bool) -> Fate {
    match field.known() {
        // Credentials for this hop (RFC 9110 section 11.7.1).
        Known::ProxyAuthorization => Fate::Ends,
        Known::Identity if !trusted => Fate::Forged,
        Known::Ambiguous => fate_of_ambiguous(field.name_bytes(), trusted),
        _ => Fate::GoesOn,
    }
}

/// A backend that makes variables of names (CGI) would take `x_real.ip` for `x-real-ip`. An underscore may be a hyphen to it; other
/// characters are in use, and only what they could hide counts.
fn fate_of_ambiguous(name: &[u8], trusted: bool) -> Fate {
    let folded: Vec<u8> =
        name.iter().map(|byte| if byte.is_ascii_alphanumeric() { *byte } else { b'-' }).collect();
    let known = Known::of(&folded);
    let is_word = known.is_identity() || known.is_written();
    let ends = Classes::ENDS_IN_REQUESTS.has(known);
    let hides = is_word || ends || matches!(known, Known::Host | Known::ProxyAuthorization | Known::Via);
    match (is_word && !trusted, hides || name.contains(&b'_')) {
        (true, _) => Fate::Forged,
        (false, true) => Fate::Ends,
        (false, false) => Fate::GoesOn,
    }
}

/// Takes out of a request that is refused what somebody has sent who has no say in it: values of the request may still look at it.
#[cold]
pub(super) fn disown(fields: &mut Fields) {
    fields.remove_all(Classes::WRITTEN.and(Classes::one(Known::Identity)));
}

/// A trusted peer's list, all lines in order, with the peer at its end if it has an address.
fn append_peer(fields: &Fields, peer: &Peer) -> Result<Rc<HeaderValue>, Reason> {
    let mut list = Vec::new();
    let own = peer.value();
    for line in fields.all(Known::ForwardedFor).chain(own.as_deref().map(HeaderValue::as_bytes)) {
        if !list.is_empty() {
            list.extend_from_slice(b", ");
        }
        list.extend_from_slice(line);
    }
    HeaderValue::from_maybe_shared(Bytes::from(list)).map(Rc::new).map_err(|_| Reason::BadRequest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn fields(lines: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            fields.append(&name, &value.parse().unwrap());
        }
        fields
    }

    fn names(fields: &Fields) -> Vec<&str> {
        fields.iter().map(|field| field.name()).collect()
    }

    /// The names that are left, those that are withheld because they end here, and those that are forged.
    fn ended(lines: &[(&str, &str)], trusted: bool) -> [Vec<String>; 3] {
        let mut fields = fields(lines);
        let found = Findings::of(&fields, trusted).unwrap();
        let mut withheld = found.unmask(&mut fields);
        found.end_hop(&mut fields, &mut withheld);
        let Withheld { ended, forged } = withheld.map(|withheld| *withheld).unwrap_or_default();
        [fields, ended, forged].map(|fields| names(&fields).into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn hop_by_hop_and_nominated_fields_end_here() {
        let [left, ended, forged] = ended(
            &[
                ("connection", "close, X-Hop"),
                ("x-hop", "1"),
                ("x-hop", "2"),
                ("te", "trailers"),
                ("keep-alive", "x"),
                ("proxy-connection", "x"),
                ("trailer", "x"),
                ("transfer-encoding", "chunked"),
                ("upgrade", "x"),
                ("http2-settings", "x"),
                ("expect", "100-continue"),
                ("proxy-authorization", "x"),
                ("api_key", "k"),
                ("accept", "x"),
                ("authorization", "x"),
                ("via", "1.1 x"),
            ],
            false,
        );
        assert_eq!(left, ["accept", "authorization", "via"]);
        assert_eq!(ended, ["x-hop", "x-hop", "proxy-authorization", "api_key"]);
        assert!(forged.is_empty());
    }

    #[test]
    fn framing_is_the_body_s_and_no_field() {
        let [left, ..] = ended(&[("host", "a"), ("content-length", "2"), ("content-type", "x")], false);
        assert_eq!(left, ["host", "content-type"]);
    }

    #[test]
    fn the_usual_request_is_left_alone_and_needs_no_memory() {
        let found =
            Findings::of(&fields(&[("host", "a"), ("user-agent", "x"), ("accept", "*/*")]), false).unwrap();
        assert!(found.host.is_some() && found.rare.is_none());
    }

    #[test]
    fn an_underscore_does_not_hide_a_proxy_s_word() {
        let lines = [("x_forwarded_user", "a"), ("x-ssl_client_cert", "b"), ("x_tenant", "c")];
        let [left, others, forged] = ended(&lines, false);
        assert!(left.is_empty());
        assert_eq!(forged, ["x_forwarded_user", "x-ssl_client_cert"]);
        assert_eq!(others, ["x_tenant"]);
        let [left, others, forged] = ended(&lines, true);
        assert_eq!((left.len(), others.len(), forged.len()), (0, 3, 0));
    }

    #[test]
    fn nor_does_any_other_character() {
        let lines = [
            ("x.real.ip", "a"),
            ("x!forwarded~for", "b"),
            ("transfer|encoding", "c"),
            ("content.length", "3"),
            ("x.tenant", "d"),
            ("a*b", "e"),
        ];
        let [left, others, forged] = ended(&lines, false);
        assert_eq!(left, ["x.tenant", "a*b"]);
        assert_eq!(forged, ["x.real.ip", "x!forwarded~for"]);
        assert_eq!(others, ["transfer|encoding", "content.length"]);
        let [left, others, forged] = ended(&lines, true);
        assert_eq!((left.len(), others.len(), forged.len()), (2, 4, 0));
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
            "Repr-Digest",
            "x-envoy-original-path",
            "a b",
        ] {
            let found = Findings::of(&fields(&[("connection", token)]), true);
            assert_eq!(found.err(), Some(Reason::BadRequest), "{token} was accepted");
        }
    }

    #[test]
    fn nobody_nominates_more_than_any_request_needs() {
        let named = |count| Findings::of(&fields(&[("connection", &vec!["x-hop"; count].join(","))]), false);
        assert!(named(32).is_ok());
        assert_eq!(named(33).err(), Some(Reason::BadRequest));
    }

    #[test]
    fn what_a_refused_client_says_of_itself_is_nobody_s_word() {
        let mut fields = fields(&[("x-forwarded-for", "a"), ("x-real-ip", "b"), ("accept", "c")]);
        disown(&mut fields);
        assert_eq!(names(&fields), ["accept"]);
    }
}
