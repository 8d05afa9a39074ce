//! What a listener's TLS has read: at start, at SIGHUP, and when its files change. What cannot be used changes nothing: who was served
//! with the old certificates is served with them still. Connections that are open keep what they have begun with.

mod certificates;
mod files;
mod handshake;
mod x509;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring as provider};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};

use self::certificates::Certificates;
use self::files::{ClientRoots, Stamp};
use super::super::{Entered, Refused};
use super::{Sni, Tls, TlsVersion};
use crate::late::Problems;
use crate::observe::Families;
use crate::policy::Reloaded;
use crate::stream::Stream;

/// Between two looks whether a file has changed. It is read when it has, and has stayed so for one look: of two files that are
/// replaced one after the other none is read too soon.
const LOOK: Duration = Duration::from_secs(1);
/// An end that is near is told again after so many looks: a day.
const TELL_AGAIN: u32 = 24 * 60 * 60;

/// What is in use.
#[derive(Debug)]
pub(super) struct Kept {
    served: Mutex<Option<Arc<Served>>>,
    /// What was read last could not be used.
    has_failed: AtomicBool,
}

/// What one set of files comes to.
#[derive(Debug)]
struct Served {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
    clients: Option<Arc<ClientRoots>>,
    /// Of the files as they were just before they were read.
    stamps: Vec<Stamp>,
}

impl Kept {
    pub(super) const fn new() -> Self {
        Self { served: Mutex::new(None), has_failed: AtomicBool::new(false) }
    }

    fn served(&self) -> Option<Arc<Served>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn serve(&self, served: Served) {
        let served = Some(Arc::new(served));
        *self.served.lock().unwrap_or_else(PoisonError::into_inner) = served;
    }
}

pub(super) fn enter(
    tls: &Tls,
    stream: Stream,
    peer: Option<SocketAddr>,
) -> impl Future<Output = Result<Entered, Refused>> + '_ {
    handshake::enter(tls, stream, peer)
}

/// Reads everything for the first time.
pub(super) fn bind(tls: &Tls, problems: &mut Problems) {
    if let Some(served) = read(tls, None, problems) {
        tls.kept.serve(served);
    }
}

/// Reads everything again.
pub(super) fn reload(tls: &Tls, problems: &mut Problems) -> Reloaded {
    let before = tls.kept.served();
    let served = read(tls, before.as_deref(), problems);
    tls.kept.has_failed.store(served.is_none(), Ordering::Relaxed);
    if let Some(served) = served {
        tell_ends(tls, &served.certificates);
        tls.kept.serve(served);
    }
    Reloaded::Done
}

/// What the files come to, if they can be used. Tickets that were given out before are good for as long as the same clients are.
fn read(tls: &Tls, before: Option<&Served>, problems: &mut Problems) -> Option<Served> {
    let stamps = files::stamps(&tls.settings);
    let certificates = Certificates::read(&tls.settings, problems);
    let clients = match &tls.settings.client_certificates {
        None => None,
        Some(clients) => Some(ClientRoots::read(clients, problems)?),
    };
    let certificates = Arc::new(certificates?);
    let clients = clients.map(Arc::new);
    let tickets = match before {
        Some(before) if before.clients == clients => before.config.ticketer.clone(),
        _ => match provider::Ticketer::new() {
            Ok(tickets) => tickets,
            Err(error) => {
                problems.of_itself(format_args!("listener `{}`: no keys for tickets: {error}", tls.listener));
                return None;
            }
        },
    };
    let provider = Arc::new(provider::default_provider());
    match config(tls, provider, &certificates, clients.as_deref()) {
        Ok(mut config) => {
            config.ticketer = tickets;
            Some(Served { config: Arc::new(config), certificates, clients, stamps })
        }
        Err(why) => {
            problems.of_itself(format_args!("listener `{}`: {why}", tls.listener));
            None
        }
    }
}

fn config(
    tls: &Tls,
    provider: Arc<CryptoProvider>,
    certificates: &Arc<Certificates>,
    clients: Option<&ClientRoots>,
) -> Result<ServerConfig, String> {
    let versions: &[_] = match tls.settings.min_version {
        TlsVersion::Tls12 => &[&TLS13, &TLS12],
        TlsVersion::Tls13 => &[&TLS13],
    };
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(clients.roots(), provider);
            let verifier = if clients.are_required() { verifier } else { verifier.allow_unauthenticated() };
            builder.with_client_cert_verifier(verifier.build().map_err(|error| error.to_string())?)
        }
    };
    let mut config = builder.with_cert_resolver(certificates.clone());
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // What is kept of a session the client keeps: a ticket, which only this listener can read.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

/// Looks after the files for as long as the gateway runs.
pub(super) async fn watch(tls: &'static Tls) {
    let Some(served) = tls.kept.served() else { return };
    tell_ends(tls, &served.certificates);
    let (mut read, mut last, mut looks) = (served.stamps.clone(), served.stamps.clone(), 0_u32);
    drop(served);
    loop {
        tokio::time::sleep(LOOK).await;
        // Files may be anywhere, and slow; signals are heard on this thread.
        let Ok(now) = tokio::task::spawn_blocking(|| files::stamps(&tls.settings)).await else { return };
        if now != read && now == last {
            read.clone_from(&now);
            let _ = tokio::task::spawn_blocking(|| read_changed(tls)).await;
        }
        last = now;
        looks += 1;
        if looks.is_multiple_of(TELL_AGAIN)
            && let Some(served) = tls.kept.served()
        {
            tell_ends(tls, &served.certificates);
        }
    }
}

/// The files have changed.
fn read_changed(tls: &Tls) {
    let mut problems = Problems::new();
    let _ = reload(tls, &mut problems);
    for problem in problems.messages() {
        tracing::warn!(
            listener = tls.listener,
            problem,
            "certificates have changed and cannot be used; the old ones stay"
        );
    }
    if problems.messages().is_empty() {
        tracing::info!(listener = tls.listener, "certificates have changed and were read again");
    }
}

/// Tells of each certificate that ends soon.
fn tell_ends(tls: &Tls, certificates: &Certificates) {
    for (path, until) in certificates.ending(SystemTime::now()) {
        let until = httpdate::fmt_http_date(until);
        tracing::warn!(listener = tls.listener, certificate = path, until, "a certificate ends soon");
    }
}

pub(super) fn collect(tls: &Tls, families: &mut Families) {
    const EXPIRY: (&str, &str) = (
        "gateway_tls_certificate_expiry_timestamp_seconds",
        "When a certificate ends, in seconds since 1970; certificates are counted from 1, as the config lists them.",
    );
    const FAILED: (&str, &str) = (
        "gateway_tls_reload_failed",
        "Whether the files of a listener were read last and could not be used.",
    );
    let Some(served) = tls.kept.served() else { return };
    for (number, until) in (1..).zip(served.certificates.ends()) {
        let number: u32 = number;
        let labels = [("listener", tls.listener), ("certificate", &number.to_string())];
        families.gauge(EXPIRY.0, EXPIRY.1, &labels, until);
    }
    let has_failed = tls.kept.has_failed.load(Ordering::Relaxed);
    families.gauge(FAILED.0, FAILED.1, &[("listener", tls.listener)], has_failed.into());
}

/// Whether only those are served whose names are known.
fn is_strict(tls: &Tls) -> bool {
    tls.settings.sni == Sni::Strict
}

#[cfg(test)]
mod tests;
