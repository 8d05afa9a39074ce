//! Sockets of this machine to listen on, and who their clients are.

use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use castgate_test_support::{
    Closing, DEADLINE, Gate, Gateway, Launch, Message, RawClient, Reply, Request, Response, Upstream,
};

use crate::testbed::{assert_problem, launch};

/// A gateway that listens on a socket.
struct Bed {
    gateway: Gateway,
    path: PathBuf,
    a: Upstream,
}

/// A path of its own for each test.
fn path(test: &str) -> PathBuf {
    std::env::temp_dir().join(format!("castgate-{}-{test}.sock", std::process::id()))
}

fn launch_at(config: &str, path: &Path, a: &Upstream) -> Launch {
    let launch = launch(config, [a, a, a]).env("SOCKET", format!("unix:{}", path.display()));
    if config == "unix_alone" { launch.with_admin() } else { launch }
}

/// What a gateway says that cannot start.
fn refusal(mut gateway: Gateway) -> String {
    // `EX_CONFIG`
    assert_eq!(gateway.exit_code(), 78, "{}", gateway.stderr());
    gateway.stderr()
}

impl Bed {
    fn new(config: &str, test: &str) -> Self {
        let (path, a) = (path(test), Upstream::echo());
        Self { gateway: launch_at(config, &path, &a).start(), path, a }
    }

    fn connect(&self) -> RawClient {
        RawClient::connect_unix(&self.path)
    }

    /// The `client_ip` of a response's line.
    fn client_of(&self, response: &Response) -> String {
        let id = response.header("x-request-id").unwrap().to_owned();
        self.gateway.log_line(|line| line.text("request_id") == id).text("client_ip").to_owned()
    }
}

#[test]
fn a_socket_serves_what_a_port_does() {
    let bed = Bed::new("unix", "serves");
    let mut client = bed.connect();
    for number in 0..3 {
        assert_eq!(client.get("/things").status, 200, "{number}");
    }
    let big = vec![b'x'; 1 << 20];
    assert_eq!(client.call(&Request::post("/upload", big.clone())).status, 200);
    assert!(bed.a.await_request(|request| request.target == "/upload").body == big);
    assert_eq!(client.get("/livez").status, 200);
    assert_problem(&client.call(&Request::new("TRACE", "/")), 501, "not_implemented");
}

#[test]
fn every_worker_takes_connections_from_the_one_socket() {
    let bed = Bed::new("unix", "workers");
    let mut clients: Vec<RawClient> = (0..40).map(|_| bed.connect()).collect();
    clients.iter_mut().for_each(|client| client.send_request(&Request::get("/")));
    for client in &mut clients {
        assert_eq!(client.read_response().unwrap().status, 200);
    }
}

#[test]
fn who_is_not_trusted_has_no_address_and_gets_none() {
    let bed = Bed::new("unix_alone", "untrusted");
    let request = Request::get("/").header("X-Forwarded-For", "203.0.113.9").header("X-Client", "me");
    let response = bed.connect().call(&request);
    let seen = bed.a.await_request(|request| request.target == "/");
    assert_eq!((seen.header("x-forwarded-for"), seen.header("x-client")), (None, None));
    assert_eq!(bed.client_of(&response), "unix");
}

#[test]
fn a_trusted_proxy_says_who_the_client_is() {
    let bed = Bed::new("unix", "trusted");
    let request = Request::get("/told").header("X-Forwarded-For", "198.51.100.1, 203.0.113.9");
    let response = bed.connect().call(&request);
    let seen = bed.a.await_request(|request| request.target == "/told");
    assert_eq!(seen.header("x-forwarded-for"), Some("198.51.100.1, 203.0.113.9"));
    assert_eq!(seen.header("x-client"), Some("203.0.113.9"));
    assert_eq!(bed.client_of(&response), "203.0.113.9");
    // One that says nothing.
    let response = bed.connect().get("/untold");
    let seen = bed.a.await_request(|request| request.target == "/untold");
    assert_eq!((seen.header("x-forwarded-for"), seen.header("x-client")), (None, None));
    assert_eq!(bed.client_of(&response), "unix");
    // Who comes by the port is nobody's proxy.
    let request = Request::get("/port").header("X-Forwarded-For", "203.0.113.9");
    assert_eq!(bed.client_of(&bed.gateway.call(&request)), "127.0.0.1");
}

