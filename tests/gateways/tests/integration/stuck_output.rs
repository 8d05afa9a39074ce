//! Nobody reads what the gateway writes, or not as fast as it is written: nothing else waits for that, and no line is torn.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use socket2::SockRef;

use castgate_test_support::{DEADLINE, Metrics, RawClient, Upstream, poll};

/// A gateway whose outputs are the test's own, killed at the latest when it is dropped.
struct Unread {
    child: Child,
    address: SocketAddr,
    admin: SocketAddr,
    _upstream: Upstream,
}

impl Unread {
    fn start(stdout: Stdio, stderr: Stdio, level: &str) -> Self {
        let upstream = Upstream::echo();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (address, admin) = (free(), free());
        let child = Command::new(env!("CARGO_BIN_EXE_gateways"))
            .arg("proxy")
            .envs(["A", "C"].map(|name| (name, upstream.url())))
            // Nobody listens there, and every request that finds out is a line at the level `debug`.
            .env("B", "http://127.0.0.1:1")
            .env("LISTEN", address.to_string())
            .env("ADMIN", admin.to_string())
            .env("RUST_LOG", level)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap();
        poll(|| std::net::TcpStream::connect(address).map(drop).map_err(|error| error.to_string()));
        Self { child, address, admin, _upstream: upstream }
    }

    #[track_caller]
    fn answers(&self, count: usize, target: &str, status: u16) {
        let mut client = RawClient::connect(self.address);
        for _ in 0..count {
            assert_eq!(client.get(target).status, status);
        }
    }

    fn terminate(&self) {
        let sent = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    #[track_caller]
    fn exit_code(&mut self) -> Option<i32> {
        poll(|| match self.child.try_wait() {
            Ok(Some(status)) => Ok(status.code()),
            Ok(None) => Err("still running".to_owned()),
            Err(error) => Err(error.to_string()),
        })
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn a_stuck_stderr_stops_neither_requests_nor_the_signal() {
    // The pipe takes 64 KiB, and the gateway keeps 1,024 lines.
    let mut gateway = Unread::start(Stdio::null(), Stdio::piped(), "debug");
    gateway.answers(3000, "/once", 502);
    poll(|| {
        let text = RawClient::connect(gateway.admin).get("/metrics").text();
        match Metrics::parse(&text).value("gateway_log_dropped_total", &[]) {
            Some(dropped) if dropped > 0.0 => Ok(()),
            dropped => Err(format!("dropped: {dropped:?}")),
        }
    });
    gateway.terminate();
    assert_eq!(gateway.exit_code(), Some(0));
}

#[test]
fn a_stuck_stdout_stops_neither_requests_nor_the_signal() {
    let mut gateway = Unread::start(Stdio::piped(), Stdio::null(), "off");
    gateway.answers(1000, "/", 200);
    gateway.terminate();
    assert_eq!(gateway.exit_code(), Some(0));
}

#[test]
fn a_stdout_that_takes_lines_in_pieces_gets_them_whole() {
    const LINES: usize = 2000;
    let (ours, its) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(DEADLINE)).unwrap();
    // It takes little at a time,
    SockRef::from(&its).set_send_buffer_size(4096).unwrap();
    // as a terminal or a pipe that another program has made non-blocking, which all who share it then see.
    its.set_nonblocking(true).unwrap();
    let mut gateway = Unread::start(OwnedFd::from(its).into(), Stdio::null(), "off");
    let is_request = |line: &&str| line.contains("\"path\":\"/\"");
    // By now it is full, and has said so.
    gateway.answers(LINES / 10, "/", 200);
    let read = std::thread::spawn(move || {
        let (mut ours, mut text, mut requests) = (BufReader::new(ours), String::new(), 0);
        while requests < LINES {
            let begin = text.len();
            assert_ne!(ours.read_line(&mut text).unwrap(), 0, "{requests} lines, and then the end");
            requests += usize::from(is_request(&&text[begin..]));
        }
        (ours, text)
    });
    gateway.answers(LINES - LINES / 10, "/", 200);
    // All lines are out before it ends: it waits for nobody who reads slowly.
    let (mut ours, mut text) = read.join().unwrap();
    gateway.terminate();
    assert_eq!(gateway.exit_code(), Some(0));
    // The command holds a copy of the other end until it is dropped.
    drop(gateway);
    ours.read_to_string(&mut text).unwrap();
    let torn: Vec<&str> =
        text.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_err()).collect();
    assert!(torn.is_empty(), "{torn:#?}");
    assert_eq!(text.lines().filter(is_request).count(), LINES);
}
