//! TLS towards clients: the certificates of a listener, who may come in, and what is known of who has. Behind it the same HTTP is spoken
//! as without it.
//!
//! All that needs the library's feature `tls` is in the rooms below; without the feature a gateway whose config has no TLS is the same.

#[cfg_attr(not(feature = "tls"), path = "tls/absent.rs")]
mod kept;

use std::net::SocketAddr;

use self::kept::Kept;
use super::{Door, Entering, Refused};
use crate::late::{Late, Origin, Problems};
use crate::observe::Families;
use crate::policy::{Control, Policy, Reloaded};
use crate::stream::Stream;

/// `listeners.NAME.tls`, for one listener.
#[derive(Debug)]
pub struct Tls {
    listener: &'static str,
    settings: TlsSettings,
    kept: Kept,
}

/// What the config says of it.
#[derive(Clone, Copy, Debug)]
pub struct TlsSettings {
    /// A door in front of it.
    pub behind: Option<&'static dyn Door>,
    /// At least one; the first one is for whoever names nobody, or somebody else.
    pub certificates: &'static [Certificate],
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
    /// Who has to show a certificate of his own.
    pub client_certificates: Option<ClientCertificates>,
    /// Who is let in by the name that he asks for.
    pub sni: Sni,
}

/// A file that is read at start.
#[derive(Clone, Copy, Debug)]
pub struct FilePath {
    /// Where its path was written.
    pub origin: Origin,
    /// The path.
    pub path: Late,
}

/// A certificate with its key, as PEM files.
#[derive(Clone, Copy, Debug)]
pub struct Certificate {
    /// The certificate, with those between it and a root behind it.
    pub certificate: FilePath,
    /// Its key.
    pub key: FilePath,
}

/// `client_certificates`.
#[derive(Clone, Copy, Debug)]
pub struct ClientCertificates {
    /// Those who may have signed them.
    pub ca: FilePath,
    /// Whether a client without one is refused.
    pub required: bool,
}

/// `min_version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// `sni`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sni {
    /// Who asks for a name that no certificate has gets the first one.
    Any,
    /// He is refused, and so is who asks for none.
    Strict,
}

impl Tls {
    /// That of the listener of this name.
    pub const fn new(listener: &'static str, settings: TlsSettings) -> Self {
        Self { listener, settings, kept: Kept::new() }
    }
}

impl Door for Tls {
    fn enter<'a>(&'a self, stream: Stream, peer: Option<SocketAddr>) -> Entering<'a> {
        Box::pin(kept::enter(self, stream, peer))
    }

    fn refuses(&self, why: Refused) -> bool {
        use Refused::{HandshakeEnded, HandshakeTimeout, PlainHttp};
        use Refused::{TlsAlert, TlsClientCertificate, TlsHandshake, TlsUnknownName};
        let is_own = matches!(
            why,
            HandshakeTimeout
                | HandshakeEnded
                | PlainHttp
                | TlsUnknownName
                | TlsClientCertificate
                | TlsAlert
                | TlsHandshake
        );
        is_own || self.settings.behind.is_some_and(|door| door.refuses(why))
    }
}

/// Its certificates have the life of a policy.
impl Policy for Tls {
    fn bind(&self, problems: &mut Problems) {
        kept::bind(self, problems);
    }

    fn start(&'static self, control: &Control) {
        control.spawn(kept::watch(self));
    }

    fn reload(&self, problems: &mut Problems) -> Reloaded {
        kept::reload(self, problems)
    }

    fn collect(&self, families: &mut Families) {
        kept::collect(self, families);
    }
}
