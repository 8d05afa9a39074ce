//! API keys. What is kept of a key is a salted digest, and digests are compared in constant time, so neither the
//! content nor the number of the keys can be told from how long an answer takes.

#[cfg_attr(not(feature = "api-keys"), path = "auth/absent.rs")]
mod digests;

use std::sync::OnceLock;

use http::header::GetAll;
use http::{HeaderName, HeaderValue, header};

use crate::context::Context;
use crate::error::{Error, Reason, Refusal};
use crate::late::{Late, Origin, Problems};
use crate::message::{Request, Response};
use crate::policy::Policy;
use crate::service::Service;
use digests::Digests;

/// No credentials.
static MISSING: Refusal = Refusal::new("auth_missing", 401, "Credentials are required");
/// Credentials that are not known.
static INVALID: Refusal = Refusal::new("auth_invalid", 401, "The credentials are not valid");

/// The keys of one `api_keys` entry.
#[derive(Debug)]
pub struct ApiKeys {
    origin: Origin,
    header: HeaderName,
    keys: Late,
    bound: OnceLock<Digests>,
}

impl ApiKeys {
    /// `header` is lower-case; `keys` is a comma-separated list, known at start.
    pub const fn new(origin: Origin, header: &'static str, keys: Late) -> Self {
        Self { origin, header: HeaderName::from_static(header), keys, bound: OnceLock::new() }
    }

    /// `shown` is what the request has in the field of the key.
    fn check(&self, shown: GetAll<'_, HeaderValue>) -> Result<(), Error> {
        let mut values = shown.iter();
        let Some(key) = values.next() else { return Err(self.challenge(&MISSING)) };
        // Two keys in one request are an attempt to be two callers.
        let single = values.next().is_none();
        let known = self.bound.get().is_some_and(|bound| bound.knows(key.as_bytes()));
        if single && known { Ok(()) } else { Err(self.challenge(&INVALID)) }
    }

    /// RFC 9110 section 11.6.1 wants a challenge with every 401; there is no registered scheme for API keys.
    fn challenge(&self, refusal: &'static Refusal) -> Error {
        Error::new(Reason::Refused(refusal))
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey"))
    }
}

impl Policy for ApiKeys {
    fn bind(&self, problems: &mut Problems) {
        let Some(list) = problems.resolve(self.origin, &self.keys) else { return };
        let keys = list.split(',').map(str::trim).filter(|key| !key.is_empty());
        let Some(digests) = Digests::of(keys) else {
            let source = self.keys.source();
            let why = format!("auth.api_keys.keys{source} holds no key, so nobody could be let in");
            return problems.at(self.origin, why);
        };
        if self.bound.set(digests).is_err() {
            problems.at(self.origin, "auth.api_keys was bound twice");
        }
    }
}

/// The authentication layer.
#[derive(Debug)]
pub struct Auth<S> {
    keys: &'static ApiKeys,
    inner: S,
}

impl<S> Auth<S> {
    /// Lets only holders of a key through to `inner`.
    pub const fn new(keys: &'static ApiKeys, inner: S) -> Self {
        Self { keys, inner }
    }
}

impl<S: Service> Service for Auth<S> {
    async fn serve(&self, mut request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        // A key proves itself, whoever shows it and whatever the field is called.
        self.keys.check(cx.claimed(&request, &self.keys.header))?;
        // The key opened this door; it is no business of the backend's, whose logs it would end up in.
        request.headers_mut().remove(&self.keys.header);
        self.inner.serve(request, cx).await
    }
}

#[cfg(test)]
#[cfg(feature = "api-keys")]
mod tests {
    use super::*;
    use crate::late::Piece;
    use http::HeaderMap;

    fn shown(keys: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append("x-api-key", key.parse().unwrap());
        }
        headers
    }

    #[test]
    fn keys_are_known_missing_or_invalid() {
        const KEYS: &[Piece] = &[Piece::Literal("alpha, beta ,,")];
        let keys = ApiKeys::new(Origin::at("gateway.yml", 1), "x-api-key", Late::new(KEYS));
        let mut problems = Problems::new();
        keys.bind(&mut problems);
        assert!(problems.messages().is_empty());
        let check =
            |given: &[&str]| keys.check(shown(given).get_all("x-api-key")).map_err(|error| error.reason());
        assert_eq!(check(&["alpha"]), Ok(()));
        assert_eq!(check(&["beta"]), Ok(()));
        assert_eq!(check(&["gamma"]), Err(Reason::Refused(&INVALID)));
        assert_eq!(check(&["alpha", "beta"]), Err(Reason::Refused(&INVALID)));
        assert_eq!(check(&[""]), Err(Reason::Refused(&INVALID)));
        assert_eq!(check(&[]), Err(Reason::Refused(&MISSING)));
    }

    #[test]
    fn no_key_is_a_problem() {
        let none = ApiKeys::new(Origin::at("gateway.yml", 3), "x-api-key", Late::new(&[]));
        let mut problems = Problems::new();
        none.bind(&mut problems);
        assert!(problems.messages()[0].starts_with("gateway.yml:3:"));
    }
}
