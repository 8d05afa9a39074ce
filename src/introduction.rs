//! What the gateway says of a client to the backends: `X-Forwarded-For`, `-Proto`, `-Host` and `Via`. The gate decides it.
//! It goes into the request's fields as soon as somebody asks for one of these or changes it, and else straight into the
//! head: as entries of the header map they cost 8 % of a request's instructions.

use http::{HeaderMap, HeaderName, HeaderValue, Version, header};

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

static HTTP: HeaderValue = HeaderValue::from_static("http");
static VIA: HeaderValue = HeaderValue::from_static("1.1 castgate");
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
    pub(crate) forwarded_for: Option<HeaderValue>,
    /// `X-Forwarded-Proto` is ours to say.
    pub(crate) says_proto: bool,
    /// `X-Forwarded-Host` is ours to say.
    pub(crate) says_host: bool,
    /// The request's own Host.
    pub(crate) host: Option<HeaderValue>,
    /// How the gateway names itself, if it does.
    pub(crate) via: Option<&'static HeaderValue>,
}

impl Introduction {
    /// Whether a field, by its lower-case name, is one of those that an introduction is made of.
    pub(crate) const fn has(name: &str) -> bool {
        matches!(name.as_bytes(), b"via" | b"x-forwarded-for" | b"x-forwarded-proto" | b"x-forwarded-host")
    }

    /// What it says in a field.
    pub(crate) fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        match name.as_str() {
            "x-forwarded-for" => self.forwarded_for.as_ref(),
            "x-forwarded-proto" => self.says_proto.then_some(&HTTP),
            "x-forwarded-host" => self.host.as_ref().filter(|_| self.says_host),
            "via" => self.via,
            _ => None,
        }
    }

    /// Puts it into a request's fields.
    pub(crate) fn put_into(self, headers: &mut HeaderMap) {
        if let Some(via) = self.via {
            headers.append(header::VIA, via.clone());
        }
        if let Some(list) = self.forwarded_for {
            headers.insert(&FORWARDED_FOR, list);
        }
        if self.says_proto {
            headers.insert(&FORWARDED_PROTO, HTTP.clone());
        }
        if let Some(host) = self.host.filter(|_| self.says_host) {
            headers.insert(&FORWARDED_HOST, host);
        }
    }

    /// Its fields, to be written behind all others.
    pub(crate) fn lines(&self) -> [Option<(&'static str, &[u8])>; 4] {
        [
            self.forwarded_for.as_ref().map(|list| ("x-forwarded-for", list.as_bytes())),
            self.says_proto.then(|| ("x-forwarded-proto", HTTP.as_bytes())),
            self.host.as_ref().filter(|_| self.says_host).map(|host| ("x-forwarded-host", host.as_bytes())),
            self.via.map(|via| ("via", via.as_bytes())),
        ]
    }

    /// The gateway's name, for a request of this version (RFC 9110 section 7.6.3 wants it as it came).
    pub(crate) fn name(via: Via, version: Version) -> Option<&'static HeaderValue> {
        match (via, version) {
            (Via::Off, _) => None,
            (Via::On, Version::HTTP_10) => Some(&VIA_OLD),
            (Via::On, _) => Some(&VIA),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_tell_it_says_the_same() {
        for (says_proto, says_host, via, version) in [
            (true, true, Via::On, Version::HTTP_11),
            (false, true, Via::On, Version::HTTP_10),
            (true, false, Via::Off, Version::HTTP_11),
            (false, false, Via::Off, Version::HTTP_10),
        ] {
            let introduction = Introduction {
                forwarded_for: (version == Version::HTTP_10).then_some(HeaderValue::from_static("192.0.2.1")),
                says_proto,
                says_host,
                host: Some(HeaderValue::from_static("a.example")),
                via: Introduction::name(via, version),
            };
            assert_eq!(introduction.get(&header::VIA).is_some(), via == Via::On);
            let lines: Vec<(String, Vec<u8>)> = introduction
                .lines()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.to_owned(), value.to_vec()))
                .collect();
            for (name, value) in &lines {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                assert!(Introduction::has(name.as_str()));
                assert_eq!(introduction.get(&name).unwrap().as_bytes(), value);
            }
            let mut headers = HeaderMap::new();
            introduction.put_into(&mut headers);
            assert_eq!(headers.len(), lines.len());
            for (name, value) in &lines {
                assert_eq!(headers[name.as_str()].as_bytes(), value);
            }
        }
    }
}
