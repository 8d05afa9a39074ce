use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};
use tokio::io::AsyncWriteExt;

use super::*;
use crate::stream::{Ended, Stream};

type Client = StreamOwned<ClientConnection, UnixStream>;

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

fn configs() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let made = rcgen::generate_simple_self_signed(vec!["a.test".to_owned()]).unwrap();
    let provider = Arc::new(ring::default_provider());
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(server), Arc::new(client))
}

/// Two sides that have come to terms; the client blocks.
async fn pair() -> (Stream, Client) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let (server, client) = configs();
    let shaking = std::thread::spawn(move || {
        let name = ServerName::try_from("a.test").unwrap();
        let mut client = StreamOwned::new(ClientConnection::new(client, name).unwrap(), theirs);
        client.flush().unwrap();
        client
    });
    let socket = Stream::unix(ours).unwrap().into_socket().unwrap();
    let mut secured = Secured::new(socket, ServerConnection::new(server).unwrap());
    poll_fn(|cx| secured.poll_handshake(cx)).await.unwrap();
    (Stream::layered(Box::new(secured)), joined(shaking).await)
}

/// What a thread comes to, while the runtime goes on.
async fn joined<T: Send + 'static>(thread: std::thread::JoinHandle<T>) -> T {
    tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap()
}

async fn read(ours: &mut Stream, most: usize) -> io::Result<Vec<u8>> {
    let mut block = BytesMut::with_capacity(4096);
    poll_fn(|cx| ours.poll_read_into(&mut block, most, cx)).await.map(|count| {
        assert_eq!(count, block.len());
        block.to_vec()
    })
}

#[test]
fn what_goes_in_comes_out_whatever_is_read_at_a_time() {
    run(async {
        for most in [1, 700, 4096, 16 * 1024] {
            let (mut ours, mut client) = pair().await;
            let sent: Vec<u8> = (0..100_000_u32).map(|place| ((place * 7) >> 3) as u8).collect();
            let expected = sent.clone();
            let sending = std::thread::spawn(move || {
                // Records of every length, many in one read and one in many.
                for piece in sent.chunks(977).chain([&sent[..0]]) {
                    client.write_all(piece).unwrap();
                }
                client.write_all(&vec![1; 40_000]).unwrap();
                client.conn.send_close_notify();
                client.flush().unwrap();
                client
            });
            let mut come = Vec::new();
            loop {
                let piece = read(&mut ours, most).await.unwrap();
                assert!(piece.len() <= most);
                if piece.is_empty() {
                    break;
                }
                come.extend_from_slice(&piece);
            }
            assert!(come[..100_000] == expected && come[100_000..] == vec![1; 40_000], "at {most}");
            // It listens still.
            let mut client = joined(sending).await;
            ours.write_all(b"and back").await.unwrap();
            ours.shutdown().await.unwrap();
            let mut back = String::new();
            client.read_to_string(&mut back).unwrap();
            assert_eq!(back, "and back");
        }
    });
}

#[test]
fn an_end_that_was_not_said_is_none() {
    run(async {
        let (mut ours, mut client) = pair().await;
        client.write_all(b"half").unwrap();
        client.sock.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read(&mut ours, 9).await.unwrap(), b"half");
        for _ in 0..2 {
            assert_eq!(read(&mut ours, 9).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            assert!(!ours.is_quiet() && ours.has_come());
        }
        assert_eq!(poll_fn(|cx| ours.poll_ended(cx)).await, Ended::Finished);
    });
}

#[test]
fn what_was_decrypted_and_not_read_has_come() {
    run(async {
        let (mut ours, mut client) = pair().await;
        let mut noop = Context::from_waker(Waker::noop());
        assert!(ours.poll_read_ready(&mut noop).is_pending() && ours.is_quiet() && !ours.has_come());
        client.write_all(b"three").unwrap();
        poll_fn(|cx| ours.poll_read_ready(cx)).await.unwrap();
        assert_eq!(read(&mut ours, 2).await.unwrap(), b"th");
        // Nothing is in the socket.
        assert!(ours.poll_read_ready(&mut noop).is_ready() && !ours.is_quiet() && ours.has_come());
        assert_eq!(read(&mut ours, 9).await.unwrap(), b"ree");
        assert!(ours.poll_read_ready(&mut noop).is_pending() && ours.is_quiet() && !ours.has_come());
    });
}

#[test]
fn who_is_left_is_told_so_unless_something_is_missing() {
    run(async {
        for (is_cut, end) in [(false, Ok(0)), (true, Err(io::ErrorKind::UnexpectedEof))] {
            let (mut ours, mut client) = pair().await;
            ours.write_all(b"all").await.unwrap();
            if is_cut {
                ours.reset_at_end();
            }
            drop(ours);
            let mut come = [0; 3];
            client.read_exact(&mut come).unwrap();
            assert_eq!(client.read(&mut come).map_err(|error| error.kind()), end);
        }
    });
}

#[test]
fn what_is_called_taken_is_in_the_socket() {
    run(async {
        let (mut ours, mut client) = pair().await;
        let much: Vec<u8> = (0..3_000_000_u32).map(|place| (place >> 5) as u8).collect();
        let mut taken = 0;
        let mut noop = Context::from_waker(Waker::noop());
        while let Poll::Ready(count) = Pin::new(&mut ours).poll_write(&mut noop, &much[taken..]) {
            taken += count.unwrap();
        }
        assert!(taken > 0 && taken < much.len());
        // What is left goes on with the same bytes, perhaps with more behind them; another text is refused.
        let other = Pin::new(&mut ours).poll_write(&mut noop, &much[taken..taken + 1]);
        assert!(other.is_pending(), "nobody has read");
        let expected = much.clone();
        let reading = std::thread::spawn(move || {
            let mut come = vec![0; expected.len()];
            client.read_exact(&mut come).unwrap();
            assert!(come == expected);
            let end = client.read(&mut [0; 1]).unwrap();
            assert_eq!(end, 0);
        });
        while taken < much.len() {
            let slices = [IoSlice::new(&much[taken..]), IoSlice::new(b"")];
            taken += ours.write_vectored(&slices).await.unwrap();
        }
        ours.shutdown().await.unwrap();
        joined(reading).await;
    });
}

#[test]
fn what_is_no_record_ends_it() {
    run(async {
        let (mut ours, mut client) = pair().await;
        client.write_all(b"one").unwrap();
        assert_eq!(read(&mut ours, 3).await.unwrap(), b"one");
        client.sock.write_all(b"\x17\x03\x03\x00\x20--------------------------------").unwrap();
        let broken = read(&mut ours, 3).await.unwrap_err();
        assert_eq!(broken.kind(), io::ErrorKind::InvalidData);
        assert!(read(&mut ours, 3).await.is_err(), "it stays so");
        assert!(ours.write_all(b"more").await.is_err());
    });
}
