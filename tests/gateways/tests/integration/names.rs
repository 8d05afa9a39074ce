//! Backends that are written by name. /etc/hosts is the gateway's own, in a mount namespace of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use castgate_test_support::{DEADLINE, Launch, Reply, Request, Step, Upstream, poll_within, require_program};

/// A name that nobody else knows.
pub(crate) const NAME: &str = "moving.castgate.test";

/// The hosts file of one gateway.
pub(crate) struct Hosts(PathBuf);

impl Hosts {
    /// With these addresses of [`NAME`]; `None` where nobody may have a namespace.
    pub(crate) fn new(test: &str, addresses: &[&str]) -> Option<Self> {
        require_program("unshare")?;
        let may = Command::new("unshare").args(["-rm", "true"]).output().unwrap();
        if !may.status.success() {
            println!("skipped: no namespaces here: {}", String::from_utf8_lossy(&may.stderr));
            return None;
        }
        let hosts = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("hosts-{test}")));
        hosts.set(addresses);
        Some(hosts)
    }

    /// The file stays the same one, which is what is seen as /etc/hosts.
    pub(crate) fn set(&self, addresses: &[&str]) {
        let lines: String = addresses.iter().map(|address| format!("{address} {NAME}\n")).collect();
        fs::write(&self.0, lines).unwrap();
    }

    /// The gateway of `configs/<config>.yml`, for which `named` is at this port of [`NAME`].
    pub(crate) fn launch(&self, config: &str, port: u16, a: &Upstream) -> Launch {
        let script = "mount --bind \"$HOSTS\" /etc/hosts && exec \"$0\" \"$@\"";
        Launch::new("unshare")
            .arg("-rm")
            .arg("/bin/sh")
            .arg("-c")
            .arg(script)
            .arg(env!("CARGO_BIN_EXE_gateways"))
            .arg(config)
            .env("HOSTS", self.0.to_str().unwrap())
            .env("NAMED", format!("http://{NAME}:{port}"))
            .env("A", a.url())
            .env("B", a.url())
            .env("C", a.url())
    }
}

#[test]
fn a_name_that_moves_takes_its_traffic_along_even_of_a_busy_connection() {
    let old = Upstream::start(Reply::text("old"));
    let port = old.address().port();
    let new = Upstream::start_at(([127, 0, 0, 2], port).into(), Reply::text("new"));
    let Some(hosts) = Hosts::new("moves", &["127.0.0.1"]) else { return };
    let gateway = hosts.launch("backends", port, &old).start();
    let mut busy = gateway.connect();
    assert_eq!(busy.get("/named").text(), "old");
    hosts.set(&["127.0.0.2"]);
    // The connection to the old address never rests. A name is looked up every 10 s.
    poll_within(DEADLINE * 2, || match busy.get("/named").text() {
        old if old == "old" => Err("all traffic goes to the old address".to_owned()),
        _ => Ok(()),
    });
    for _ in 0..20 {
        assert_eq!(busy.get("/named").text(), "new");
    }
    old.await_disconnect(old.requests()[0].connection);
    assert!(new.count() > 20);
}

#[test]
fn the_second_address_of_a_name_is_used_when_the_first_is_refused() {
    let b = Upstream::start(Reply::text("here"));
    let port = b.address().port();
    let Some(hosts) = Hosts::new("second", &["127.0.0.3", "127.0.0.1"]) else { return };
    let gateway = hosts.launch("backends", port, &b).start();
    for _ in 0..5 {
        assert_eq!(gateway.get("/named").text(), "here");
    }
    b.set(Reply(vec![Step::ReadBody, Step::Close]));
    assert_eq!(gateway.call(&Request::post("/named", "x")).status, 502);
    b.set(Reply::text("again"));
    assert_eq!(gateway.get("/named").text(), "again");
}

#[test]
fn a_name_that_nobody_knows_is_told_at_once() {
    let a = Upstream::echo();
    let Some(hosts) = Hosts::new("nobody", &[]) else { return };
    let gateway = hosts.launch("backends", 9, &a).spawn();
    let response = gateway.get("/named");
    assert_eq!((response.status, response.json()["reason"].as_str()), (502, Some("connect_error")));
    hosts.set(&["127.0.0.1"]);
    gateway.stderr_line(|line| line.contains("host found") && line.contains(NAME));
}
