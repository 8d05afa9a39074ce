//! Connections to backends that are kept, and how old they may be.

use std::collections::BTreeSet;

use castgate_test_support::{Upstream, poll};

use crate::testbed::launch;

#[test]
fn a_busy_connection_ends_at_its_age_and_nobody_notices() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let gateway = launch("panic", [&a, &b, &c]).spawn();
    let mut client = gateway.connect();
    let connections = |path: &str| -> BTreeSet<_> {
        let of = a.requests().into_iter().filter(|request| request.target == path);
        of.map(|request| request.connection).collect()
    };
    poll(|| {
        for path in ["/few", "/spared"] {
            assert_eq!(client.get(path).status, 200);
        }
        if connections("/few").len() < 4 { Err("they are as young as ever".to_owned()) } else { Ok(()) }
    });
    let ended = *connections("/few").first().expect("there was one");
    a.await_disconnect(ended);
    // The default is an hour.
    assert_eq!(connections("/spared").len(), 1);
}
