//! What is known of the names of header fields, in one table, and the one rule of what a config may use them for.
//!
//! Every key that takes a name is a [`Use`]; every name that is not the application's alone has a [`Nature`]. A name
//! that the table does not have is free.

use crate::model::HeaderName;

/// What a field is about, if it is not the application's alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
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
pub(crate) enum Use {
    /// `headers` of a route: a request is known by it.
    Condition,
    /// `rate_limit.key`: requests are counted by it.
    LimitKey,
    /// `auth.api_keys.header`: it is read, and not forwarded.
    ApiKey,
    /// `request_id.header`: it is written, to the backend and to the client.
    RequestId,
    /// `middleware.headers`: it is set, added or removed.
    Edit,
    /// `respond.headers`: it is sent with a fixed response.
    Answer,
    /// `headers` of a test: a request has it.
    Test,
}

/// Why a field cannot be used so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// `.. cannot be matched`
    pub(crate) what: &'static str,
    /// What the field is.
    pub(crate) why: &'static str,
    /// What to write in its place, if that is known.
    pub(crate) help: Option<&'static str>,
    /// A name that would do.
    pub(crate) other: Option<&'static str>,
}

impl Use {
    /// Why this field is not for this use; `None` if it is.
    pub(crate) fn refusal(self, name: &HeaderName) -> Option<Refusal> {
        let nature = nature(name.as_str())?;
        let is_refused = match self {
            Self::Condition | Self::LimitKey | Self::Edit | Self::Test => nature.is_of_the_hop(),
            // A key may be somebody's only credentials, and it is taken out as soon as it is known.
            Self::ApiKey => nature != Nature::Credentials,
            Self::RequestId => true,
            Self::Answer => nature.is_of_the_hop() || name.as_str() == "content-type",
        };
        is_refused.then(|| Refusal {
            what: self.what(),
            why: nature.why(),
            help: self.help(nature),
            other: match self {
                Self::ApiKey => Some("X-API-Key"),
                Self::RequestId => Some("X-Request-ID"),
                _ => None,
            },
        })
    }

    /// Whether the name is a key of a map; else it is a value.
    pub(crate) fn is_key(self) -> bool {
        matches!(self, Self::Condition | Self::Edit | Self::Answer | Self::Test)
    }

    fn what(self) -> &'static str {
        match self {
            Self::Condition => "cannot be matched",
            Self::LimitKey => "cannot be the key of a limit",
            Self::ApiKey => "cannot carry an API key",
            Self::RequestId => "cannot carry the id",
            Self::Edit => "cannot be changed",
            Self::Answer => "cannot be set here",
            Self::Test => "cannot be sent by a test",
        }
    }

    fn help(self, nature: Nature) -> Option<&'static str> {
        match (self, nature) {
            (Self::Condition, Nature::Host) => Some("match it with the route's `host`"),
            (Self::LimitKey, Nature::Host) => Some(
                "one host is written in many ways (`A.com`, `a.com:80`); give the routes of a `host` limits of their own",
            ),
            (Self::Edit, Nature::Host) => Some("see the upstream's `host_header`"),
            (Self::Answer, Nature::Message) => Some("the type of the body has its own key, `content_type`"),
            (Self::Test, Nature::Host) => Some("write it into the request: `GET http://host/path`"),
            (Self::Test, _) => Some("a test is one request without a body"),
            _ => None,
        }
    }
}

impl Nature {
    /// Whether the gateway writes it anew for each hop.
    fn is_of_the_hop(self) -> bool {
        matches!(self, Self::Connection | Self::Framing | Self::Host)
    }

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
    nature(name).is_some_and(Nature::is_of_the_hop)
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

    const USES: [Use; 7] =
        [Use::Condition, Use::LimitKey, Use::ApiKey, Use::RequestId, Use::Edit, Use::Answer, Use::Test];

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
    fn what_a_message_needs_cannot_carry_a_key_or_an_id() {
        for name in ["content-encoding", "cookie", "if-none-match", "accept", "x-forwarded-for", "via"] {
            assert_eq!(refused(name), [Use::ApiKey, Use::RequestId], "{name}");
        }
        assert_eq!(refused("authorization"), [Use::RequestId]);
        assert_eq!(refused("content-type"), [Use::ApiKey, Use::RequestId, Use::Answer]);
    }

    #[test]
    fn other_names_are_free() {
        for name in ["x-api-key", "x-request-id", "traceparent", "accepted", "hosts", "x-forwarded"] {
            assert_eq!(refused(name), [], "{name}");
        }
    }
}
