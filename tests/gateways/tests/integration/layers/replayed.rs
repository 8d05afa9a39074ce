//! Bodies of requests that are kept, so that another backend can be sent them.

use castgate_test_support::{BodyState, Message, Reply, Step, Upstream};

use super::{bed, layered};
use crate::testbed::{Testbed, assert_problem};

/// Of the two backends the one that is asked first resets the connection when it has read so much; the other one answers.
fn reset_first(bed: &Testbed, bytes: usize) -> impl Fn() -> Vec<(String, BodyState)> + use<'_> {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    for upstream in [&bed.b, &bed.c] {
        let asked = asked.clone();
        upstream.set_script(move |_| match asked.swap(true, std::sync::atomic::Ordering::SeqCst) {
            false if bytes == 0 => Reply(vec![Step::Reset]),
            false => Reply(vec![Step::ReadBody, Step::Reset]),
            true => Reply(vec![Step::ReadBody, Step::Send(Message::new(200).body("stored"))]),
        });
    }
    || {
        let of = |upstream: &Upstream| {
            upstream.requests().into_iter().map(|r| (String::from_utf8(r.body).unwrap(), r.state))
        };
        of(&bed.b).chain(of(&bed.c)).collect()
    }
}

#[test]
fn a_body_that_is_kept_is_sent_again_to_another_backend() {
    for (words, chunked) in
        [("up-replay", false), ("up-replay", true), ("up-grow up-replay", false), ("up-collect", false)]
    {
        let bed = bed();
        let arrived = reset_first(&bed, 1);
        let request = layered("PUT", "/pair", words).body("pay");
        let response = bed.call(&if chunked { request.chunked() } else { request });
        assert_eq!(response.text(), "stored", "{words}");
        let wanted = match words {
            "up-collect" => "<pay>",
            "up-replay" => "pay",
            _ => "PPAAYY",
        };
        assert_eq!(
            arrived(),
            [(wanted.to_owned(), BodyState::Complete), (wanted.to_owned(), BodyState::Complete)]
        );
        let counted = [("route", "pair"), ("reason", "reset")];
        assert_eq!(bed.metrics().sum("gateway_retries_total", &counted), 1.0);
        assert_eq!(bed.log_of(&response).value["retries"], 1);
    }
}

#[test]
fn what_is_not_kept_whole_or_not_idempotent_is_sent_once() {
    for request in [
        layered("PUT", "/pair", "").body("pay"),
        layered("POST", "/pair", "up-replay").body("pay"),
        layered("PUT", "/pair", "up-replay").body(vec![b'x'; 1025]),
        layered("PUT", "/pair", "up-replay").body(vec![b'x'; 1025]).chunked(),
        layered("PUT", "/pair", "up-replay up-grow").body("pay"),
    ] {
        let bed = bed();
        let arrived = reset_first(&bed, 1);
        assert_problem(&bed.call(&request), 502, "upstream_reset");
        assert_eq!(arrived().len(), 1);
        assert_eq!(bed.metrics().sum("gateway_retries_total", &[]), 0.0);
    }
}

#[test]
fn a_body_that_still_comes_goes_on_to_the_next_backend_behind_what_was_kept() {
    let bed = bed();
    let arrived = reset_first(&bed, 0);
    let mut client = bed.connect();
    client.send("PUT /pair HTTP/1.1\r\nHost: a\r\nX-Layer: up-replay\r\nContent-Length: 9\r\n\r\nfirst");
    // The one that answers has what the other one was sent.
    let has_first = |upstream: &Upstream| upstream.requests().iter().any(|r| r.body == b"first");
    castgate_test_support::poll(|| match has_first(&bed.b) || has_first(&bed.c) {
        true => Ok(()),
        false => Err(format!("{:?}", arrived())),
    });
    client.send("last");
    assert_eq!(client.read_response().unwrap().text(), "stored");
    assert!(arrived().contains(&("firstlast".to_owned(), BodyState::Complete)), "{:?}", arrived());
}

#[test]
fn a_kept_body_survives_a_connection_that_was_stale() {
    let bed = bed();
    let seen = std::sync::Mutex::new(std::collections::BTreeSet::new());
    bed.a.set_script(move |request| match seen.lock().unwrap().insert(request.connection) {
        true => Reply(vec![Step::ReadBody, Step::Echo]),
        false => Reply(vec![Step::ReadBody, Step::Close]),
    });
    let mut client = bed.connect();
    for round in 0..5 {
        let response = client.call(&layered("PUT", "/", "up-replay").body("pay"));
        assert_eq!((response.status, &response.json()["body"]), (200, &"pay".into()), "{round}");
    }
}
