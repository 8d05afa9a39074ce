//! API keys. What is kept of a key is a digest that only this process can make, and digests are compared in constant time, so
//! neither the content nor the number of the keys can be told from how long an answer takes.

#[cfg_attr(not(feature = "api-keys"), path = "auth/absent.rs")]
mod digests;

use std::sync::OnceLock;

use http::{HeaderValue, header};

use crate::error::{Error, Reason, Refusal};
use crate::exchange::{Context, Request, Response};
use crate::fields::FieldName;
use crate::late::{Late, Origin, Problems};
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
    header: FieldName,
    keys: Late,
    bound: OnceLock<Digests>,
}

impl ApiKeys {
    /// `header` is lower-case; `keys` is a list, known at start: commas and line ends separate, and a line that begins with `#`
    /// is no key.
    pub const fn new(origin: Origin, header: &'static str, keys: Late) -> Self {
        Self { origin, header: FieldName::from_static(header), keys, bound: OnceLock::new() }
    }

    /// `shown` is what the request has in the field of the key.
    fn check<'a>(&self, mut shown: impl Iterator<Item = &'a [u8]>) -> Result<(), Error> {
        let Some(key) = shown.next() else { return Err(self.challenge(&MISSING)) };
        // Two keys in one request are an attempt to be two callers.
        let single = shown.next().is_none();
        let known = self.bound.get().is_some_and(|bound| bound.knows(key));
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
        let source = self.keys.source();
        let mut problem = |why: &str| problems.at(self.origin, format!("auth.api_keys.keys{source} {why}"));
        for (place, key) in listed(&list).enumerate() {
            // The key itself is said to nobody.
            if let Some(why) = impossible(key) {
                return problem(&format!("holds what can be no key, the {}. of them: {why}", place + 1));
            }
        }
        let Some(digests) = Digests::of(listed(&list)) else {
            return problem("holds no key, so nobody could be let in");
        };
        if self.bound.set(digests).is_err() {
            problems.at(self.origin, "auth.api_keys was bound twice");
        }
    }
}

/// The keys of a list: commas and line ends separate them; blank ones, and lines that begin with `#`, are none.
fn listed(list: &str) -> impl Iterator<Item = &str> {
    // Some editors put a byte order mark in front of a file.
    let lines = list.split(['\n', '\r']).map(|line| line.trim_start_matches('\u{feff}').trim());
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|key| !key.is_empty())
}

/// Why nobody could ever show this key, if so.
fn impossible(key: &str) -> Option<&'static str> {
    let has_remark = key.split_whitespace().skip(1).any(|word| word.starts_with('#'));
    match HeaderValue::from_str(key) {
        Err(_) => Some("a control character is in it"),
        Ok(_) if has_remark => Some("a `#` is behind it, and a remark has a line of its own"),
        Ok(_) => None,
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
        self.keys.check(cx.claimed_by(&request, self.keys.header.asked()))?;
        // The key opened this door; it is no business of the backend's, whose logs it would end up in.
        request.fields.take_out(self.keys.header.asked());
        self.inner.serve(request, cx).await
    }
}

#[cfg(test)]
#[cfg(feature = "api-keys")]
mod tests {
    use super::*;
    use crate::late::Piece;

    fn check(keys: &ApiKeys, given: &[&str]) -> Result<(), Reason> {
        keys.check(given.iter().map(|key| key.as_bytes())).map_err(|error| error.reason())
    }

    #[test]
    fn keys_are_known_missing_or_invalid() {
        const KEYS: &[Piece] = &[Piece::Literal("alpha, beta ,,")];
        let keys = ApiKeys::new(Origin::at("gateway.yml", 1), "x-api-key", Late::new(KEYS));
        let mut problems = Problems::new();
        keys.bind(&mut problems);
        assert!(problems.messages().is_empty());
        let check = |given: &[&str]| check(&keys, given);
        assert_eq!(check(&["alpha"]), Ok(()));
        assert_eq!(check(&["beta"]), Ok(()));
        assert_eq!(check(&["gamma"]), Err(Reason::Refused(&INVALID)));
        assert_eq!(check(&["alpha", "beta"]), Err(Reason::Refused(&INVALID)));
        assert_eq!(check(&[""]), Err(Reason::Refused(&INVALID)));
        assert_eq!(check(&[]), Err(Reason::Refused(&MISSING)));
    }

    #[test]
    fn a_list_has_one_key_a_line_or_several() {
        let list =
            "\u{feff}# of the shop\nalpha\r\n\r\n  beta  \n\t# gamma, delta\n,epsilon, zeta#1,\n#\n eta";
        assert_eq!(listed(list).collect::<Vec<_>>(), ["alpha", "beta", "epsilon", "zeta#1", "eta"]);
        assert_eq!(listed(" \n# none\r\n ,, ").count(), 0);
    }

    #[test]
    fn a_file_has_one_key_a_line() {
        let path = std::env::temp_dir().join(format!("castgate-keys-{}", std::process::id()));
        std::fs::write(&path, "alpha\n\n# of nobody\nbeta\n# the end").unwrap();
        // What follows a file begins a line: its last one may be a remark.
        let file: &'static str = path.to_string_lossy().into_owned().leak();
        let pieces: &'static [Piece] =
            vec![Piece::File(file), Piece::Literal("\n"), Piece::File(file)].leak();
        let keys = ApiKeys::new(Origin::at("gateway.yml", 1), "x-api-key", Late::new(pieces));
        let mut problems = Problems::new();
        keys.bind(&mut problems);
        std::fs::remove_file(path).unwrap();
        assert!(problems.messages().is_empty(), "{:?}", problems.messages());
        let knows = |key: &str| check(&keys, &[key]).is_ok();
        assert!(knows("alpha") && knows("beta") && !knows("# of nobody") && !knows("# the end"));
    }

    #[test]
    fn what_nobody_could_show_is_a_problem_that_does_not_tell_the_key() {
        const REMARK: &[Piece] = &[Piece::Literal("alpha\nsecret  # of the shop")];
        const CONTROL: &[Piece] = &[Piece::Literal("alpha\nsecret\u{7}")];
        const NOTHING: &[Piece] = &[Piece::Literal("# secret")];
        for (pieces, what) in [(REMARK, "`#`"), (CONTROL, "control"), (NOTHING, "no key"), (&[], "no key")] {
            let keys = ApiKeys::new(Origin::at("gateway.yml", 3), "x-api-key", Late::new(pieces));
            let mut problems = Problems::new();
            keys.bind(&mut problems);
            let [message] = problems.messages() else { panic!("{:?}", problems.messages()) };
            assert!(
                message.starts_with("gateway.yml:3: auth.api_keys.keys") && message.contains(what),
                "{message}"
            );
            assert!(!message.contains("secret"), "{message}");
        }
    }
}
