//! Header fields are taken out, replaced and added, towards both sides.

use castgate_test_support::{Message, Request};

use crate::testbed::{Echoed, Testbed, launch};

#[test]
fn what_the_backend_gets_is_edited() {
    let bed = Testbed::new("middleware");
    let request = Request::get("/edited")
        .header("X-Stage", "spoofed")
        .header("x-stage", "twice")
        .header("X-Seen", "client")
        .header("X-DEBUG", "1")
        .header("X-Other", "kept");
    let response = bed.call(&request);
    let echoed = Echoed::of(&response);
    assert_eq!(echoed.all("x-stage"), ["test"], "set takes the place of whatever was there");
    assert_eq!(echoed.all("x-secret"), ["quiet"]);
    assert_eq!(echoed.all("x-seen"), ["client", "gateway"], "add keeps what was there");
    assert!(echoed.all("x-debug").is_empty());
    assert_eq!(echoed.all("x-other"), ["kept"]);
}

#[test]
fn what_the_client_gets_is_edited() {
    let bed = Testbed::new("middleware");
    bed.a.set(
        Message::new(200)
            .header("Server", "backend/1.0")
            .header("X-Powered-By", "something")
            .header("X-Frame-Options", "SAMEORIGIN")
            .header("Vary", "Accept"),
    );
    let response = bed.get("/edited");
    assert_eq!((response.header("server"), response.header("x-powered-by")), (None, None));
    assert_eq!(response.all("x-frame-options"), ["DENY"]);
    assert_eq!(response.all("vary").join(", "), "Accept, X-Stage");
}

#[test]
fn every_answer_is_edited_the_gateway_s_own_errors_too() {
    let bed = Testbed::new("middleware");
    let statuses =
        [("/public", 200), ("/private", 401), ("/moved", 307), ("/nothing", 404), ("/public/%2f", 400)];
    for (path, status) in statuses {
        let response = bed.get(path);
        assert_eq!(response.status, status, "{path}");
        assert_eq!(response.all("x-content-type-options"), ["nosniff"], "{path}");
    }
    let limited = || bed.get("/limited");
    let response = (0..8).map(|_| limited()).find(|response| response.status == 429).unwrap();
    assert_eq!(response.all("x-content-type-options"), ["nosniff"]);
    assert!(response.header("retry-after").is_some() && response.header("x-request-id").is_some());
    // Only the route's own edits are laid over those of all: maps take the place of maps.
    let response = bed.get("/edited");
    assert_eq!(response.all("x-content-type-options"), [""; 0]);
}

#[test]
fn a_value_can_come_at_start() {
    let bed = Testbed::new("middleware");
    let gateway = launch("middleware", [&bed.a, &bed.b, &bed.c]).env("SECRET", "of the day").start();
    let response = gateway.get("/edited");
    assert_eq!(Echoed::of(&response).all("x-secret"), ["of the day"]);
}

#[test]
fn other_routes_are_left_alone() {
    let bed = Testbed::new("middleware");
    let response = bed.call(&Request::get("/public").header("X-Debug", "1"));
    let echoed = Echoed::of(&response);
    assert_eq!((echoed.all("x-debug"), echoed.all("x-stage").len()), (vec!["1"], 0));
    assert_eq!(response.header("x-frame-options"), None);
}
