//! Certificates that are replaced while the gateway runs, and those that nobody can use.

use castgate_test_support::Request;

use super::authority::Files;
use super::{Bed, Client};
use crate::testbed::launch;
use castgate_test_support::{Upstream, poll};

impl Bed {
    /// Waits until new connections get this certificate.
    fn await_shown(&self, der: &[u8]) {
        poll(|| {
            let shown = self.connect("secure", "shop.test").shown();
            if shown.as_ref() == der { Ok(()) } else { Err("the old one".to_owned()) }
        });
    }
}

fn is_served(client: &mut Client) -> bool {
    client.call(&Request::get("/a").host("shop.test")).status == 200
}

#[test]
fn a_new_certificate_is_taken_when_it_is_there_and_open_connections_stay() {
    let bed = Bed::new();
    let mut open = bed.connect("secure", "shop.test");
    assert!(is_served(&mut open));
    let made = bed.files.ca.sign("new", &["shop.test"], 2100);
    bed.files.put("shop", &made);
    bed.await_shown(&made.der);
    assert!(is_served(&mut open), "who was there before");
    // The same at once if somebody says so.
    let made = bed.files.ca.sign("newer", &["shop.test"], 2100);
    bed.files.put("shop", &made);
    bed.bed.gateway.signal("HUP");
    bed.bed.gateway.stderr_line(|line| line.contains("reloaded"));
    assert_eq!(bed.connect("secure", "shop.test").shown(), made.der);
}

#[test]
fn a_broken_one_changes_nothing_and_is_told_of() {
    let bed = Bed::new();
    let old = bed.connect("secure", "shop.test").shown();
    let failed = |value: f64| {
        bed.bed.await_metrics(|metrics| {
            metrics.value("gateway_tls_reload_failed", &[("listener", "secure")]) == Some(value)
        });
    };
    failed(0.0);
    bed.files.write("shop.pem", "no certificate at all");
    bed.bed.gateway.stderr_line(|line| {
        line.contains("the old ones stay") && line.contains("shop.pem") && line.contains("secure")
    });
    failed(1.0);
    assert_eq!(bed.connect("secure", "shop.test").shown(), old);
    // One without its key is no better, until that comes too.
    let made = bed.files.ca.sign("new", &["shop.test"], 2100);
    bed.files.put("shop", &made);
    failed(0.0);
    assert_eq!(bed.connect("secure", "shop.test").shown(), made.der);
}

#[test]
fn how_long_each_is_good_is_a_metric_and_an_end_that_is_near_a_warning() {
    let bed = Bed::new();
    let expiry = |listener: &str, certificate: &str| {
        let labels = [("listener", listener), ("certificate", certificate)];
        bed.bed.metrics().value("gateway_tls_certificate_expiry_timestamp_seconds", &labels)
    };
    // 2100-01-01.
    let far = Some(4_102_444_800.0);
    assert_eq!([expiry("secure", "1"), expiry("secure", "2"), expiry("strict", "1")], [far; 3]);
    assert_eq!(expiry("strict", "2"), None);
}

#[test]
fn whatever_is_wrong_at_start_is_told_at_once() {
    let files = Files::new();
    let other = files.ca.sign("other", &["shop.test"], 2100);
    let ended = files.ca.sign("ended", &["api.test"], 2001);
    files.put("api", &ended);
    files.put("other", &other);
    std::fs::rename(files.path_of("other.key"), files.path_of("shop.key")).unwrap();
    files.write("clients.pem", "nobody");
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let mut gateway = launch("tls", [&a, &b, &c]).env("TLS", files.path()).spawn();
    assert_eq!(gateway.exit_code(), 78);
    let said = gateway.stderr();
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("error: configs/tls.yml:")).collect();
    let count = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("shop.key is not its own"), 5, "{said}");
    assert_eq!(count("api.pem cannot be used: it has ended on Mon, 01 Jan 2001"), 1, "{said}");
    assert_eq!(count("clients.pem cannot be used: no certificate is in it, as PEM"), 2, "{said}");
    assert!(!said.contains("PRIVATE"), "{said}");
    // No file at all, and no key in one.
    files.write("shop.key", "nothing");
    std::fs::remove_file(files.path_of("shop.pem")).unwrap();
    let mut gateway = launch("tls", [&a, &b, &c]).env("TLS", files.path()).spawn();
    assert_eq!(gateway.exit_code(), 78);
    let said = gateway.stderr();
    for wanted in ["shop.pem cannot be read: ", "shop.key cannot be used: no private key is in it, as PEM"] {
        assert_eq!(said.matches(wanted).count(), 5, "{said}");
    }
}
