//! The certificates of a listener: read and held against their keys, chosen by the name that a client asks for, and asked which hosts
//! they are good for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::crypto::ring as provider;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{Error, InconsistentKeys};
use webpki::EndEntityCert;

use super::super::super::facts::Names;
use super::super::{Certificate, FilePath, Sni, TlsSettings};
use super::files;
use super::x509::{self, Validity};
use crate::late::Problems;

/// An end that is nearer than this is told of,
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// or than this part of a certificate's whole time, if that is less: some live for days only.
const LAST_PART: u32 = 4;

/// All of a listener's.
#[derive(Debug)]
pub(super) struct Certificates {
    all: Vec<Held>,
    /// Those that have a name, by their places.
    by_name: BTreeMap<String, Vec<usize>>,
    sni: Sni,
}

/// One with its key.
#[derive(Debug)]
struct Held {
    path: String,
    key: Arc<CertifiedKey>,
    validity: Validity,
}

impl Certificates {
    /// Reads all of them; what is wrong with any is told.
    pub(super) fn read(settings: &TlsSettings, problems: &mut Problems) -> Option<Self> {
        let now = SystemTime::now();
        let read: Vec<Option<(Held, Vec<String>)>> =
            settings.certificates.iter().map(|certificate| Held::read(certificate, now, problems)).collect();
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut all = Vec::new();
        for (place, read) in read.into_iter().collect::<Option<Vec<_>>>()?.into_iter().enumerate() {
            let (held, names) = read;
            for name in names {
                by_name.entry(name).or_default().push(place);
            }
            all.push(held);
        }
        Some(Self { all, by_name, sni: settings.sni })
    }

    /// When each ends, in seconds since 1970.
    pub(super) fn ends(&self) -> impl Iterator<Item = u64> {
        self.all.iter().map(|held| x509::seconds(held.validity.until))
    }

    /// Those that end soon, and when.
    pub(super) fn ending(&self, now: SystemTime) -> impl Iterator<Item = (&str, SystemTime)> {
        let ends_soon = move |held: &&Held| {
            let Validity { since, until } = held.validity;
            let whole = until.duration_since(since).unwrap_or_default();
            until.duration_since(now).unwrap_or_default() < SOON.min(whole / LAST_PART)
        };
        self.all.iter().filter(ends_soon).map(|held| (held.path.as_str(), held.validity.until))
    }

    /// Those that have this name in lower case, or one that stands for it: `*` for the first label of it.
    fn named(&self, name: &str) -> Option<&[usize]> {
        let exact = self.by_name.get(name);
        let wild = || self.by_name.get(&format!("*.{}", name.split_once('.')?.1));
        exact.or_else(wild).map(Vec::as_slice)
    }

    /// The first of these that the client can verify, or else the first one: the two then find out that they have nothing in common.
    fn fit(&self, places: impl Iterator<Item = usize> + Clone, hello: &ClientHello<'_>) -> Option<&Held> {
        let held = |place: usize| self.all.get(place);
        let fits = |held: &&Held| held.key.key.choose_scheme(hello.signature_schemes()).is_some();
        places.clone().filter_map(held).find(fits).or_else(|| places.filter_map(held).next())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.named(name));
        let held = match (named, self.sni) {
            (Some(places), _) => self.fit(places.iter().copied(), &hello),
            (None, Sni::Any) => self.fit(0..self.all.len(), &hello),
            (None, Sni::Strict) => None,
        };
        held.map(|held| held.key.clone())
    }
}

impl Names for Certificates {
    fn cover(&self, host: &str) -> bool {
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let Ok(name) = ServerName::try_from(host) else { return false };
        self.all.iter().filter_map(|held| held.key.end_entity_cert().ok()).any(|certificate| {
            EndEntityCert::try_from(certificate)
                .is_ok_and(|certificate| certificate.verify_is_valid_for_subject_name(&name).is_ok())
        })
    }
}

impl Held {
    fn read(
        Certificate { certificate, key }: &Certificate,
        now: SystemTime,
        problems: &mut Problems,
    ) -> Option<(Self, Vec<String>)> {
        let chain = files::read(certificate, "certificate", problems);
        let chain = chain.and_then(|(path, bytes)| {
            Some((files::certificates(certificate, (&path, &bytes), problems)?, path))
        });
        let signing = signing_key(key, problems);
        let (chain, path) = chain?;
        let mut refuse = |why: String| {
            problems.at(certificate.origin, format_args!("certificate {path} cannot be used: {why}"));
            None
        };
        let (validity, names) = match look_at(&chain[0]) {
            Ok(seen) => seen,
            Err(why) => return refuse(why),
        };
        if validity.until <= now {
            return refuse(format!("it has ended on {}", httpdate::fmt_http_date(validity.until)));
        }
        let (signing, path_of_key) = signing?;
        let key = CertifiedKey::new(chain, signing);
        match key.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(_) => return refuse(format!("the key in {path_of_key} is not its own")),
        }
        Some((Self { path, key: Arc::new(key), validity }, names))
    }
}

/// How long a certificate is good, and for which names.
fn look_at(certificate: &CertificateDer<'_>) -> Result<(Validity, Vec<String>), String> {
    let parsed = EndEntityCert::try_from(certificate).map_err(|error| format!("{error:?}"))?;
    let names = parsed.valid_dns_names().map(str::to_ascii_lowercase).collect();
    let validity = x509::validity(certificate).ok_or("it does not say how long it is good")?;
    Ok((validity, names))
}

fn signing_key(file: &FilePath, problems: &mut Problems) -> Option<(Arc<dyn SigningKey>, String)> {
    let (path, bytes) = files::read(file, "key", problems)?;
    // No word of what is in it may get into a log.
    let why = match PrivateKeyDer::from_pem_slice(&bytes) {
        Ok(key) => match provider::sign::any_supported_type(&key) {
            Ok(signing) => return Some((signing, path)),
            Err(_) => "it is of no kind that is known: RSA, ECDSA with P-256 or P-384, Ed25519",
        },
        Err(PemError::NoItemsFound) if is_encrypted(&bytes) => "it is encrypted",
        Err(PemError::NoItemsFound) => "no private key is in it, as PEM",
        Err(_) => "it is no PEM",
    };
    problems.at(file.origin, format_args!("key {path} cannot be used: {why}"));
    None
}

fn is_encrypted(pem: &[u8]) -> bool {
    let is = |text: &[u8]| pem.windows(text.len()).any(|window| window == text);
    is(b"BEGIN ENCRYPTED PRIVATE KEY") || is(b"Proc-Type: 4,ENCRYPTED")
}
