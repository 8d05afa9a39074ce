//! What the gateway says of a client to the backends: `X-Forwarded-For`, `-Proto`, `-Host` and `Via`. The gate decides it.
//! It goes into the request's fields as soon as somebody asks for one of these or changes it, and else straight into the
//! head.

use std::rc::Rc;

use bytes::Bytes;
use castgate_contract::redirect::Scheme;
use http::{HeaderName, HeaderValue, Version, header};

use crate::fields::{Fields, Known};
use crate::http1::encode::field;

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

static HTTP: HeaderValue = HeaderValue::from_static("http");
static HTTPS: HeaderValue = HeaderValue::from_static("https");
static VIA: HeaderValue = HeaderValue::from_static("1.1 castgate");
static VIA_NEW: HeaderValue = HeaderValue::from_static("2.0 castgate");
static VIA_OLD: HeaderValue = HeaderValue::from_static("1.0 castgate");

/// What the gateway calls itself in `Via`.
pub(crate) const PSEUDONYM: &str = "castgate";

/// `server.via`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// `Via` says that a request has come through this gateway.
    On,
    /// It does not.
    Off,
}

/// What is said of one request's client.
#[derive(Debug)]
pub struct Introduction {
    /// Nothing, if nobody in front of the gateway has an address.
    pub(crate) forwarded_for: Option<Rc<HeaderValue>>,
    /// `X-Forwarded-Proto`, if it is ours to say.
    pub(crate) proto: Option<Scheme>,
    /// `X-Forwarded-Host` is ours to say.
    pub(crate) says_host: bool,
    /// The request's own Host.
    pub(crate) host: Option<Bytes>,
    /// How the gateway names itself, if it does.
    pub(crate) via: Option<&'static HeaderValue>,
}

impl Introduction {
    /// Whether a field, by its lower-case name, is one of those that an introduction is made of.
    pub(crate) const fn has(name: &str) -> bool {
        matches!(name.as_bytes(), b"via" | b"x-forwarded-for" | b"x-forwarded-proto" | b"x-forwarded-host")
    }

    /// What it says in a field.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        match Known::of(name.as_bytes()) {
            Known::ForwardedFor => self.forwarded_for.as_deref().map(HeaderValue::as_bytes),
            Known::ForwardedProto => self.proto.map(|scheme| proto(scheme).as_bytes()),
            Known::ForwardedHost => self.said_host(),
            Known::Via => self.via.map(HeaderValue::as_bytes),
            _ => None,
        }
    }

    fn said_host(&self) -> Option<&[u8]> {
        self.host.as_deref().filter(|_| self.says_host)
    }

    /// Puts it into a request's fields.
    pub(crate) fn put_into(self, fields: &mut Fields) {
        if let Some(via) = self.via {
            fields.append(&header::VIA, via);
        }
        if let Some(list) = &self.forwarded_for {
            fields.insert(&FORWARDED_FOR, list);
        }
        if let Some(scheme) = self.proto {
            fields.insert(&FORWARDED_PROTO, proto(scheme));
        }
        // It was a field's value when it came.
        if let Some(Ok(host)) = self.host.filter(|_| self.says_host).map(HeaderValue::from_maybe_shared) {
            fields.insert(&FORWARDED_HOST, &host);
        }
    }

    /// Appends its lines to a head, behind all others.
    pub(crate) fn write(&self, head: &mut Vec<u8>) {
        if let Some(list) = &self.forwarded_for {
            field(head, "x-forwarded-for", list.as_bytes());
        }
        match self.proto {
            Some(Scheme::Http) => head.extend_from_slice(b"x-forwarded-proto: http\r\n"),
            Some(Scheme::Https) => head.extend_from_slice(b"x-forwarded-proto: https\r\n"),
            None => {}
        }
        if let Some(host) = self.said_host() {
            field(head, "x-forwarded-host", host);
        }
        if let Some(via) = self.via {
            field(head, "via", via.as_bytes());
        }
    }

    /// The gateway's name, for a request of this version (RFC 9110 section 7.6.3 wants it as it came).
    pub(crate) fn name(via: Via, version: Version) -> Option<&'static HeaderValue> {
        match (via, version) {
            (Via::Off, _) => None,
            (Via::On, Version::HTTP_10) => Some(&VIA_OLD),
            (Via::On, Version::HTTP_2) => Some(&VIA_NEW),
            (Via::On, _) => Some(&VIA),
        }
    }
}

fn proto(scheme: Scheme) -> &'static HeaderValue {
    match scheme {
        Scheme::Http => &HTTP,
        Scheme::Https => &HTTPS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_tell_it_says_the_same() {
        for (proto, says_host, via, version) in [
            (Some(Scheme::Http), true, Via::On, Version::HTTP_11),
            (None, true, Via::On, Version::HTTP_10),
            (Some(Scheme::Https), false, Via::Off, Version::HTTP_11),
            (None, false, Via::Off, Version::HTTP_10),
        ] {
            let introduction = Introduction {
                forwarded_for: (version == Version::HTTP_10)
                    .then(|| Rc::new(HeaderValue::from_static("192.0.2.1"))),
                proto,
                says_host,
                host: Some(Bytes::from_static(b"a.example")),
                via: Introduction::name(via, version),
            };
            assert_eq!(introduction.get("Via").is_some(), via == Via::On);
            let mut head = Vec::new();
            introduction.write(&mut head);
            let text = String::from_utf8(head).unwrap();
            let lines: Vec<(&str, &[u8])> = text
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name, value.as_bytes()))
                .collect();
            assert_eq!(lines.len(), text.matches("\r\n").count());
            for (name, value) in &lines {
                assert!(Introduction::has(name));
                assert_eq!(introduction.get(name), Some(*value));
            }
            let mut fields = Fields::default();
            introduction.put_into(&mut fields);
            assert_eq!(fields.len(), lines.len());
            for (name, value) in &lines {
                assert_eq!(fields.get(name), Some(*value));
            }
        }
    }
}
