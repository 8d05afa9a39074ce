//! What each field of a request is to the gate, by its name.

use http::{HeaderName, header};

use super::identity::is_identity;

/// Fields about a connection, or about how the message is framed on it. They end here, and nobody asks for them later.
pub(super) static HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
    // Asked of the backend anew.
    header::EXPECT,
];

/// `Transfer-Encoding` in [`HOP`].
pub(super) const CHUNKED: u16 = 1 << 5;

/// The proxies' words that the gateway writes itself.
pub(super) static WRITTEN: [HeaderName; 3] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-host"),
];
pub(super) const FOR: u8 = 1;
pub(super) const PROTO: u8 = 1 << 1;
pub(super) const HOST: u8 = 1 << 2;

/// What a field of a client's is to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It goes on.
    EndToEnd,
    Host,
    Connection,
    TransferEncoding,
    Expect,
    /// Of [`HOP`], by its place, and none of the above.
    Hop(u8),
    /// Credentials for this hop (RFC 9110 section 11.7.1).
    ProxyAuthorization,
    /// Of [`WRITTEN`], by its bit.
    Written(u8),
    /// A proxy's word.
    Identity,
    /// By which proxies it has come. It goes on.
    Via,
}

pub(super) fn kind(name: &str) -> Kind {
    let kind = match name.as_bytes().first() {
        Some(b'c') if name == "connection" => Kind::Connection,
        Some(b'e') if name == "expect" => Kind::Expect,
        Some(b'h') => match name {
            "host" => Kind::Host,
            "http2-settings" => Kind::Hop(7),
            _ => Kind::EndToEnd,
        },
        Some(b'k') if name == "keep-alive" => Kind::Hop(1),
        Some(b'p') => match name {
            "proxy-connection" => Kind::Hop(2),
            "proxy-authorization" => Kind::ProxyAuthorization,
            _ => Kind::EndToEnd,
        },
        Some(b't') => match name {
            "te" => Kind::Hop(3),
            "trailer" => Kind::Hop(4),
            "transfer-encoding" => Kind::TransferEncoding,
            _ => Kind::EndToEnd,
        },
        Some(b'u') if name == "upgrade" => Kind::Hop(6),
        Some(b'v') if name == "via" => Kind::Via,
        Some(b'x') => match name {
            "x-forwarded-for" => Kind::Written(FOR),
            "x-forwarded-proto" => Kind::Written(PROTO),
            "x-forwarded-host" => Kind::Written(HOST),
            _ => Kind::EndToEnd,
        },
        _ => Kind::EndToEnd,
    };
    if kind == Kind::EndToEnd && is_identity(name) { Kind::Identity } else { kind }
}

/// What stands in a name, and neither letter, digit nor hyphen is (RFC 9110 section 5.6.2).
pub(super) static IS_FOLDED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = !(byte as u8).is_ascii_alphanumeric() && byte as u8 != b'-';
        byte += 1;
    }
    table
};
