//! What pages of other origins may do (WHATWG Fetch, "CORS protocol"): a policy, what a preflight announces, and what the policy
//! says of it. The route of a preflight is the one of the request that it announces, so both sides read it alike.

use crate::methods::Methods;
use crate::origin::{Member, Origins};

/// More bytes of `Access-Control-Request-Headers` than any browser sends; they are refused unread.
const MOST_BYTES: usize = 4096;

/// The one name that a `*` does not stand for (Fetch, "CORS non-wildcard request-header name").
pub const NEVER_IMPLIED: &str = "authorization";

/// Whose page asks.
pub const ORIGIN: &str = "origin";
/// Which method it announces.
pub const METHOD: &str = "access-control-request-method";
/// Which fields.
pub const FIELDS: &str = "access-control-request-headers";

/// What is allowed to whom.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a, T> {
    /// To pages of these origins.
    pub origins: Origins<'a, T>,
    /// These methods.
    pub methods: Methods,
    /// These fields.
    pub fields: Fields<'a, T>,
}

/// Header fields that a request may have besides those that need no leave.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a, T> {
    /// All but `Authorization`.
    pub any: bool,
    /// These, in lower case and in order, each once.
    pub named: &'a [T],
}

/// Why a preflight is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No page of this origin may do anything; or there is not one origin.
    Origin,
    /// Not this method; or it is none.
    Method,
    /// Not with these fields; or they are none.
    Fields,
    /// It has come here as any OPTIONS does, and announces what is no request of this route: nobody's word is another's.
    Elsewhere,
}

/// The header fields of a request.
pub trait Headers {
    /// The lines of a field, whose name is given in lower case.
    fn lines(&self, name: &'static str) -> impl Iterator<Item = &[u8]>;
}

/// A request for leave to send another one, whose method and fields it announces: an OPTIONS.
#[derive(Clone, Copy, Debug)]
pub struct Preflight<'a, H>(&'a H);

impl<'a, H: Headers> Preflight<'a, H> {
    /// Of an OPTIONS with these fields; `None` if it is none: it has no origin, or announces no method.
    pub fn of(headers: &'a H) -> Option<Self> {
        let has = |name| headers.lines(name).next().is_some();
        (has(METHOD) && has(ORIGIN)).then_some(Self(headers))
    }

    /// The set of the method that it announces. What is no method, or two, is one that no route names.
    pub fn method(&self) -> Methods {
        let method = only(self.0.lines(METHOD)).and_then(|line| std::str::from_utf8(line).ok());
        Methods::of(method.unwrap_or_default())
    }

    /// Whether the request that it announces has a field of this name, given in lower case; which value, it does not say.
    pub fn names(&self, field: &str) -> bool {
        self.0.lines(FIELDS).flat_map(names).any(|name| name.eq_ignore_ascii_case(field.as_bytes()))
    }

    /// What the rules say of it.
    pub fn judge<T: AsRef<str>>(&self, rules: &Rules<'_, T>) -> Result<(), Denied> {
        let origin = only(self.0.lines(ORIGIN)).ok_or(Denied::Origin)?;
        rules.origins.find(origin).ok_or(Denied::Origin)?;
        let method = only(self.0.lines(METHOD)).filter(|line| is_method(line)).ok_or(Denied::Method)?;
        let method = std::str::from_utf8(method).map_err(|_| Denied::Method)?;
        if !rules.methods.intersects(Methods::of(method)) {
            return Err(Denied::Method);
        }
        let bytes: usize = self.0.lines(FIELDS).map(<[u8]>::len).sum();
        let mut fields = self.0.lines(FIELDS).flat_map(names);
        let are_allowed = bytes <= MOST_BYTES && fields.all(|name| rules.fields.has(name));
        if are_allowed { Ok(()) } else { Err(Denied::Fields) }
    }
}

impl<T: AsRef<str>> Rules<'_, T> {
    /// What a request's origin, of which these are the lines, is to the rules; `None` if it may not read the answer.
    pub fn origin<'l>(&self, lines: impl Iterator<Item = &'l [u8]>) -> Option<Member<'_, T>> {
        match self.origins {
            Origins::Any => Some(Member::Any),
            _ => self.origins.find(only(lines)?),
        }
    }
}

impl<T: AsRef<str>> Fields<'_, T> {
    /// Whether it is one of these; what is no name is none.
    fn has(&self, name: &[u8]) -> bool {
        let order = |known: &T| {
            let name = name.iter().map(u8::to_ascii_lowercase);
            known.as_ref().bytes().cmp(name)
        };
        is_token(name)
            && (self.any && !name.eq_ignore_ascii_case(NEVER_IMPLIED.as_bytes())
                || self.named.binary_search_by(order).is_ok())
    }
}

/// The line, if there is one and no more.
fn only<'l>(mut lines: impl Iterator<Item = &'l [u8]>) -> Option<&'l [u8]> {
    lines.next().filter(|_| lines.next().is_none())
}

/// The names in a line; empty entries count for nothing (RFC 9110, section 5.6.1).
fn names(line: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    line.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|name| !name.is_empty())
}

