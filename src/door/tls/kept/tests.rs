use std::path::PathBuf;
use std::sync::atomic::AtomicU32;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SignatureAlgorithm};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, ServerConnection, SignatureScheme,
};

use super::super::{Certificate, FilePath, TlsSettings};
use super::*;
use crate::late::{Late, Origin, Piece};

/// A directory of a test's own.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("castgate-tls-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a certificate for these names; where it is, and the bytes of it.
    fn make(
        &self,
        stem: &str,
        names: &[&str],
        kind: &'static SignatureAlgorithm,
        days: i64,
    ) -> (Certificate, CertificateDer<'static>) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        // Some of it is over.
        let first = rcgen::date_time_ymd(2020, 1, 1);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let since_first = Duration::from_secs(now.as_secs() - 1_577_836_800);
        params.not_before = first + since_first - Duration::from_secs(10 * 86_400);
        params.not_after = first + since_first + Duration::from_secs(days as u64 * 86_400);
        let key = KeyPair::generate_for(kind).unwrap();
        let made = params.self_signed(&key).unwrap();
        let write = |name: String, text: String| {
            let path = self.0.join(name);
            std::fs::write(&path, text).unwrap();
            let path: &'static str = Box::leak(path.to_str().unwrap().to_owned().into_boxed_str());
            FilePath {
                origin: Origin::at("gateway.yml", 1),
                path: Late::new(Box::leak(Box::new([Piece::Literal(path)]))),
            }
        };
        let certificate = write(format!("{stem}.pem"), made.pem());
        let key = write(format!("{stem}.key"), key.serialize_pem());
        (Certificate { certificate, key }, made.der().clone())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tls(certificates: Vec<Certificate>) -> Tls {
    Tls::new(
        "public",
        TlsSettings {
            behind: None,
            certificates: Box::leak(certificates.into_boxed_slice()),
            min_version: TlsVersion::Tls12,
            client_certificates: None,
            sni: Sni::Any,
        },
    )
}

fn bound(certificates: Vec<Certificate>) -> Tls {
    let (tls, mut problems) = (tls(certificates), Problems::new());
    bind(&tls, &mut problems);
    assert_eq!(problems.messages(), [""; 0]);
    tls
}

/// Knows some kinds of signatures, and believes whatever is signed.
#[derive(Debug)]
struct Knows(Vec<SignatureScheme>);

impl ServerCertVerifier for Knows {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.clone()
    }
}

/// What a client gets that asks for this name and knows these kinds.
fn shown(tls: &Tls, name: &'static str, kinds: &[SignatureScheme]) -> CertificateDer<'static> {
    let config = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Knows(kinds.to_vec())))
        .with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
    let mut server = ServerConnection::new(tls.kept.served().unwrap().config.clone()).unwrap();
    while client.is_handshaking() {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets().unwrap();
        bytes.clear();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        let mut bytes = bytes.as_slice();
        while !bytes.is_empty() {
            client.read_tls(&mut bytes).unwrap();
            client.process_new_packets().unwrap();
        }
    }
    client.peer_certificates().unwrap()[0].clone().into_owned()
}

#[test]
fn of_several_of_one_name_a_client_gets_the_first_that_it_can_verify() {
    use SignatureScheme::{ECDSA_NISTP256_SHA256, ED25519};
    let directory = Directory::new();
    let (first, edwards) = directory.make("a", &["a.test"], &PKCS_ED25519, 90);
    let (second, curve) = directory.make("b", &["a.test", "*.a.test"], &PKCS_ECDSA_P256_SHA256, 90);
    let tls = bound(vec![first, second]);
    for (name, kinds, expected) in [
        ("a.test", &[ED25519, ECDSA_NISTP256_SHA256][..], &edwards),
        ("a.test", &[ECDSA_NISTP256_SHA256], &curve),
        ("b.a.test", &[ED25519, ECDSA_NISTP256_SHA256], &curve),
        ("elsewhere.test", &[ED25519, ECDSA_NISTP256_SHA256], &edwards),
        ("elsewhere.test", &[ECDSA_NISTP256_SHA256], &curve),
    ] {
        assert_eq!(shown(&tls, name, kinds), *expected, "{name} by {kinds:?}");
    }
}

#[test]
fn an_end_is_near_in_the_last_fortnight_or_the_last_quarter() {
    let directory = Directory::new();
    let ending = |days: i64| {
        let (one, _) = directory.make("a", &["a.test"], &PKCS_ECDSA_P256_SHA256, days);
        let served = bound(vec![one]).kept.served().unwrap();
        served.certificates.ending(SystemTime::now()).count() == 1
    };
    // Ten days of each are over.
    assert_eq!([15, 4, 3].map(ending), [false, false, true]);
    let (long, _) = directory.make("b", &["a.test"], &PKCS_ECDSA_P256_SHA256, 400);
    let served = bound(vec![long]).kept.served().unwrap();
    let at = |days: u64| SystemTime::now() + Duration::from_secs(days * 86_400);
    let is_near = |days| served.certificates.ending(at(days)).count() == 1;
    assert_eq!([385, 387].map(is_near), [false, true]);
}

#[test]
fn what_cannot_be_used_changes_nothing_and_a_replaced_file_is_seen() {
    let directory = Directory::new();
    let (one, der) = directory.make("a", &["a.test"], &PKCS_ECDSA_P256_SHA256, 90);
    let tls = bound(vec![one]);
    let kinds = [SignatureScheme::ECDSA_NISTP256_SHA256];
    let stamps = files::stamps(&tls.settings);
    assert_eq!(stamps, files::stamps(&tls.settings));
    std::fs::remove_file(directory.0.join("a.key")).unwrap();
    assert_ne!(stamps, files::stamps(&tls.settings));
    let mut problems = Problems::new();
    assert_eq!(reload(&tls, &mut problems), Reloaded::Done);
    assert_eq!(problems.messages().len(), 1, "{problems:?}");
    assert!(problems.messages()[0].starts_with("gateway.yml:1: key "), "{problems:?}");
    assert!(tls.kept.has_failed.load(Ordering::Relaxed));
    assert_eq!(shown(&tls, "a.test", &kinds), der);
    let (_, new) = directory.make("a", &["a.test"], &PKCS_ECDSA_P256_SHA256, 90);
    reload(&tls, &mut Problems::new());
    assert!(!tls.kept.has_failed.load(Ordering::Relaxed));
    assert_eq!(shown(&tls, "a.test", &kinds), new);
}

#[test]
fn a_certificate_says_for_whom_and_how_long_it_is() {
    let directory = Directory::new();
    let (one, der) = directory.make("a", &["a.test", "*.b.test", "192.0.2.1"], &PKCS_ECDSA_P256_SHA256, 90);
    let served = bound(vec![one]).kept.served().unwrap();
    use super::super::super::facts::Names as _;
    for (host, is_covered) in [
        ("a.test", true),
        ("x.b.test", true),
        ("192.0.2.1", true),
        ("b.test", false),
        ("x.x.b.test", false),
        ("192.0.2.2", false),
        ("[::1]", false),
        ("", false),
        ("a.test/x", false),
    ] {
        assert_eq!(served.certificates.cover(host), is_covered, "{host}");
    }
    assert_eq!(x509::subject(&der).unwrap(), "CN=rcgen self signed cert");
}
