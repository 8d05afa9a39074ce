//! A client that speaks TLS: rustls over a socket that blocks.

use std::cell::OnceCell;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use castgate_test_support::{DEADLINE, Head, Request, Response};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, HandshakeKind, RootCertStore,
    SignatureScheme, StreamOwned,
};
use socket2::{Domain, Socket, Type};

use super::authority::{Authority, Made};

/// What a client asks of a server.
#[derive(Clone)]
pub(super) struct Terms {
    roots: Arc<RootCertStore>,
    own: Option<Arc<Made>>,
    is_old: bool,
    trusts_all: bool,
    /// As rustls has it, which is made once: what is remembered of servers is in it.
    made: OnceCell<Arc<ClientConfig>>,
}

/// A connection.
pub(super) struct Client {
    stream: StreamOwned<ClientConnection, TcpStream>,
    /// What has come and was not read.
    come: Vec<u8>,
}

/// Trusts everybody.
#[derive(Debug)]
struct Whoever(Arc<CryptoProvider>);

impl ServerCertVerifier for Whoever {
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
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl Terms {
    /// Those of a client that trusts whom this one has signed.
    pub(super) fn trusting(authority: &Authority) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der()).unwrap();
        let made = OnceCell::new();
        Self { roots: Arc::new(roots), own: None, is_old: false, trusts_all: false, made }
    }

    /// The same, and whoever answers is believed.
    pub(super) fn whoever(self) -> Self {
        Self { trusts_all: true, ..self }
    }

    /// The same with TLS 1.2 and nothing else.
    pub(super) fn old(self) -> Self {
        Self { is_old: true, ..self }
    }

    /// The same with a certificate of its own.
    pub(super) fn showing(self, authority: &Authority, name: &str) -> Self {
        Self { own: Some(Arc::new(authority.sign(name, &[], 2100))), ..self }
    }

    fn config(&self) -> ClientConfig {
        let provider = Arc::new(ring::default_provider());
        let versions: &[_] = if self.is_old { &[&TLS12] } else { &[&TLS13, &TLS12] };
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(self.roots.clone());
        let mut config = match &self.own {
            None => builder.with_no_client_auth(),
            Some(own) => builder.with_client_auth_cert(vec![own.der.clone()], own.key.clone_key()).unwrap(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if self.trusts_all {
            config.dangerous().set_certificate_verifier(Arc::new(Whoever(provider)));
        }
        config
    }

    fn session(&self, name: &str) -> ClientConnection {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        ClientConnection::new(self.made.get_or_init(|| Arc::new(self.config())).clone(), name).unwrap()
    }

    /// What a client says first.
    pub(super) fn hello(&self, name: &str) -> Vec<u8> {
        let mut hello = Vec::new();
        self.session(name).write_tls(&mut hello).unwrap();
        hello
    }

    /// Shakes hands.
    pub(super) fn connect(&self, at: SocketAddr, name: &str) -> io::Result<Client> {
        self.over(TcpStream::connect(at).unwrap(), name)
    }

    /// The same from another address, behind something that is said before.
    pub(super) fn connect_behind(
        &self,
        local: &str,
        before: &[u8],
        at: SocketAddr,
        name: &str,
    ) -> io::Result<Client> {
        let socket = Socket::new(Domain::for_address(at), Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(local.parse().unwrap(), 0).into()).unwrap();
        socket.connect(&at.into()).unwrap();
        let mut stream = TcpStream::from(socket);
        stream.write_all(before).unwrap();
        self.over(stream, name)
    }

    fn over(&self, mut stream: TcpStream, name: &str) -> io::Result<Client> {
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut session = self.session(name);
        while session.is_handshaking() {
            session.complete_io(&mut stream)?;
        }
        Ok(Client { stream: StreamOwned::new(session, stream), come: Vec::new() })
    }
}

impl Client {
    fn session(&self) -> &ClientConnection {
        &self.stream.conn
    }

    pub(super) fn version(&self) -> &'static str {
        self.session().protocol_version().unwrap().as_str().unwrap()
    }

    pub(super) fn protocol(&self) -> Option<String> {
        self.session().alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned())
    }

    pub(super) fn kind(&self) -> HandshakeKind {
        self.session().handshake_kind().unwrap()
    }

    /// The certificate of the other side.
    pub(super) fn shown(&self) -> CertificateDer<'static> {
        self.session().peer_certificates().unwrap()[0].clone().into_owned()
    }

    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
        self.stream.flush().unwrap();
    }

    /// Ends the connection without a word.
    pub(super) fn cut(self) {
        self.stream.sock.shutdown(Shutdown::Write).unwrap();
        // It is closed by the other side.
        let _ = (&self.stream.sock).read(&mut [0; 64]);
    }

    /// Everything to the end, which has to be said.
    pub(super) fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut all = std::mem::take(&mut self.come);
        self.stream.read_to_end(&mut all)?;
        Ok(all)
    }

    #[track_caller]
    pub(super) fn call(&mut self, request: &Request) -> Response {
        self.try_call(request).expect("an answer")
    }

    /// `None` if the connection ends without an answer.
    pub(super) fn try_call(&mut self, request: &Request) -> Option<Response> {
        self.stream.write_all(&request.bytes()).ok()?;
        self.stream.flush().ok()?;
        self.read_response()
    }

    fn more(&mut self) -> Option<()> {
        let mut block = [0; 16 * 1024];
        let count = self.stream.read(&mut block).ok().filter(|count| *count > 0)?;
        self.come.extend_from_slice(&block[..count]);
        Some(())
    }

    /// What is in front of this, which is taken off too.
    fn take_until(&mut self, mark: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(place) = self.come.windows(mark.len()).position(|window| window == mark) {
                let taken = self.come.drain(..place + mark.len()).collect::<Vec<u8>>();
                return Some(taken[..place].to_vec());
            }
            self.more()?;
        }
    }

    fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.come.len() < count {
            self.more()?;
        }
        Some(self.come.drain(..count).collect())
    }

    fn read_response(&mut self) -> Option<Response> {
        let text = String::from_utf8(self.take_until(b"\r\n\r\n")?).unwrap();
        let mut lines = text.split("\r\n").map(str::to_owned);
        let start_line = lines.next().unwrap();
        let lines: Vec<String> = lines.collect();
        let pair = |line: &String| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_owned(), value.trim().to_owned())
        };
        let head = Head { start_line, headers: lines.iter().map(pair).collect(), lines };
        let status = head.start_line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut body = Vec::new();
        if let Some(length) = head.header("content-length") {
            body = self.take(length.parse().unwrap())?;
        } else if head.header("transfer-encoding").is_some() {
            loop {
                let size = String::from_utf8(self.take_until(b"\r\n")?).unwrap();
                let size = usize::from_str_radix(&size, 16).unwrap();
                body.extend(self.take(size)?);
                self.take(2)?;
                if size == 0 {
                    break;
                }
            }
        }
        Some(Response { status, head, body, trailers: Vec::new(), interim: Vec::new() })
    }
}