/// Whether a page can ask for it: a token, and none of those that Fetch forbids in any case.
fn is_method(name: &[u8]) -> bool {
    let forbidden: [&[u8]; 3] = [b"CONNECT", b"TRACE", b"TRACK"];
    is_token(name) && !forbidden.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden))
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &[u8]) -> bool {
    let is_fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules<'static, &str> = Rules {
        origins: Origins::Of(&["https://a.com"], &[]),
        methods: Methods::GET.union(Methods::PUT),
        fields: Fields { any: false, named: &["content-type", "x-a"] },
    };

    /// Lines of the three fields.
    struct Sent<'s>([&'s [&'s str]; 3]);

    impl Headers for Sent<'_> {
        fn lines(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
            let place = [ORIGIN, METHOD, FIELDS].iter().position(|known| *known == name).unwrap();
            self.0[place].iter().map(|line| line.as_bytes())
        }
    }

    fn judged(
        rules: &Rules<'_, &str>,
        origins: &[&str],
        methods: &[&str],
        fields: &[&str],
    ) -> Result<(), Denied> {
        Preflight::of(&Sent([origins, methods, fields])).unwrap().judge(rules)
    }

    #[test]
    fn a_preflight_has_an_origin_and_a_method() {
        let of = |origins: &[&str], methods: &[&str]| {
            Preflight::of(&Sent([origins, methods, &[]])).map(|preflight| preflight.method())
        };
        assert_eq!(of(&[], &["GET"]), None);
        assert_eq!(of(&["null"], &[]), None);
        assert_eq!(of(&["null"], &["PUT"]), Some(Methods::PUT));
        for other in [&["put"][..], &["GET", "GET"], &["GET, PUT"], &[""], &["PROPFIND"], &["G\u{e9}T"]] {
            assert_eq!(of(&["null"], other), Some(Methods::of("_OTHER")), "{other:?}");
        }
    }

    #[test]
    fn one_origin_and_one_method_and_names_are_asked_for() {
        let origin = &["https://a.com"][..];
        assert_eq!(judged(&RULES, origin, &["GET"], &[]), Ok(()));
        assert_eq!(judged(&RULES, origin, &["PUT"], &["Content-Type , x-A,, ", ""]), Ok(()));
        for bad in
            [&["https://a.com", "https://a.com"][..], &["https://b.com"], &["https://a.com, null"], &[""]]
        {
            assert_eq!(judged(&RULES, bad, &["GET"], &[]), Err(Denied::Origin), "{bad:?}");
        }
        for bad in
            [&["POST"][..], &["get"], &["GET", "GET"], &["GET,PUT"], &["G T"], &[""], &["TRACE"], &["\u{e9}"]]
        {
            assert_eq!(judged(&RULES, origin, bad, &[]), Err(Denied::Method), "{bad:?}");
        }
        for bad in
            [&["x-b"][..], &["x-a", "x-b"], &["x a"], &["x-a;x-a"], &["*"], &["\u{e9}"], &["authorization"]]
        {
            assert_eq!(judged(&RULES, origin, &["GET"], bad), Err(Denied::Fields), "{bad:?}");
        }
        let many = "x-a,".repeat(MOST_BYTES / 4);
        assert_eq!(judged(&RULES, origin, &["GET"], &[&many]), Ok(()));
        assert_eq!(judged(&RULES, origin, &["GET"], &[&many, ","]), Err(Denied::Fields));
    }

    #[test]
    fn what_fetch_forbids_no_rule_allows() {
        let all = Rules { methods: Methods::ALL, origins: Origins::Any, ..RULES };
        for method in ["CONNECT", "trace", "TRACK", "Track", "a b", ""] {
            assert_eq!(judged(&all, &["null"], &[method], &[]), Err(Denied::Method), "{method}");
        }
        assert_eq!(judged(&all, &["null"], &["PROPFIND"], &[]), Ok(()));
        // Not one origin, whoever may come.
        assert_eq!(judged(&all, &["null", "null"], &["GET"], &[]), Err(Denied::Origin));
    }

    #[test]
    fn a_star_stands_for_every_field_but_one() {
        let all = |named| Rules { fields: Fields { any: true, named }, ..RULES };
        let origin = &["https://a.com"];
        assert_eq!(judged(&all(&[]), origin, &["GET"], &["x-anything, range"]), Ok(()));
        assert_eq!(judged(&all(&[]), origin, &["GET"], &["Authorization"]), Err(Denied::Fields));
        assert_eq!(judged(&all(&["authorization"]), origin, &["GET"], &["Authorization"]), Ok(()));
        assert_eq!(judged(&all(&[]), origin, &["GET"], &["a b"]), Err(Denied::Fields));
    }

    #[test]
    fn a_preflight_names_fields_in_any_case() {
        let sent = Sent([&["null"], &["GET"], &["X-A, content-type"]]);
        let preflight = Preflight::of(&sent).unwrap();
        assert!(preflight.names("x-a") && preflight.names("content-type") && !preflight.names("x"));
    }
}
