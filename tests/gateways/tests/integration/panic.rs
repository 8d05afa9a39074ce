//! Who gets requests while few backends, or none, are usable.

use castgate_test_support::{Gateway, Message, Reply, Upstream, poll};

use crate::probes::await_state;
use crate::testbed::launch;

/// What answers so many requests one after the other.
fn answers(gateway: &Gateway, path: &str, count: usize) -> String {
    let mut client = gateway.connect();
    (0..count).map(|_| client.get(path).text()).collect()
}

#[test]
fn below_the_panic_threshold_health_is_not_looked_at() {
    let [a, b, c] = ["a", "b", "c"].map(|name| Upstream::start(Reply::text(name)));
    let gateway = launch("panic", [&a, &b, &c]).spawn();
    c.set_health(Message::new(503));
    await_state(&gateway, &c, "unhealthy");
    // Two of three are more than half.
    poll(|| match answers(&gateway, "/few", 6) {
        all if all.contains('c') => Err(all),
        _ => Ok(()),
    });
    b.set_health(Message::new(503));
    poll(|| match answers(&gateway, "/few", 6) {
        all if ["a", "b", "c"].iter().all(|name| all.matches(name).count() == 2) => Ok(()),
        some => Err(some),
    });
    // Nobody is usable, and whoever is there is asked all the same; who refuses is passed over.
    a.set_health(Message::new(503));
    a.stop();
    let all = answers(&gateway, "/few", 12);
    assert!(all.contains('b') && all.contains('c') && all.len() == 12, "{all}");
}

#[test]
fn a_backup_that_is_usable_goes_before_primaries_that_are_not() {
    let [a, b, c] = ["a", "b", "c"].map(|name| Upstream::start(Reply::text(name)));
    let gateway = launch("panic", [&a, &b, &c]).spawn();
    a.set_health(Message::new(503));
    poll(|| match answers(&gateway, "/spared", 4).as_str() {
        "bbbb" => Ok(()),
        other => Err(other.to_owned()),
    });
    b.set_health(Message::new(503));
    poll(|| match answers(&gateway, "/spared", 4).as_str() {
        "aaaa" => Ok(()),
        other => Err(other.to_owned()),
    });
}
