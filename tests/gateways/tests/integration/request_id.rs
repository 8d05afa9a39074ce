//! Every request has an id: the client, the backend and the log are told the same one.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use castgate_test_support::Request;

use crate::testbed::{Echoed, Testbed};

fn is_uuid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

#[test]
fn client_backend_and_log_are_told_the_same_id() {
    let bed = Testbed::new("proxy");
    let response = bed.get("/same");
    let id = response.header("x-request-id").unwrap();
    assert!(is_uuid(id), "{id}");
    assert_eq!(Echoed::of(&response).all("x-request-id"), [id]);
    assert_eq!(bed.gateway.log_of("/same").text("request_id"), id);
}

/// RFC 9562 section 5.7: milliseconds, version, what is the worker's own, variant.
#[test]
fn ids_of_a_worker_are_in_the_order_of_time() {
    let bed = Testbed::new("proxy");
    let millis = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let mut client = bed.connect();
    let (mut workers, mut last, begin) = (BTreeSet::new(), 0, millis());
    for _ in 0..50 {
        let id = client.get("/").header("x-request-id").unwrap().to_owned();
        assert_eq!(&id[14..15], "7", "{id}");
        assert!("89ab".contains(&id[19..20]), "{id}");
        let time = u64::from_str_radix(&id[..13].replace('-', ""), 16).unwrap();
        // The clock of a worker is looked at once a second; meanwhile somebody may have set it a little.
        assert!((begin - 1000..=millis() + 1000).contains(&time), "{id} is not of now");
        assert!(time + 5 >= last, "{id} is before {last}");
        last = time;
        workers.insert(id[15..18].to_owned());
    }
    assert_eq!(workers.len(), 1, "one connection, one worker: {workers:?}");
}

#[test]
fn no_two_requests_share_an_id() {
    let bed = Testbed::new("proxy");
    let ids: BTreeSet<_> = (0..8)
        .flat_map(|_| {
            let mut client = bed.connect();
            (0..25).map(|_| client.get("/").header("x-request-id").unwrap().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(ids.len(), 200);
}

#[test]
fn an_incoming_id_is_not_believed() {
    let bed = Testbed::new("proxy");
    let response =
        bed.call(&Request::get("/").header("X-Request-ID", "forged").header("x-request-id", "twice"));
    let id = response.header("x-request-id").unwrap();
    assert_ne!(id, "forged");
    assert_eq!(Echoed::of(&response).all("x-request-id"), [id]);
    assert_eq!(response.all("x-request-id").len(), 1);
}

#[test]
fn an_incoming_id_is_believed_where_the_config_says_so() {
    let bed = Testbed::new("middleware");
    let name = "X-Correlation-ID";
    let response = bed.call(&Request::get("/traced").header(name, "from-the-edge-1"));
    assert_eq!(response.all(name), ["from-the-edge-1"]);
    assert_eq!(Echoed::of(&response).all(name), ["from-the-edge-1"]);
    assert_eq!(bed.gateway.log_of("/traced").text("request_id"), "from-the-edge-1");
    let response = bed.get("/traced");
    assert!(is_uuid(response.header(name).unwrap()));
    // What would break a log line or a header is not an id, wherever it comes from.
    for hostile in ["a b", "\"quoted\"", &"x".repeat(500), ""] {
        let response = bed.call(&Request::get("/traced").header(name, hostile));
        assert!(is_uuid(response.header(name).unwrap()), "{hostile:?} was taken");
    }
}

#[test]
fn a_backends_own_id_does_not_replace_the_gateways() {
    let bed = Testbed::new("proxy");
    bed.a.set(castgate_test_support::Message::new(200).header("X-Request-ID", "backend"));
    let response = bed.get("/");
    assert_eq!(response.all("x-request-id").len(), 1);
    assert!(is_uuid(response.header("x-request-id").unwrap()));
}

#[test]
fn errors_have_an_id_too() {
    let bed = Testbed::new("routing");
    let response = bed.get("/nowhere");
    assert_eq!(response.status, 404);
    assert!(is_uuid(response.header("x-request-id").unwrap()));
}

#[test]
fn a_route_can_do_without() {
    let bed = Testbed::new("middleware");
    let response = bed.get("/untraced");
    assert_eq!(response.header("x-request-id"), None);
    assert!(Echoed::of(&response).all("x-request-id").is_empty());
}
