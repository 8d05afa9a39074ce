//! What one backend decodes before it splits a path is a part of a name to another: `%2F` and `%5C` separate nothing, and
//! go on only where a route says so.

use castgate_test_support::Request;

use crate::testbed::{Echoed, KEYS, Testbed, assert_problem};

const SPELLINGS: [&str; 4] = ["%2F", "%2f", "%5C", "%5c"];

#[test]
fn encoded_slashes_are_refused_unless_the_route_keeps_them() {
    let bed = Testbed::new("gate");
    for slash in SPELLINGS {
        for target in [
            format!("/plain{slash}x"),
            format!("/fixed/a{slash}b"),
            format!("/{slash}packages/x"),
            format!("/packages{slash}admin"),
            format!("/packages/admin/x{slash}y"),
            format!("/cars/a{slash}b"),
            format!("/packages/a{slash}b;v=1"),
            format!("/packages/../cars/a{slash}b"),
        ] {
            assert_problem(&bed.get(&target), 400, "bad_request");
        }
    }
    assert_eq!(bed.a.count(), 0, "something went on: {:#?}", bed.a.requests());
    // What is no path has none.
    let response = bed.get("/plain?a%2fb%5c");
    assert_eq!(Echoed::of(&response).text("target"), "/plain?a%2fb%5c");
}

#[test]
fn encoded_slashes_that_are_kept_separate_nothing_and_arrive_as_they_were_sent() {
    let bed = Testbed::new("gate");
    for (sent, arrives, route) in [
        ("/packages/@scope%2Fname", "/packages/@scope%2Fname", "packages"),
        ("/packages/%40scope%2fname/1.0?x=%2f", "/packages/%40scope%2Fname/1.0?x=%2f", "packages"),
        ("/packages/a%5cb", "/packages/a%5Cb", "packages"),
        ("/packages/https:%2F%2Fa.example%2F", "/packages/https:%2F%2Fa.example%2F", "packages"),
        ("/packages/a%252Fb", "/packages/a%252Fb", "packages"),
        ("/packages/x%2Fy/../z%2fz", "/packages/z%2Fz", "packages"),
        ("/projects/group%2Fsub%2Fname/issues", "/v4/group%2Fsub%2Fname", "project"),
        ("/both/a;v=x%2Fy/b%2Fc;d", "/both/a;v=x%2Fy/b%2Fc;d", "both"),
    ] {
        let response = bed.get(sent);
        assert_eq!(Echoed::of(&response).text("target"), arrives, "{sent}");
        let line = bed.log_of(&response);
        assert_eq!(line.text("route"), route, "{sent}");
        if route != "project" {
            let path = arrives.split('?').next().unwrap();
            assert_eq!(line.text("path"), path, "the log has what was forwarded");
        }
    }
    let response = bed.get("/homes/a%2fb?q");
    assert_eq!((response.status, response.header("location")), (308, Some("/people/a%2Fb?q")));
}

/// A backend that decodes once resolves what is between the slashes.
#[test]
fn beside_an_encoded_slash_there_are_no_dots() {
    let bed = Testbed::new("gate");
    for slash in SPELLINGS {
        for target in [
            format!("/packages/..{slash}admin"),
            format!("/packages/%2e%2E{slash}admin"),
            format!("/packages/x{slash}..{slash}admin"),
            format!("/packages/x{slash}.{slash}admin"),
            format!("/packages/x{slash}.."),
            format!("/both/..;a{slash}admin"),
            format!("/both/a{slash};b{slash}c"),
            format!("/packages/a{slash}b%00"),
        ] {
            assert_problem(&bed.get(&target), 400, "bad_request");
        }
    }
    assert_eq!(bed.a.count(), 0, "something went on: {:#?}", bed.a.requests());
}

#[test]
fn a_guard_that_keeps_them_asks_for_its_key() {
    let bed = Testbed::new("gate");
    for slash in SPELLINGS {
        let target = format!("/packages/owners/a{slash}b");
        assert_problem(&bed.get(&target), 401, "auth_missing");
        let response = bed.call(&Request::get(&target).header("X-API-Key", KEYS[0]));
        assert_eq!(bed.log_of(&response).text("route"), "packages-owners");
    }
    assert_eq!(bed.a.count(), SPELLINGS.len());
}
