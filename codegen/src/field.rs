//! What is known of the names of header fields, in one table, and the one rule of what a config may use them for.
//!
//! Every key that takes a name is for a [`Use`]; every name that is not the application's alone has a [`Nature`]. A name
//! that the table does not have is free.

pub(crate) mod secret;

use crate::model::HeaderName;

/// Whether this may be a name of a field, or a method (RFC 9110, section 5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_fine)
}

/// What a field is about, if it is not the application's alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Ends at each hop (RFC 9110, sections 7.6.1 and 10.1.1).
    Connection,
    /// Says where a message ends (RFC 9112, section 6).
    Framing,
    /// Says which host is asked (RFC 9110, section 7.2).
    Host,
    /// Says which way the message came (RFC 9110, section 7.6.3, and RFC 7239).
    Way,
    /// Says what the message or its body is, or which answer is wanted (RFC 9110, sections 8, 10, 12 and 13).
    Message,
    /// Says who asks (RFC 9110, section 11).
    Credentials,
}

/// Names by what they are about; one that ends in `-` stands for all that begin with it.
const FACTS: [(Nature, &[&str]); 6] = [
    (
        Nature::Connection,
        &[
            "connection",
            "expect",
            "http2-settings",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "upgrade",
        ],
    ),
    (Nature::Framing, &["content-length", "transfer-encoding"]),
    (Nature::Host, &["host"]),
    (Nature::Way, &["forwarded", "via", "x-forwarded-", "x-real-ip"]),
    (
        Nature::Message,
        &[
            "accept",
            "accept-",
            "age",
            "allow",
            "cache-control",
            "content-",
            "cookie",
            "date",
            "etag",
            "if-",
            "last-modified",
            "location",
            "max-forwards",
            "origin",
            "range",
            "retry-after",
            "set-cookie",
            "user-agent",
            "vary",
        ],
    ),
    (
        Nature::Credentials,
        &["authorization", "proxy-authenticate", "proxy-authorization", "www-authenticate"],
    ),
];

/// What a key of the config does with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Use {
    /// What is said of a field that is not fit: it `cannot be matched`.
    pub(crate) what: &'static str,
    /// Fields of these natures are not fit.
    pub(crate) refused: &'static [Nature],
    /// Nor are these.
    pub(crate) names: &'static [&'static str],
    /// What to write in place of a field of this nature.
    pub(crate) help: &'static [(Nature, &'static str)],
    /// A name that would do.
    pub(crate) other: Option<&'static str>,
    /// Whether the name is a key of a map; else it is a value.
    pub(crate) is_key: bool,
}

/// Why a field cannot be used so: what it is; and what to write in its place, if that is known.
type Refusal = (&'static str, Option<&'static str>);

impl Use {
    /// `headers` of a route: a request is known by it.
    pub(crate) const CONDITION: Self = Self {
        help: &[(Nature::Host, "match it with the route's `host`")],
        is_key: true,
        ..Self::of("cannot be matched", Nature::OF_THE_HOP)
    };
    /// `respond.headers`: it is sent with a fixed response.
    pub(crate) const ANSWER: Self = Self {
        names: &["content-type"],
        help: &[(Nature::Message, "the type of the body has its own key, `content_type`")],
        is_key: true,
        ..Self::of("cannot be set here", Nature::OF_THE_HOP)
    };
    /// `health_check.headers`: a probe is sent with it.
    pub(crate) const PROBE: Self = Self {
        help: &[(Nature::Host, "the `Host` of a probe has its own key, `host`")],
        is_key: true,
        ..Self::of("cannot be sent with a probe", Nature::OF_THE_HOP)
    };
    /// `headers` of a test: a request has it.
    pub(crate) const TEST: Self = Self {
        help: &[
            (Nature::Host, "write it into the request: `GET http://host/path`"),
            (Nature::Connection, "a test is one request without a body"),
            (Nature::Framing, "a test is one request without a body"),
        ],
        is_key: true,
        ..Self::of("cannot be sent by a test", Nature::OF_THE_HOP)
    };

    /// A use that fields of these natures are not fit for, and what is said of them.
    pub(crate) const fn of(what: &'static str, refused: &'static [Nature]) -> Self {
        Self { what, refused, names: &[], help: &[], other: None, is_key: false }
    }

    /// Why this field is not for this use; `None` if it is.
    pub(crate) fn refusal(self, name: &HeaderName) -> Option<Refusal> {
        let nature = nature(name.as_str())?;
        let is_refused = self.refused.contains(&nature) || self.names.contains(&name.as_str());
        let help = self.help.iter().find(|(of, _)| *of == nature).map(|(_, help)| *help);
        is_refused.then_some((nature.why(), help))
    }
}

impl Nature {
    /// What the gateway writes anew for each hop.
    pub(crate) const OF_THE_HOP: &'static [Self] = &[Self::Connection, Self::Framing, Self::Host];

    fn why(self) -> &'static str {
        match self {
            Self::Connection => "belongs to one connection; the gateway itself writes it for each hop",
            Self::Framing => "says where a message ends; the gateway itself writes it for each hop",
            Self::Host => "says which host is asked",
            Self::Way => "says which way a request came; the gateway writes it",
            Self::Message => "says what a message is, and others rely on it",
            Self::Credentials => "says who asks",
        }
    }
}

/// Fields of a request which the gateway or whoever sends a test writes itself: the connection's and the message's own.
#[cfg(feature = "cli")]
pub(crate) fn is_of_the_hop(name: &str) -> bool {
    nature(name).is_some_and(|nature| Nature::OF_THE_HOP.contains(&nature))
}

/// Whether the gateway writes it itself, or takes it from somebody in front.
pub(crate) fn is_of_the_way(name: &HeaderName) -> bool {
    nature(name.as_str()) == Some(Nature::Way)
}

/// A whole name goes before the beginning of one.
fn nature(name: &str) -> Option<Nature> {
    let find = |is_it: &dyn Fn(&str) -> bool| {
        FACTS.iter().find(|(_, names)| names.iter().any(|known| is_it(known))).map(|(nature, _)| *nature)
    };
    find(&|known| known == name).or_else(|| find(&|known| known.ends_with('-') && name.starts_with(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USES: [Use; 4] = [Use::CONDITION, Use::ANSWER, Use::PROBE, Use::TEST];

    fn refused(name: &str) -> Vec<Use> {
        let name = HeaderName(name.to_owned());
        USES.into_iter().filter(|used| used.refusal(&name).is_some()).collect()
    }

    #[test]
    fn what_is_of_the_hop_is_of_no_use_to_anybody() {
        for name in ["host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "expect"] {
            assert_eq!(refused(name), USES, "{name}");
        }
    }

    #[test]
    fn a_type_has_a_key_of_its_own() {
        assert_eq!(refused("content-type"), [Use::ANSWER]);
    }

    #[test]
    fn other_names_are_free() {
        for name in ["x-api-key", "x-request-id", "traceparent", "accepted", "hosts", "x-forwarded"] {
            assert_eq!(refused(name), [], "{name}");
        }
    }
}
