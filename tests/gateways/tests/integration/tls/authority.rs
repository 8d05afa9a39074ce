//! Certificates of the tests' own making.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Somebody who signs.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(super) struct Made {
    pub(super) der: CertificateDer<'static>,
    pub(super) key: PrivateKeyDer<'static>,
    certificate: String,
    private: String,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// One for these names, which is good until a year.
    pub(super) fn sign(&self, subject: &str, names: &[&str], until: i32) -> Made {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, subject);
        params.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let made = params.signed_by(&key, &self.0).unwrap();
        Made {
            der: made.der().clone(),
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            certificate: made.pem(),
            private: key.serialize_pem(),
        }
    }
}

/// The directory that a gateway of `configs/tls.yml` reads.
pub(super) struct Files {
    directory: PathBuf,
    pub(super) ca: Authority,
    pub(super) clients: Authority,
    shop: Made,
    api: Made,
}

const FAR: i32 = 2100;

impl Files {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tls-{}-{number}", std::process::id());
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&directory).unwrap();
        let (ca, clients) = (Authority::new("ours"), Authority::new("theirs"));
        let shop = ca.sign("shop", &["shop.test", "127.0.0.1"], FAR);
        let api = ca.sign("api", &["api.test", "*.api.test"], FAR);
        let files = Self { directory, ca, clients, shop, api };
        files.write("ca.pem", files.ca.0.pem());
        files.write("clients.pem", files.clients.0.pem());
        files.put("shop", &files.shop);
        files.put("api", &files.api);
        files
    }

    pub(super) fn path(&self) -> String {
        self.directory.to_str().unwrap().to_owned()
    }

    pub(super) fn path_of(&self, file: &str) -> String {
        self.directory.join(file).to_str().unwrap().to_owned()
    }

    /// The first certificates of these names.
    pub(super) fn der(&self, name: &str) -> CertificateDer<'static> {
        if name == "api.test" { self.api.der.clone() } else { self.shop.der.clone() }
    }

    /// Puts a certificate and its key where the gateway reads those of this name.
    pub(super) fn put(&self, name: &str, made: &Made) {
        self.write(&format!("{name}.key"), made.private.clone());
        self.write(&format!("{name}.pem"), made.certificate.clone());
    }

    /// In one step, as whoever renews certificates does.
    pub(super) fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        let new = self.directory.join(format!("{file}.new"));
        fs::write(&new, text).unwrap();
        fs::rename(new, self.directory.join(file)).unwrap();
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}
