//! Backends that are unix sockets.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use castgate_test_support::{
    DEADLINE, Gate, Gateway, Launch, Metrics, Reply, Request, Step, Upstream, let_pass, poll_within,
};

use crate::testbed::{Echoed, assert_problem, launch};

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
        self.let_in(UnixListener::bind(&self.path).unwrap(), upstream);
    }

    /// Nobody is let in, and as many wait for it as can.
    fn crowd(&self) -> (UnixListener, Vec<socket2::Socket>) {
        let address = socket2::SockAddr::unix(&self.path).unwrap();
        let socket = || socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        let listener = socket();
        listener.bind(&address).unwrap();
        listener.listen(0).unwrap();
        let come = || {
            let one = socket();
            one.set_nonblocking(true).unwrap();
            one.connect(&address).map(|()| one)
        };
        let waiting = std::iter::repeat_with(come).map_while(Result::ok).collect();
        (listener.into(), waiting)
    }

    fn let_in(&mut self, listener: UnixListener, upstream: &Upstream) {
        let to = upstream.address();
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

    /// Another upstream has the path from one moment to the next. Who listened there still does, for those who have come already.
    fn replace_by(&mut self, upstream: &Upstream) {
        let mut successor = Self::new("successor");
        successor.listen(upstream);
        fs::rename(&successor.path, &self.path).unwrap();
        self.listening = successor.listening.take();
    }

    fn launch(&self, a: &Upstream, b: &Upstream) -> Launch {
        launch("unix_backends", [a, b, b]).env("SOCKET", self.path.to_str().unwrap())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.stop();
        // A gateway's own, or another's by now.
        _ = fs::remove_file(&self.path);
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
    let seen = backend.await_request(|request| request.target == "/socket?a=b");
    for (name, value) in [
        ("host", "localhost"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "gateway.test"),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
    assert!(backend.probes()[0].header("host") == Some("localhost"), "probes, too");
    let line = gateway.log_line(|line| line.text("path") == "/socket");
    assert_eq!(line.text("backend"), socket.url());
    await_state(&gateway, &socket.url(), "healthy");
    let metrics = Metrics::parse(&gateway.admin("/metrics").text());
    let up = [("upstream", "socket"), ("backend", &socket.url() as &str)];
    assert_eq!(metrics.value("gateway_upstream_up", &up), Some(1.0));
    assert_eq!(metrics.sum("gateway_upstream_requests_total", &up), 1.0);
    // One connection is kept, and takes uploads beyond all buffers.
    backend.set(Reply::text("taken"));
    let answer = client.call(&Request::post("/socket", vec![b'x'; 4 << 20]));
    assert_eq!((answer.status, answer.text().as_str()), (200, "taken"));
    let requests = backend.requests();
    assert_eq!(requests[0].connection, requests[1].connection);
    assert_eq!(requests[1].body.len(), 4 << 20);
    // Elsewhere the Host is what it would be for a port: the client's.
    client.get("/unchecked");
    let seen = backend.await_request(|request| request.target == "/unchecked");
    assert_eq!(seen.header("host"), Some("gateway.test"));
}

#[test]
fn what_cannot_be_connected_to_is_told_and_nothing_is_waited_for() {
    let other = Upstream::echo();
    let mut socket = Socket::new("dead");
    let gateway = socket.launch(&other, &other).spawn();
    // No file; a file of a socket at which nobody listens; a file that is none; and what leads through it.
    assert_problem(&gateway.get("/unchecked/absent"), 502, "connect_error");
    drop(UnixListener::bind(&socket.path).unwrap());
    assert_problem(&gateway.get("/unchecked/dead"), 502, "connect_error");
    fs::remove_file(&socket.path).unwrap();
    fs::write(&socket.path, "").unwrap();
    assert_problem(&gateway.get("/unchecked/file"), 502, "connect_error");
    for path in ["absent", "dead", "file"] {
        let line = gateway.log_of(&format!("/unchecked/{path}"));
        assert_eq!((line.text("reason"), line.text("backend")), ("connect_error", &socket.url() as &str));
    }
    fs::remove_file(&socket.path).unwrap();
    let backend = Upstream::start(Reply::text("here"));
    socket.listen(&backend);
    assert_eq!(gateway.get("/unchecked").text(), "here");
}

#[test]
fn a_socket_is_one_backend_where_names_are_many() {
    let (backend, other) = (Upstream::start(Reply::text("s")), Upstream::start(Reply::text("a")));
    let mut socket = Socket::new("resolved");
    socket.listen(&backend);
    let gateway = socket.launch(&other, &other).start();
    let mut client = gateway.connect();
    let answers: String = (0..8).map(|_| client.get("/resolved").text()).collect();
    assert_eq!(answers.matches('s').count(), 4, "{answers}");
}

/// As a deployment does it: the successor's file takes the place of the old one, and then the old one ends.
#[test]
fn a_socket_that_is_made_anew_under_load_costs_no_request() {
    const CLIENTS: usize = 4;
    let (old, new) = (Upstream::start(Reply::text("old")), Upstream::start(Reply::text("new")));
    let mut socket = Socket::new("anew");
    socket.listen(&old);
    let gateway = socket.launch(&old, &old).start();
    let (is_replaced, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let settled = AtomicUsize::new(0);
    thread::scope(|scope| {
        let load = |number: usize| {
            let (gateway, is_replaced, is_over, settled) = (&gateway, &is_replaced, &is_over, &settled);
            move || {
                let mut client = gateway.connect();
                let (mut answers, mut is_settled) = (BTreeMap::new(), false);
                // On, until each has been to the successor.
                while !is_over.load(Ordering::Relaxed) || !answers.contains_key("new") {
                    let is_behind = is_replaced.load(Ordering::SeqCst);
                    let answer = client.get(&format!("/socket/{number}"));
                    assert_eq!(answer.status, 200, "{}, replaced: {is_behind}", answer.text());
                    *answers.entry(answer.text()).or_insert(0) += 1;
                    if is_behind && !std::mem::replace(&mut is_settled, true) {
                        settled.fetch_add(1, Ordering::SeqCst);
                    }
                }
                answers
            }
        };
        let clients: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(load(number))).collect();
        let past = |upstream: &Upstream, count: usize| {
            poll_within(DEADLINE, || match upstream.count() {
                now if now >= count => Ok(()),
                now => Err(format!("{now} of {count}")),
            });
        };
        past(&old, 200);
        socket.replace_by(&new);
        is_replaced.store(true, Ordering::SeqCst);
        // Whoever was connecting to the old one has been answered when all have begun another request and got its answer.
        poll_within(DEADLINE, || match settled.load(Ordering::SeqCst) {
            CLIENTS => Ok(()),
            fewer => Err(format!("{fewer} of {CLIENTS} clients")),
        });
        // What is kept ends under a request, without an answer.
        old.set(Reply(vec![Step::Close]));
        is_over.store(true, Ordering::Relaxed);
        for client in clients {
            let answers = client.join().unwrap();
            assert!(answers["old"] > 0 && answers["new"] > 0, "{answers:?}");
        }
    });
    assert!(gateway.stderr().lines().all(|line| !line.contains("unhealthy")), "{}", gateway.stderr());
}

#[test]
fn a_socket_of_the_gateway_s_own_is_refused_however_it_is_spelled() {
    let other = Upstream::echo();
    let own = Socket::new("own");
    let (directory, name) = (own.path.parent().unwrap(), own.path.file_name().unwrap().to_str().unwrap());
    let link = Socket::new("link");
    symlink(&own.path, &link.path).unwrap();
    let linked = std::env::temp_dir().join(format!("castgate-linked-{}", std::process::id()));
    symlink(directory, &linked).unwrap();
    let paths = [
        own.path.display().to_string(),
        format!("{}//./{name}", directory.display()),
        format!("{}/../{}/{name}", directory.display(), directory.file_name().unwrap().to_str().unwrap()),
        link.path.display().to_string(),
        linked.join(name).display().to_string(),
    ];
    for path in &paths {
        let launch = own.launch(&other, &other).env("LISTEN", own.url()).env("SOCKET", path);
        let mut gateway = launch.spawn();
        assert_eq!(gateway.exit_code(), 78, "{path}");
        let told = gateway.stderr();
        let why = format!("it is the gateway itself, which listens on {}", own.url());
        assert!(told.contains(&why) && told.contains("(from ${env:SOCKET})"), "{told}");
    }
    // A link to elsewhere is another's.
    fs::remove_file(&link.path).unwrap();
    symlink("/nowhere", &link.path).unwrap();
    let launch = own.launch(&other, &other).env("LISTEN", own.url());
    let gateway = launch.env("SOCKET", link.path.to_str().unwrap()).spawn();
    gateway.stderr_line(|line| line.contains("listening"));
    drop(gateway);
    fs::remove_file(&link.path).unwrap();
    fs::remove_file(linked).unwrap();
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
fn the_next_attempt_has_its_own_time_to_connect() {
    let (late, busy) = (Upstream::echo(), Upstream::start(Reply::text("busy")));
    let mut socket = Socket::new("busy");
    let (listener, waiting) = socket.crowd();
    let gateway = socket.launch(&late, &late).spawn();
    let gate = Gate::new();
    late.set(Reply(vec![Step::Pause(gate.clone()), Step::Reset]));
    let mut client = gateway.connect();
    client.send_request(&Request::get("/patient"));
    late.await_request(|request| request.target == "/patient");
    let_pass(Duration::from_millis(500));
    gate.open();
    // The time for the first one's answer runs out meanwhile.
    let_pass(Duration::from_secs(1));
    drop(waiting);
    socket.let_in(listener, &busy);
    assert_eq!(client.read_response().unwrap().text(), "busy");
    let line = gateway.log_of("/patient");
    assert_eq!((line.status(), &line.value["retries"]), (200, &1.into()), "{}", line.raw);
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
