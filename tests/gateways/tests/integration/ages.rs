//! Connections that have been there for long.

use std::time::{Duration, Instant};

use castgate_test_support::{Closing, Gate, Message, Reply, Request, Step, let_pass};

use crate::testbed::Testbed;

/// As in `configs/ages.yml`, and what is taken off at most.
const AGE: Duration = Duration::from_secs(1);
const LEAST: Duration = Duration::from_millis(900);

#[test]
fn a_connection_that_is_too_old_ends_with_the_next_response_and_not_before() {
    let bed = Testbed::new("ages");
    let begun = Instant::now();
    let mut client = bed.connect();
    assert!(client.get("/").keeps_alive());
    // The gateway has taken it in by now.
    let (served, mut kept) = (Instant::now(), 0);
    let last = loop {
        let asked = served.elapsed();
        let answer = client.get("/");
        assert_eq!(answer.status, 200);
        if !answer.keeps_alive() {
            break answer;
        }
        assert!(asked < AGE, "kept after {asked:?}");
        kept += 1;
        let_pass(Duration::from_millis(20));
    };
    assert!(begun.elapsed() >= LEAST && kept > 0, "{:?}, {kept}", begun.elapsed());
    assert_eq!(last.header("connection"), Some("close"));
    assert_eq!(client.await_close(), Closing::Closed);
    assert_eq!(bed.get("/").status, 200);
}

#[test]
fn what_is_under_way_when_a_connection_gets_old_is_finished() {
    let bed = Testbed::new("ages");
    let gate = Gate::new();
    bed.a.set(Reply(vec![Step::Pause(gate.clone()), Step::Send(Message::new(200).body("done"))]));
    let mut client = bed.connect();
    client.send_request(&Request::get("/slow"));
    bed.a.await_request(|request| request.target == "/slow");
    let_pass(AGE);
    gate.open();
    let answer = client.read_response().unwrap();
    assert_eq!((answer.text().as_str(), answer.keeps_alive()), ("done", false));
    assert_eq!(client.await_close(), Closing::Closed);
    // One that only waits is not ended for its age.
    let mut idle = bed.connect();
    let_pass(AGE);
    bed.a.set(Reply::text("still there"));
    assert_eq!(idle.get("/").text(), "still there");
}
