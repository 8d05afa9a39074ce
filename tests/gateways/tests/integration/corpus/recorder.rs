//! A backend that keeps every byte it gets, and answers what is exactly a request.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use castgate_test_support::Watched;

use super::strict::{self, Not, Parsed};

/// In every answer of it, and in none of the gateway's own.
pub(crate) const MARK: &str = "x-answered-by-the-backend";

/// Targets that are answered 101 whatever was asked for, so that nobody gets that answer.
pub(crate) const FORGED: [&str; 2] = ["/forged-101", "/bare-101"];

/// What has come on one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_closed: bool,
}

pub(crate) struct Recorder {
    address: SocketAddr,
    connections: Arc<Watched<Vec<Recorded>>>,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let connections: Arc<Watched<Vec<Recorded>>> = Arc::default();
        let all = Arc::clone(&connections);
        // It ends with the process: nobody would wait for it.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = all.update(|all| {
                    all.push(Recorded::default());
                    all.len() - 1
                });
                let all = Arc::clone(&all);
                thread::spawn(move || serve(stream, number, &all));
            }
        });
        Self { address, connections }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn connections(&self) -> Vec<Recorded> {
        self.connections.read(Clone::clone)
    }
}

fn serve(mut stream: TcpStream, number: usize, all: &Watched<Vec<Recorded>>) {
    _ = stream.set_nodelay(true);
    let (mut waiting, mut piece, mut has_consented) = (Vec::new(), [0; 64 * 1024], false);
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        all.update(|all| all[number].bytes.extend_from_slice(&piece[..length]));
        waiting.extend_from_slice(&piece[..length]);
        loop {
            match strict::request(&waiting) {
                Ok(parsed) => {
                    waiting.drain(..parsed.length);
                    has_consented = false;
                    // Whoever is gone is seen at the next read.
                    _ = stream.write_all(&answer(&parsed));
                }
                Err(Not::Yet) => {
                    // Who asks first gets what he asks for, once.
                    if !has_consented && asks_for_consent(&waiting) {
                        has_consented = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok();
                    }
                    break;
                }
                // The judge finds it again.
                Err(Not::Request(_)) => {
                    _ = stream.shutdown(Shutdown::Both);
                    break;
                }
            }
        }
    }
    all.update(|all| all[number].is_closed = true);
}

fn asks_for_consent(waiting: &[u8]) -> bool {
    let text = String::from_utf8_lossy(waiting).to_ascii_lowercase();
    text.split_once("\r\n\r\n").is_some_and(|(head, _)| head.contains("\r\nexpect: 100-continue"))
}

/// An echo; of some targets, what looks as if the protocol was switched.
fn answer(parsed: &Parsed) -> Vec<u8> {
    let switching = "Connection: Upgrade\r\nUpgrade: ";
    let pretended = match parsed.target.as_str() {
        "/426" => Some(format!("426 Upgrade Required\r\n{switching}websocket\r\nSec-WebSocket-Version: 13")),
        "/200-upgrade" => Some(format!("200 OK\r\n{switching}websocket")),
        target if target == FORGED[0] => Some(format!("101 Switching Protocols\r\n{switching}h2c")),
        target if target == FORGED[1] => Some("101 Switching Protocols".to_owned()),
        _ => None,
    };
    let body = format!("{} {}", parsed.method, parsed.target);
    let start = pretended.as_deref().unwrap_or("200 OK");
    let head = format!("HTTP/1.1 {start}\r\n{MARK}: yes\r\nContent-Length: {}\r\n\r\n", body.len());
    if parsed.method == "HEAD" { head.into_bytes() } else { (head + &body).into_bytes() }
}
