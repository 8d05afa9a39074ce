//! Requests through filters, on their way to a backend.

use castgate_test_support::{BodyState, Reply, Step};

use super::{bed, get, halves, layered};
use crate::testbed::assert_problem;

#[test]
fn a_request_is_filtered_while_it_comes() {
    let bed = bed();
    let mut client = bed.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nX-Layer: up-hold up-grow\r\nContent-Length: 9\r\n\r\nfirst");
    bed.a.await_request(|r| r.body == b"[[FFIIRRSSTT]]" && r.state == BodyState::Arriving);
    client.send("last");
    assert_eq!(client.read_response().unwrap().status, 200);
    let received = bed.a.requests().pop().unwrap();
    assert_eq!(received.body, b"[[FFIIRRSSTT]][[LLAASSTT]]");
    assert_eq!(
        (received.header("content-length"), received.header("transfer-encoding")),
        (None, Some("chunked"))
    );
}

#[test]
fn where_there_is_no_request_body_a_filter_makes_none() {
    let bed = bed();
    assert_eq!(get(&bed, "up-grow up-half up-replay").status, 200);
    let received = bed.a.requests().pop().unwrap();
    assert_eq!((received.header("transfer-encoding"), received.body.len()), (None, 0));
}

#[test]
fn a_filter_that_fails_refuses_the_request() {
    let bed = bed();
    bed.a.set(Reply(vec![Step::ReadBody, Step::Echo]));
    let response = bed.call(&layered("POST", "/", "up-half").body("firstlast"));
    assert_problem(&response, 422, "half");
    assert_eq!(bed.log_of(&response).text("reason"), "half");
    // Not before some of it has gone on.
    let mut client = bed.connect();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nX-Layer: up-half\r\nContent-Length: 9\r\n\r\nfirst");
    bed.a.await_request(|received| received.body == b"first");
    client.send("last");
    assert_problem(&client.read_response().unwrap(), 422, "half");
    bed.a.await_request(|received| !matches!(received.state, BodyState::Arriving | BodyState::Complete));
    assert_eq!((halves(&bed), bed.a.count()), (2.0, 1));
}
