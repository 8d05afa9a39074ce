//! More clients than there may be, or than there are files for: who idles makes way, who is served does not.

use std::time::{Duration, Instant};

use castgate_test_support::{
    Closing, Gate, Gateway, Launch, Message, RawClient, Reply, Request, Step, Upstream,
};

use crate::testbed::{Testbed, launch};

/// As in `configs/crowd.yml`.
const LIMIT: usize = 8;

/// Whether the peer has closed by now, or does soon.
fn is_closed(client: &mut RawClient) -> bool {
    client.set_timeout(Duration::from_millis(200));
    client.await_close() == Closing::Closed
}

#[test]
fn clients_that_only_stay_connected_keep_nobody_out() {
    let bed = Testbed::new("crowd");
    let silent: Vec<RawClient> = (0..LIMIT * 4).map(|_| bed.connect()).collect();
    for _ in 0..LIMIT {
        assert_eq!(bed.get("/").status, 200);
    }
    drop(silent);
}

#[test]
fn who_never_ends_a_request_head_keeps_nobody_out() {
    let bed = Testbed::new("crowd");
    let mut dribbling: Vec<RawClient> = (0..LIMIT * 4).map(|_| bed.connect()).collect();
    for client in &mut dribbling {
        client.send("GET / HTTP/1.1\r\nHo");
    }
    for _ in 0..LIMIT {
        assert_eq!(bed.get("/").status, 200);
    }
    assert_eq!(dribbling[0].read_response().unwrap().status, 408);
}

#[test]
fn who_has_been_idle_longest_makes_way() {
    let bed = Testbed::new("crowd");
    let gate = Gate::new();
    bed.a.set_script(move |request| match request.target.as_str() {
        "/busy" => Reply(vec![Step::Pause(gate.clone()), Step::Send(Message::new(200).body("done"))]),
        _ => Reply::echo(),
    });
    let mut busy = bed.connect();
    busy.send_request(&Request::get("/busy"));
    bed.a.await_request(|r| r.target == "/busy");
    let mut idle: Vec<RawClient> = (1..LIMIT).map(|_| bed.connect()).collect();
    for client in &mut idle {
        assert_eq!(client.get("/").status, 200);
    }
    assert_eq!(bed.get("/").status, 200);
    let gone = idle.iter_mut().map(is_closed).filter(|closed| *closed).count();
    // A worker with nobody idle asks the others, of which there is one.
    assert!((1..=2).contains(&gone), "{gone} idle connections were closed for one newcomer");
    // One request is still being served: its connection is not idle.
    assert!(!is_closed(&mut busy));
}

#[test]
fn nobody_makes_way_while_being_served() {
    let bed = Testbed::new("crowd");
    let gate = Gate::new();
    let waiting = gate.clone();
    bed.a.set_script(move |request| match request.target.as_str() {
        "/late" => Reply::text("late"),
        _ => Reply(vec![Step::Pause(waiting.clone()), Step::Send(Message::new(200).body("done"))]),
    });
    let mut served: Vec<RawClient> = (0..LIMIT).map(|_| bed.connect()).collect();
    for (number, client) in served.iter_mut().enumerate() {
        client.send_request(&Request::get(&format!("/{number}")));
        bed.a.await_request(|r| r.target == format!("/{number}"));
    }
    let mut newcomer = bed.connect();
    newcomer.send_request(&Request::get("/late"));
    gate.open();
    for client in &mut served {
        assert_eq!(client.read_response().unwrap().text(), "done");
    }
    assert_eq!(newcomer.read_response().unwrap().text(), "late");
}

/// The gateway of a config where no process may have more than so many files.
fn with_files(files: u32, config: &str, upstream: &Upstream) -> Gateway {
    let shell = Launch::new("sh")
        .arg("-c")
        .arg(format!("ulimit -n {files} && exec \"$0\" \"$@\""))
        .arg(env!("CARGO_BIN_EXE_gateways"))
        .arg(config)
        .env("A", upstream.url())
        .env("B", upstream.url())
        .env("C", upstream.url())
        .env("NAMED", upstream.url());
    let shell = if config == "backends" { shell } else { shell.with_admin() };
    shell.start()
}

