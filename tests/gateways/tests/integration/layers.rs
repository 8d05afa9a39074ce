//! What layers written by hand do with messages (`tests/gateways/src/layers.rs`), and what they refuse.

mod answers;
mod collected;
mod replayed;
mod requests;

use castgate_test_support::{BodyState, Reply, Request, Response, Step};

use crate::testbed::{Testbed, assert_problem};
use crate::upgrades::switching;

fn bed() -> Testbed {
    Testbed::new("layers")
}

fn layered(method: &str, target: &str, words: &str) -> Request {
    Request::new(method, target).header("X-Layer", words)
}

/// A `GET` whose answer these layers filter.
fn get(bed: &Testbed, words: &str) -> Response {
    bed.call(&layered("GET", "/", words))
}

/// How often a body broke off.
fn halves(bed: &Testbed) -> f64 {
    bed.metrics().sum("gateway_half_total", &[("route", "echo")])
}

#[test]
fn what_a_layer_refuses_is_answered_by_the_end_of_the_stack() {
    let bed = bed();
    for route in ["/", "/fixed"] {
        let response = bed.call(&layered("GET", route, "up-refuse"));
        assert_problem(&response, 422, "half");
        let line = bed.log_of(&response);
        assert_eq!((line.status(), line.text("reason")), (422, "half"), "{}", line.raw);
    }
    assert_eq!((halves(&bed), bed.a.count()), (1.0, 0));
}

#[test]
fn a_layer_cannot_say_that_a_connection_has_switched_nor_answer_with_what_is_no_answer() {
    let bed = bed();
    let hop = |words: &str| {
        layered("GET", "/", words).header("Connection", "Upgrade").header("Upgrade", "websocket")
    };
    for (request, has_switched, wanted) in [
        (layered("GET", "/", "as-101"), false, 500),
        (layered("GET", "/", "as-103"), false, 500),
        (hop("as-101"), false, 500),
        (hop("as-103"), true, 500),
        (hop("as-204"), true, 204),
        (hop("as-403"), true, 403),
    ] {
        bed.a.set(if has_switched { switching(vec![Step::Take]) } else { Reply::text("plain") });
        let mut client = bed.connect();
        let response = client.call(&request);
        assert_eq!(response.status, wanted);
        if wanted == 500 {
            // The layer that gives ids is behind this one.
            assert_eq!(response.json()["reason"], "internal");
        } else {
            assert!(response.text().is_empty(), "{}", response.text());
        }
        // The backend is in its tunnel alone, and is told so; the client is still served.
        if has_switched {
            bed.a.await_request(|request| matches!(request.state, BodyState::Broken(_)));
        }
        assert!(client.call(&layered("GET", "/fixed", "")).keeps_alive(), "{wanted}");
    }
    assert_eq!(bed.metrics().sum("gateway_tunnels", &[]), 0.0);
}
