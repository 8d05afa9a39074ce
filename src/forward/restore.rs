//! The places that a backend names in its response, as the client can ask for them: what was changed of the path is changed
//! back, as nginx's `proxy_redirect` and `proxy_cookie_path` and Apache's `ProxyPassReverse` do. What leads elsewhere stays.

mod place;
mod refresh;

use std::borrow::Cow;

use bytes::Bytes;
use castgate_contract::redirect::Scheme;
use http::header::{CONTENT_LOCATION, LOCATION, SET_COOKIE};
use http::{HeaderName, HeaderValue};

use self::place::{Place, own_path};
use self::refresh::place_of;
use crate::asked;
use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::fields::{Fields, Known};
use crate::service::Service;
use crate::upstream::HostHeader;

static REFRESH: HeaderName = HeaderName::from_static("refresh");

/// What was changed of a path on its way to the backend.
#[derive(Clone, Copy, Debug)]
pub struct Restored {
    /// What was taken off; nothing, or a path without a slash at its end.
    pub taken: &'static str,
    /// What was put in its place, likewise.
    pub put: &'static str,
    /// Which host the backend was told that it is.
    pub sent: HostHeader,
}

/// Restores the places in responses. It stands right around the end, so that what the config sets is not its business.
#[derive(Debug)]
pub struct RestoreLocation<S> {
    restored: Restored,
    inner: S,
}

impl<S> RestoreLocation<S> {
    /// In the responses of `inner`.
    pub const fn new(restored: Restored, inner: S) -> Self {
        Self { restored, inner }
    }
}

impl<S: Service> Service for RestoreLocation<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        let asked = Asked {
            scheme: asked::scheme(&request, cx),
            authority: asked::host(&request, cx).map(|host| cx.worker().bytes(host)),
            host: request.fields.first(Known::Host).map(|host| cx.worker().bytes(host)),
        };
        let mut response = self.inner.serve(request, cx).await?;
        let backend = cx.record.backend.and_then(|backend| backend.authority()).map(HeaderValue::as_bytes);
        self.restored.fields(&mut response.fields, &asked, backend);
        Ok(response)
    }
}

/// What the client has asked, as it sees it.
struct Asked {
    scheme: Scheme,
    authority: Option<Bytes>,
    /// Its `Host` as it came.
    host: Option<Bytes>,
}

impl Restored {
    fn fields(&self, fields: &mut Fields, asked: &Asked, backend: Option<&[u8]>) {
        let sent = match self.sent {
            HostHeader::Preserve => asked.host.as_deref(),
            HostHeader::Backend => None,
            HostHeader::Name(name) => Some(name.as_bytes()),
        };
        let own = [backend, sent];
        for name in [&LOCATION, &CONTENT_LOCATION] {
            replace(fields, name, |text| self.location(text, asked, own));
        }
        replace(fields, &REFRESH, |text| {
            let place = place_of(text)?;
            let (before, after) = (&text[..place.start], &text[place.end..]);
            Some(format!("{before}{}{after}", self.location(&text[place], asked, own)?))
        });
        replace(fields, &SET_COOKIE, |text| self.cookie(text));
    }

    /// A place of the backend's own as the client asks for it.
    fn location(&self, text: &str, asked: &Asked, own: [Option<&[u8]>; 2]) -> Option<String> {
        let Place { scheme, path } = own_path(text, own)?;
        let path = self.path(path)?;
        // Who has asked no host (HTTP/1.0) stays where he is with a path.
        let (Some(said), Some(client)) = (scheme, &asked.authority) else { return Some(path) };
        let client = std::str::from_utf8(client).ok()?;
        // A backend that leads from `http` to `https` means it: taken back, the client would come again by `http`, and so on.
        Some(format!("{}://{client}{path}", asked.scheme.max(said).as_str()))
    }

