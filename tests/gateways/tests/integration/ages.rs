//! Connections that have been there for long.

use std::time::{Duration, Instant};

use castgate_test_support::{BodyState, Closing, Gate, Message, RawClient, Reply, Request, Step, let_pass};

use crate::testbed::{Echoed, Testbed};
use crate::upgrades::{open, switching};

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

/// Sends requests for so long, in twos, and comes anew when it is told to. How many were answered, and on how many connections.
fn keep_asking(bed: &Testbed, name: usize, time: Duration) -> (usize, usize) {
    let (begun, mut answered, mut connections) = (Instant::now(), 0, 0);
    let mut client: Option<RawClient> = None;
    while begun.elapsed() < time {
        let connection = client.get_or_insert_with(|| {
            connections += 1;
            bed.connect()
        });
        let target = |number: usize| format!("/{name}/{number}");
        let pair = [Request::post(&target(answered), "a body"), Request::get(&target(answered + 1))];
        // In one packet: the second one has come when the first is answered.
        connection.send(pair.each_ref().map(Request::bytes).concat());
        for _ in &pair {
            let answer = connection.read_response().unwrap();
            assert_eq!(Echoed::of(&answer).text("target"), target(answered));
            answered += 1;
            if !answer.keeps_alive() {
                // By RFC 9112, section 9.6, nothing behind it was read as a request: it is sent again.
                assert_eq!(connection.await_close(), Closing::Closed);
                client = None;
                break;
            }
        }
    }
    (answered, connections)
}

#[test]
fn who_keeps_asking_loses_nothing_when_connections_get_old_and_nothing_is_done_twice() {
    let bed = Testbed::new("ages");
    let (clients, time) = (8, 3 * AGE);
    let counts: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let bed = &bed;
        let asking: Vec<_> =
            (0..clients).map(|name| scope.spawn(move || keep_asking(bed, name, time))).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    for (answered, connections) in &counts {
        assert!((3..=5).contains(connections), "{connections} connections for {answered} requests");
    }
    assert_eq!(bed.a.count(), counts.iter().map(|(answered, _)| answered).sum::<usize>());
}

#[test]
fn a_tunnel_does_not_end_for_the_age_of_its_connection() {
    let bed = Testbed::new("ages");
    bed.a.set(switching(vec![Step::Mirror]));
    let begun = Instant::now();
    let (mut client, _) = open(&bed, "/");
    while begun.elapsed() < AGE + AGE / 2 {
        client.send("still there?");
        client.await_bytes(b"still there?").unwrap();
        client.take_buffered();
        let_pass(Duration::from_millis(50));
    }
    client.finish();
    bed.a.await_request(|request| request.state == BodyState::Complete);
    assert_eq!(client.await_close(), Closing::Closed);
}