#[test]
fn idle_clients_never_take_the_files_that_requests_need() {
    let upstream = Upstream::echo();
    let gateway = with_files(64, "proxy", &upstream);
    gateway.stderr_line(|line| line.contains("WARN") && line.contains("limits.connections"));
    let silent: Vec<RawClient> = (0..100).map(|_| gateway.connect()).collect();
    for _ in 0..4 {
        assert_eq!(gateway.get("/").status, 200);
    }
    drop(silent);
}

#[test]
fn kept_connections_make_way_for_those_that_are_needed() {
    let upstream = Upstream::echo();
    let gateway = with_files(64, "backends", &upstream);
    // Each path has other backends, and each leaves as many kept connections behind as there are clients.
    let mut clients: Vec<RawClient> = (0..16).map(|_| gateway.connect()).collect();
    for (round, path) in ["/single", "/named", "/trio", "/trio"].into_iter().enumerate() {
        let gate = Gate::new();
        upstream.set(Reply(vec![Step::Pause(gate.clone()), Step::Send(Message::new(200).body("done"))]));
        for client in &mut clients {
            client.send_request(&Request::get(path));
        }
        castgate_test_support::poll(|| match upstream.requests().len() {
            count if count == (round + 1) * 16 => Ok(()),
            count => Err(format!("{path}: {count} requests have come")),
        });
        gate.open();
        for client in &mut clients {
            assert_eq!(client.read_response().unwrap().status, 200, "{path}");
        }
    }
}

#[test]
fn requests_get_files_of_idle_clients_and_then_wait_their_turn() {
    let upstream = Upstream::echo();
    // Of 64 files 32 are for connections, and 26 of them for clients.
    let gateway = with_files(64, "backends", &upstream);
    let mut clients: Vec<RawClient> = (0..24).map(|_| gateway.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.get("/named").status, 200);
    }
    let gate = Gate::new();
    upstream.set(Reply(vec![Step::Pause(gate.clone()), Step::Send(Message::new(200).body("done"))]));
    let (busy, idle) = clients.split_at_mut(20);
    for client in &mut *busy {
        client.send_request(&Request::get("/named"));
    }
    castgate_test_support::poll(|| match upstream.requests().len() {
        36 => Ok(()),
        count => Err(format!("{count} requests have come, and 24 + 32 - 20 can")),
    });
    assert!(idle.iter_mut().all(is_closed), "they made way");
    gate.open();
    for client in busy {
        assert_eq!(client.read_response().unwrap().text(), "done");
    }
}

#[test]
fn the_soft_limit_of_files_does_not_count() {
    let upstream = Upstream::echo();
    let shell = Launch::new("sh").arg("-c").arg("ulimit -Sn 64 && exec \"$0\" \"$@\"");
    let gateway = [env!("CARGO_BIN_EXE_gateways"), "proxy"]
        .iter()
        .fold(shell, |shell, word| shell.arg(word))
        .env("A", upstream.url())
        .env("B", upstream.url())
        .env("C", upstream.url())
        .with_admin()
        .start();
    let mut clients: Vec<RawClient> = (0..100).map(|_| gateway.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.get("/").status, 200);
    }
}

#[test]
fn a_name_that_is_never_found_does_not_hold_the_exit() {
    // glibc reads this file before it looks up a name, and nobody ever writes into the pipe.
    let pipe =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("names-{}", std::process::id()));
    _ = std::fs::remove_file(&pipe);
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let mut gateway = launch("proxy", [&a, &b, &c])
        .env("A", "http://castgate.invalid:80")
        .env("RESOLV_HOST_CONF", pipe.display().to_string())
        .start();
    assert!(gateway.get("/").status >= 500);
    let started = Instant::now();
    gateway.signal("TERM");
    let code = gateway.exit_code();
    _ = std::fs::remove_file(&pipe);
    assert_eq!(code, 0, "nothing was in flight any more");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