    /// A path of the backend as the client asks for it; `None` if no request of this route gets there, or if it would be read as
    /// something else without what was in front of it.
    fn path(&self, path: &str) -> Option<String> {
        let rest = path
            .strip_prefix(self.put)
            .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))?;
        let begins_plainly = |rest: &str| {
            let next = rest.strip_prefix('/').and_then(|rest| rest.bytes().next());
            next.is_none_or(|byte| {
                byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"-._~%?#;@!$&'()*+,=:".contains(&byte)
            })
        };
        if self.taken.is_empty() && !begins_plainly(rest) {
            return None;
        }
        let slash = if self.taken.is_empty() && !rest.starts_with('/') { "/" } else { "" };
        Some(format!("{}{slash}{rest}", self.taken))
    }

    /// A cookie with the `Path` that the client knows.
    fn cookie(&self, text: &str) -> Option<String> {
        // Such a name says that the path is `/` (RFC 6265bis, section 4.1.3.2).
        if text.trim_start().get(..7).is_some_and(|name| name.eq_ignore_ascii_case("__Host-")) {
            return None;
        }
        let mut parts = text.split(';');
        let mut made = parts.next()?.to_owned();
        let mut is_other = false;
        for part in parts {
            let restored = part
                .split_once('=')
                .filter(|(name, _)| name.trim().eq_ignore_ascii_case("path"))
                .and_then(|(name, path)| {
                    let path = path.trim();
                    // `/shop` is the path of `/shop` and of all below it; `/shop/` is not that of `/shop`.
                    let path = self.path(path).filter(|_| path.starts_with('/'))?;
                    let path = path
                        .strip_suffix('/')
                        .filter(|bare| *bare == self.taken && !bare.is_empty())
                        .unwrap_or(&path);
                    Some(format!("{name}={path}"))
                });
            is_other |= restored.is_some();
            made.extend([";", restored.as_deref().unwrap_or(part)]);
        }
        is_other.then_some(made)
    }
}

