//! The files of a listener's TLS: whether they have changed, and what is in those of certificate authorities.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::super::{ClientCertificates, FilePath, TlsSettings};
use crate::late::Problems;

/// What a file looks like from outside; `None` if it is not there. A replaced file is another one, whatever its time says.
pub(super) type Stamp = Option<(u64, u64, i64, i64, u64)>;

/// Those of all files.
pub(super) fn stamps(settings: &TlsSettings) -> Vec<Stamp> {
    let certificates = settings.certificates.iter().flat_map(|each| [&each.certificate, &each.key]);
    let clients = settings.client_certificates.iter().map(|clients| &clients.ca);
    let stamp = |file: &FilePath| {
        let of = fs::metadata(file.path.resolve().ok()?).ok()?;
        Some((of.dev(), of.ino(), of.mtime(), of.mtime_nsec(), of.size()))
    };
    certificates.chain(clients).map(stamp).collect()
}

/// The bytes of a file, and its path.
pub(super) fn read(file: &FilePath, what: &str, problems: &mut Problems) -> Option<(String, Vec<u8>)> {
    let path = problems.resolve(file.origin, &file.path)?;
    match fs::read(&path) {
        Ok(bytes) => Some((path, bytes)),
        Err(error) => {
            problems.at(file.origin, format_args!("{what} {path} cannot be read: {error}"));
            None
        }
    }
}

/// All certificates of a PEM file; at least one.
pub(super) fn certificates(
    file: &FilePath,
    (path, bytes): (&str, &[u8]),
    problems: &mut Problems,
) -> Option<Vec<CertificateDer<'static>>> {
    let why = match CertificateDer::pem_slice_iter(bytes).collect::<Result<Vec<_>, _>>() {
        Ok(found) if !found.is_empty() => return Some(found),
        Ok(_) => "no certificate is in it, as PEM".to_owned(),
        Err(error) => format!("it is no PEM: {error}"),
    };
    problems.at(file.origin, format_args!("certificate {path} cannot be used: {why}"));
    None
}

/// Whose certificates clients may have.
#[derive(Debug)]
pub(super) struct ClientRoots {
    roots: Arc<RootCertStore>,
    of: Vec<CertificateDer<'static>>,
    required: bool,
}

/// Whether they are those of the same.
impl PartialEq for ClientRoots {
    fn eq(&self, other: &Self) -> bool {
        self.of == other.of
    }
}

impl ClientRoots {
    pub(super) fn read(clients: &ClientCertificates, problems: &mut Problems) -> Option<Self> {
        let ClientCertificates { ca, required } = clients;
        let (path, bytes) = read(ca, "certificate", problems)?;
        let of = certificates(ca, (&path, &bytes), problems)?;
        let mut roots = RootCertStore::empty();
        for certificate in &of {
            if let Err(error) = roots.add(certificate.clone()) {
                problems.at(ca.origin, format_args!("certificate {path} cannot be used: {error}"));
                return None;
            }
        }
        Some(Self { roots: Arc::new(roots), of, required: *required })
    }

    pub(super) fn roots(&self) -> Arc<RootCertStore> {
        self.roots.clone()
    }

    pub(super) fn are_required(&self) -> bool {
        self.required
    }
}
