//! How many connections one client may have.

use std::net::{IpAddr, SocketAddr};

use castgate_test_support::{Closing, RawClient, Upstream, poll};

use crate::testbed::{Testbed, launch};

/// As in `configs/clients.yml`.
const LIMIT: usize = 3;
const PROXY: &str = "127.0.0.9";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// One that is being served.
fn served(client: &str, at: SocketAddr) -> RawClient {
    let mut client = RawClient::connect_from(address(client), at);
    assert_eq!(client.get("/").status, 200);
    client
}

/// Whether a connection is closed without a byte.
fn is_refused(client: &str, at: SocketAddr) -> bool {
    let mut client = RawClient::connect_from(address(client), at);
    // A refusal may be quicker.
    let _ = client.try_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.await_close() == Closing::Closed
}

#[test]
fn a_client_has_as_many_connections_as_it_may_have_over_all_workers_and_addresses() {
    let bed = Testbed::new("clients");
    let at = bed.gateway.addresses_of("port", 2);
    let mut open: Vec<RawClient> = (0..LIMIT).map(|turn| served("127.0.0.2", at[turn % 2])).collect();
    // Whichever worker it comes to.
    for turn in 0..8 {
        assert!(is_refused("127.0.0.2", at[turn % 2]), "{turn}");
    }
    // Neither those that are open suffer from it, nor another client.
    for client in &mut open {
        assert_eq!(client.get("/").status, 200);
    }
    let others: Vec<RawClient> = (0..LIMIT).map(|_| served("127.0.0.3", at[0])).collect();
    drop(open.pop());
    poll(|| if is_refused("127.0.0.2", at[0]) { Err("refused".to_owned()) } else { Ok(()) });
    drop(others);
}

#[test]
fn who_stands_for_many_clients_is_not_counted() {
    let (upstream, socket) = (
        Upstream::echo(),
        std::env::temp_dir().join(format!("castgate-{}-clients.sock", std::process::id())),
    );
    let gateway =
        launch("clients", [&upstream; 3]).env("SOCKET", format!("unix:{}", socket.display())).start();
    let at = gateway.addresses_of("port", 2)[0];
    let proxied: Vec<RawClient> = (0..LIMIT * 3).map(|_| served(PROXY, at)).collect();
    let mut local: Vec<RawClient> = (0..LIMIT * 3).map(|_| RawClient::connect_unix(&socket)).collect();
    for client in &mut local {
        assert_eq!(client.get("/").status, 200);
    }
    drop(proxied);
}

#[test]
fn refusals_are_counted_each_and_told_once_a_second() {
    let bed = Testbed::new("clients");
    let at = bed.gateway.addresses_of("port", 2)[0];
    let open: Vec<RawClient> = (0..LIMIT).map(|_| served("127.0.0.2", at)).collect();
    let refused = [("reason", "connections_per_client")];
    assert_eq!(bed.metrics().value("gateway_connections_refused_total", &refused), Some(0.0));
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        assert!(is_refused("127.0.0.2", at));
    }
    let seconds = begun.elapsed().as_secs() as usize;
    assert_eq!(bed.metrics().value("gateway_connections_refused_total", &refused), Some(20.0));
    let is_told = |line: &str| {
        line.contains("connections are refused")
            && ["reason=\"connections_per_client\"", "peer=127.0.0.2", "listener=\"port\""]
                .iter()
                .all(|word| line.contains(word))
    };
    bed.gateway.stderr_line(is_told);
    let told = bed.gateway.stderr().lines().filter(|line| is_told(line)).count();
    assert!((1..=seconds + 1).contains(&told), "{told} lines in {seconds} seconds");
    // They are closed, and counted as open no more.
    let open_now = || bed.metrics().value("gateway_connections", &[]);
    poll(|| match open_now() {
        Some(3.0) => Ok(()),
        other => Err(format!("{other:?} connections")),
    });
    drop(open);
}
