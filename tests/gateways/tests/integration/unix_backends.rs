//! Backends that are unix sockets.

use std::fs;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use castgate_test_support::{DEADLINE, Gateway, Launch, Metrics, Reply, Request, Upstream, poll_within};

use crate::testbed::{Echoed, launch};

/// A socket, behind which is an upstream; gone when it is dropped, and its file with it.
struct Socket {
    path: PathBuf,
    listening: Option<(UnixListener, JoinHandle<()>)>,
}

impl Socket {
    /// Where none is yet.
    fn new(test: &str) -> Self {
        // A path of a socket is short, and that of the target directory may not be.
        let path = std::env::temp_dir().join(format!("castgate-{test}-{}.sock", std::process::id()));
        Self { path, listening: None }
    }

    fn url(&self) -> String {
        format!("unix:{}", self.path.display())
    }

    fn listen(&mut self, upstream: &Upstream) {
        let (listener, to) = (UnixListener::bind(&self.path).unwrap(), upstream.address());
        let accepting = listener.try_clone().unwrap();
        let relay = thread::spawn(move || {
            while let Ok((client, _)) = accepting.accept() {
                let Ok(server) = TcpStream::connect(to) else { continue };
                thread::spawn(move || relay(client, server));
            }
        });
        self.listening = Some((listener, relay));
    }

    fn stop(&mut self) {
        let Some((listener, relay)) = self.listening.take() else { return };
        _ = socket2::SockRef::from(&listener).shutdown(Shutdown::Both);
        relay.join().unwrap();
        fs::remove_file(&self.path).unwrap();
    }

    fn launch(&self, a: &Upstream, b: &Upstream) -> Launch {
        launch("unix_backends", [a, b, b]).env("SOCKET", self.path.to_str().unwrap())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Each direction to its end.
fn relay(client: UnixStream, server: TcpStream) {
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let up = thread::spawn(move || {
        _ = io::copy(&mut from_client, &mut to_server);
        _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (server, client);
    _ = io::copy(&mut from_server, &mut to_client);
    _ = to_client.shutdown(Shutdown::Both);
    _ = up.join();
}

fn state(gateway: &Gateway, backend: &str) -> String {
    gateway.admin("/health").json()["backends"][backend].as_str().unwrap_or_default().to_owned()
}

#[track_caller]
fn await_state(gateway: &Gateway, backend: &str, wanted: &str) {
    poll_within(DEADLINE, || match state(gateway, backend) {
        state if state == wanted => Ok(()),
        state => Err(state),
    });
}

#[test]
fn a_socket_is_a_backend_like_any_other() {
    let (backend, other) = (Upstream::echo(), Upstream::echo());
    let mut socket = Socket::new("like");
    socket.listen(&backend);
    let gateway = socket.launch(&other, &other).start();
    let mut client = gateway.connect();
    let answer = client.get("/socket?a=b");
    assert_eq!(Echoed::of(&answer).text("target"), "/socket?a=b");
    assert_eq!(backend.requests()[0].header("host"), Some("localhost"));
    assert!(backend.probes()[0].header("host") == Some("localhost"), "probes, too");
    let line = gateway.log_line(|line| line.text("path") == "/socket");
    assert_eq!(line.text("backend"), socket.url());
    await_state(&gateway, &socket.url(), "healthy");
    let metrics = Metrics::parse(&gateway.admin("/metrics").text());
    let up = [("upstream", "socket"), ("backend", &socket.url() as &str)];
    assert_eq!(metrics.value("gateway_upstream_up", &up), Some(1.0));
    // One connection is kept, and takes uploads beyond all buffers.
    backend.set(Reply::text("taken"));
    let answer = client.call(&Request::post("/socket", vec![b'x'; 4 << 20]));
    assert_eq!((answer.status, answer.text().as_str()), (200, "taken"));
    let requests = backend.requests();
    assert_eq!(requests[0].connection, requests[1].connection);
    assert_eq!(requests[1].body.len(), 4 << 20);
}

#[test]
fn a_socket_without_a_file_is_unhealthy_until_the_file_is_there() {
    let (backend, other) = (Upstream::start(Reply::text("here")), Upstream::start(Reply::text("other")));
    let mut socket = Socket::new("file");
    let gateway = socket.launch(&other, &other).spawn();
    await_state(&gateway, &socket.url(), "unhealthy");
    gateway.stderr_line(|line| line.contains("backend is unhealthy") && line.contains(&socket.url()));
    assert_eq!(gateway.get("/socket").json()["reason"], "no_healthy_backend");
    assert_eq!(gateway.get("/beside").text(), "other");
    socket.listen(&backend);
    await_state(&gateway, &socket.url(), "healthy");
    assert_eq!(gateway.get("/socket").text(), "here");
    // A file that nobody listens at refuses, and so does one that is gone.
    socket.stop();
    backend.disconnect();
    let answer = gateway.get("/socket");
    assert!(["connect_error", "no_healthy_backend"].contains(&answer.json()["reason"].as_str().unwrap()));
    socket.listen(&backend);
    poll_within(DEADLINE, || match gateway.get("/socket") {
        answer if answer.status == 200 => Ok(()),
        answer => Err(answer.text()),
    });
}

#[test]
fn a_socket_has_its_share_beside_ports() {
    let [backend, a, b] = ["s", "a", "b"].map(|name| Upstream::start(Reply::text(name)));
    let mut socket = Socket::new("share");
    socket.listen(&backend);
    let gateway = socket.launch(&a, &b).start();
    let mut client = gateway.connect();
    let answers = |client: &mut castgate_test_support::RawClient| -> String {
        (0..8).map(|_| client.get("/beside").text()).collect()
    };
    let all = answers(&mut client);
    assert_eq!((all.matches('s').count(), all.matches('a').count()), (2, 6), "{all}");
    a.stop();
    assert_eq!(answers(&mut client), "ssssssss");
    socket.stop();
    backend.disconnect();
    assert_eq!(answers(&mut client), "bbbbbbbb");
}

#[test]
fn what_is_no_path_of_a_socket_is_told_at_start() {
    let other = Upstream::echo();
    let long = format!("/{}", "x".repeat(107));
    for (path, why) in [
        (&long as &str, "has 107 bytes at most"),
        ("@abstract", "begins with `/`"),
        ("run/app.sock", "begins with `/`"),
    ] {
        let mut gateway = launch("unix_backends", [&other; 3]).env("SOCKET", path).spawn();
        assert_ne!(gateway.exit_code(), 0);
        let told = gateway.stderr();
        assert!(told.contains(why) && told.contains("(from ${env:SOCKET})"), "{told}");
    }
}