#[test]
fn a_filter_lets_nobody_in_who_has_no_address() {
    let bed = Bed::new("unix", "filter");
    let mut client = bed.connect();
    for path in ["/allowed", "/not-denied"] {
        assert_problem(&client.get(path), 403, "ip_denied");
        for (address, status) in
            [("203.0.113.9", 200), ("203.0.113.7", if path == "/allowed" { 200 } else { 403 })]
        {
            let request = Request::get(path).header("X-Forwarded-For", address);
            assert_eq!(client.call(&request).status, status, "{path} {address}");
        }
    }
}

#[test]
fn those_without_an_address_have_one_limit_together() {
    let bed = Bed::new("unix", "limit");
    for status in [200, 200, 429] {
        assert_eq!(bed.connect().get("/limited").status, status);
    }
    let other = Request::get("/limited").header("X-Forwarded-For", "203.0.113.9");
    assert_eq!(bed.connect().call(&other).status, 200);
}

#[test]
fn a_gateway_that_stops_finishes_what_it_has_and_takes_its_socket_away() {
    let mut bed = Bed::new("unix_alone", "stops");
    let gate = Gate::new();
    bed.a.set(Reply::gated(&gate, Message::new(200).body("finished")));
    let mut client = bed.connect();
    client.send_request(&Request::get("/in-flight"));
    bed.a.await_request(|request| request.target == "/in-flight");
    bed.gateway.signal("TERM");
    bed.gateway.poll_admin("/readyz", |ready| ready.status == 503);
    gate.open();
    assert_eq!(client.read_response().unwrap().text(), "finished");
    assert_eq!(client.await_close(), Closing::Closed);
    assert_eq!(bed.gateway.exit_code(), 0);
    assert!(!bed.path.exists());
}

/// What one worker does to the socket as it closes holds no other.
#[test]
fn workers_that_share_a_socket_all_end() {
    let (a, path) = (Upstream::echo(), path("ends"));
    for _ in 0..12 {
        let mut gateway = launch_at("unix", &path, &a).start();
        gateway.signal("TERM");
        assert_eq!(gateway.exit_code(), 0);
        assert!(!path.exists());
    }
}

#[test]
fn a_socket_that_a_killed_gateway_left_is_replaced_and_one_in_use_is_not() {
    let mut bed = Bed::new("unix_alone", "left");
    let second = launch_at("unix_alone", &bed.path, &bed.a).spawn();
    let second = refusal(second);
    assert!(second.contains("somebody listens there already"), "{second}");
    assert_eq!(bed.connect().get("/").status, 200);
    bed.gateway.signal("KILL");
    assert!(bed.gateway.wait_exit(DEADLINE).is_some());
    assert!(bed.path.exists());
    bed.gateway = launch_at("unix_alone", &bed.path, &bed.a).start();
    assert_eq!(bed.connect().get("/").status, 200);
}

#[test]
fn what_is_no_socket_or_cannot_be_one_is_said_at_start() {
    let (a, file) = (Upstream::echo(), path("file"));
    std::fs::write(&file, "precious").unwrap();
    let said = refusal(launch_at("unix_alone", &file, &a).spawn());
    assert!(said.contains("there is a file that is no socket"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    std::fs::remove_file(&file).unwrap();
    for (value, what) in [
        ("unix:gateway.sock", "the path of a socket begins with `/`"),
        ("unix:/nowhere/at/all.sock", "No such file or directory"),
        (&format!("unix:/{}", "x".repeat(107)), "107 bytes at most"),
    ] {
        let said = refusal(launch_at("unix_alone", &file, &a).env("SOCKET", value).spawn());
        assert!(said.contains(what), "{value}: {said}");
    }
    // Nobody is listening on it any more.
    drop(UnixListener::bind(&file).unwrap());
    assert_eq!(launch_at("unix_alone", &file, &a).start().admin("/livez").status, 200);
}