/// Replaces the values of a field that become others. Backends send bytes beyond ASCII in them, in one encoding or another: each is
/// a character here, and the same byte again in the end.
fn replace(fields: &mut Fields, name: &HeaderName, restored: impl Fn(&str) -> Option<String>) {
    fields.replace(name, |value| {
        let text = match std::str::from_utf8(value) {
            Ok(text) if text.is_ascii() => Cow::Borrowed(text),
            _ => value.iter().copied().map(char::from).collect(),
        };
        let bytes = |text: String| text.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>().ok();
        restored(&text).and_then(bytes).and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn restored(
        taken: &'static str,
        put: &'static str,
        sent: HostHeader,
        name: &HeaderName,
        value: &str,
    ) -> String {
        let authority = Some(Bytes::from_static(b"shop.test:8443"));
        restored_for(Scheme::Https, authority, Restored { taken, put, sent }, name, value)
    }

    /// For who has asked this, of a backend that has seen `inner.test`.
    fn restored_for(
        scheme: Scheme,
        authority: Option<Bytes>,
        restored: Restored,
        name: &HeaderName,
        value: &str,
    ) -> String {
        let asked = Asked { scheme, authority, host: Some(Bytes::from_static(b"inner.test")) };
        let mut fields = Fields::default();
        fields.append(name, &HeaderValue::from_str(value).unwrap());
        restored.fields(&mut fields, &asked, Some(b"backend:9001"));
        String::from_utf8(fields.get(name).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn places_of_the_backend_are_the_client_s_and_others_stay() {
        for (taken, put, value, expected) in [
            ("/api", "", "/x?a=b#c", "/api/x?a=b#c"),
            ("/api", "", "/", "/api/"),
            ("/api", "", "x/y", "x/y"),
            ("/api", "", "?a", "?a"),
            ("/api", "", "", ""),
            ("/api", "", "/api/x", "/api/api/x"),
            ("/api", "", "//evil.test/x", "//evil.test/x"),
            ("/api", "", "/\\evil.test", "/api/\\evil.test"),
            ("/api", "", "\\\\evil.test", "\\\\evil.test"),
            ("/api", "", "https://other.test/x", "https://other.test/x"),
            ("/api", "", "http://backend:9002/x", "http://backend:9002/x"),
            ("/api", "", "http://backend:9001.evil.test/x", "http://backend:9001.evil.test/x"),
            ("/api", "", "http://backend:9001@evil.test/x", "http://backend:9001@evil.test/x"),
            ("/api", "", "http://backend:9001/x", "https://shop.test:8443/api/x"),
            ("/api", "", "HTTP://BACKEND:9001", "https://shop.test:8443/api"),
            ("/api", "", "//backend:9001/x", "https://shop.test:8443/api/x"),
            ("/api", "", "http://inner.test/x", "https://shop.test:8443/api/x"),
            ("/api", "", "https://inner.test:443/x", "https://shop.test:8443/api/x"),
            ("/api", "", "javascript:x", "javascript:x"),
            ("/api", "", "/caf\u{e9}", "/api/caf\u{e9}"),
            ("", "/v2", "/v2/\u{e9}", "/\u{e9}"),
            ("/api", "", "http://backend:9001/\u{e9}", "https://shop.test:8443/api/\u{e9}"),
            ("/api", "/v2", "/v2/x", "/api/x"),
            ("/api", "/v2", "/v2", "/api"),
            ("/api", "/v2", "/v2?a", "/api?a"),
            ("/api", "/v2", "/v21/x", "/v21/x"),
            ("/api", "/v2", "/login", "/login"),
            ("", "/v2", "/v2/x", "/x"),
            ("", "/v2", "/v2", "/"),
            ("", "/v2", "/v2?a", "/?a"),
            ("", "/v2", "/v2//evil.test", "/v2//evil.test"),
            ("", "/v2", "/v2/\\evil.test", "/v2/\\evil.test"),
            ("", "/v2", "/v2/\tevil.test", "/v2/\tevil.test"),
            ("", "", "http://backend:9001/x", "https://shop.test:8443/x"),
        ] {
            for name in [&LOCATION, &CONTENT_LOCATION] {
                assert_eq!(
                    restored(taken, put, HostHeader::Preserve, name, value),
                    expected,
                    "{taken} {put} {value}"
                );
            }
        }
        let of = |sent, value| restored("/api", "", sent, &LOCATION, value);
        assert_eq!(of(HostHeader::Backend, "http://inner.test/x"), "http://inner.test/x");
        assert_eq!(
            of(HostHeader::Name("app.test:81"), "http://app.test:81/x"),
            "https://shop.test:8443/api/x"
        );
        assert_eq!(of(HostHeader::Name("app.test:81"), "http://app.test/x"), "http://app.test/x");
        let refresh = |value| restored("/api", "", HostHeader::Backend, &REFRESH, value);
        assert_eq!(refresh("5; url=/x"), "5; url=/api/x");
        assert_eq!(refresh("0;URL=\"/x\" y"), "0;URL=\"/api/x\" y");
        assert_eq!(refresh("5; /x?url=/y"), "5; /api/x?url=/y");
        assert_eq!(refresh("5"), "5");
    }

    proptest! {
        /// Whatever a backend says: what is made of it is a path that no browser takes for a host, or a URL of the host that was asked.
        #[test]
        fn nothing_that_is_restored_leads_to_another_host(
            taken in "(/api)?",
            put in "(/v2)?",
            value in "((http:|https:)?//(backend:9001|inner[.]test|evil[.]test))?(/v2)?[/\\\\a.?#@:\t\u{e9} ]{0,6}",
        ) {
            let (taken, put): (&'static str, &'static str) = (taken.leak(), put.leak());
            let Ok(said) = HeaderValue::from_str(value.trim()) else { return Ok(()) };
            let said = String::from_utf8(said.as_bytes().to_vec()).unwrap();
            let made = restored(taken, put, HostHeader::Preserve, &LOCATION, &said);
            if made != said {
                let path = made.strip_prefix("https://shop.test:8443").unwrap_or(&made);
                prop_assert!(path.starts_with('/') || path.is_empty(), "{said:?} becomes {made:?}");
                let next = path[1.min(path.len())..].trim_start_matches(['\t', '\r', '\n']);
                prop_assert!(path != made || !next.starts_with(['/', '\\']), "{said:?} becomes {made:?}");
            }
        }
    }

    #[test]
    fn nobody_is_led_from_https_to_http_nor_to_a_host_that_he_has_not_asked() {
        let named = Bytes::from_static(b"shop.test");
        let of = |scheme, authority, value| {
            let restored = Restored { taken: "/api", put: "", sent: HostHeader::Preserve };
            restored_for(scheme, authority, restored, &LOCATION, value)
        };
        for (asked, value, expected) in [
            (Scheme::Http, "http://inner.test/x", "http://shop.test/api/x"),
            (Scheme::Http, "//inner.test/x", "http://shop.test/api/x"),
            (Scheme::Http, "https://inner.test/x", "https://shop.test/api/x"),
            (Scheme::Https, "http://inner.test/x", "https://shop.test/api/x"),
        ] {
            assert_eq!(of(asked, Some(named.clone()), value), expected);
        }
        assert_eq!(of(Scheme::Http, None, "http://backend:9001/x"), "/api/x");
    }

    #[test]
    fn bytes_stay_what_they_are() {
        let restored = Restored { taken: "/api", put: "", sent: HostHeader::Backend };
        let asked = Asked { scheme: Scheme::Http, authority: None, host: None };
        let value = |bytes: &[u8]| HeaderValue::from_bytes(bytes).unwrap();
        let mut fields = Fields::default();
        fields.append(&SET_COOKIE, &value(b"name=Ren\xe9\xff; Path=/; Secure"));
        fields.append(&SET_COOKIE, &value(b"name=Ren\xc3\xa9; Path=/x"));
        restored.fields(&mut fields, &asked, None);
        let cookies: Vec<&[u8]> = fields.get_all(&SET_COOKIE).collect();
        let expected: [&[u8]; 2] = [b"name=Ren\xe9\xff; Path=/api; Secure", b"name=Ren\xc3\xa9; Path=/api/x"];
        assert_eq!(cookies, expected);
    }

    #[test]
    fn cookies_have_the_path_that_the_client_knows() {
        for (taken, put, value, expected) in [
            ("/api", "", "a=b; Path=/; Secure", "a=b; Path=/api; Secure"),
            ("/api", "", "a=b; path = /x/ ;HttpOnly", "a=b; path =/api/x/;HttpOnly"),
            ("/api", "", "a=b", "a=b"),
            ("/api", "", "a=/; Domain=x", "a=/; Domain=x"),
            ("/api", "", "path=/; Path=/x", "path=/; Path=/api/x"),
            ("/api", "", "a=b; Path=", "a=b; Path="),
            ("/api", "", "a=b; Path=x", "a=b; Path=x"),
            ("/api", "", "__Host-a=b; Path=/; Secure", "__Host-a=b; Path=/; Secure"),
            ("/api", "", "__Secure-a=b; Path=/", "__Secure-a=b; Path=/api"),
            ("/api", "/v2", "a=b; Path=/v2", "a=b; Path=/api"),
            ("/api", "/v2", "a=b; Path=/", "a=b; Path=/"),
            ("", "/v2", "a=b; Path=/v2", "a=b; Path=/"),
            ("", "/v2", "a=b; Path=/v2/x", "a=b; Path=/x"),
        ] {
            assert_eq!(restored(taken, put, HostHeader::Preserve, &SET_COOKIE, value), expected);
        }
    }
}
