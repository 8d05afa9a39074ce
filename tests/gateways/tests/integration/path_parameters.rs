//! What stands behind a `;` in a segment is a part of the name to one backend and nothing to another: it is never
//! matched, and goes on only where a route says so.

use castgate_test_support::Request;

use crate::testbed::{Echoed, KEYS, Testbed, assert_problem};

const SPELLINGS: [&str; 5] = [";", ";a=b", ";a=b;c,d", "%3B", "%3ba=b"];

#[test]
fn a_guard_is_met_whatever_parameters_its_segments_have() {
    let bed = Testbed::new("gate");
    for parameters in SPELLINGS {
        for target in [
            format!("/admin{parameters}"),
            format!("/admin{parameters}/users"),
            format!("/admin/users{parameters}"),
            format!("/customers{parameters}/7/admin"),
            format!("/customers/7{parameters}/admin{parameters}"),
            format!("/cars{parameters}/admin"),
            format!("/cars/admin{parameters}"),
            format!("/wide/x{parameters}/secret"),
            format!("/wide/x/secret{parameters}/y"),
            format!("/x/..{parameters}/admin"),
            format!("/cars/x/../admin{parameters}"),
            format!("/cars/{parameters}/admin"),
            format!("/{parameters}/admin"),
        ] {
            let response = bed.get(&target);
            assert_problem(&response, 400, "bad_request");
        }
        // A guard that keeps them asks for its key all the same.
        let target = format!("/cars{parameters}/owners{parameters}");
        assert_problem(&bed.get(&target), 401, "auth_missing");
        let response = bed.call(&Request::get(&target).header("X-API-Key", KEYS[0]));
        assert_eq!(bed.log_of(&response).text("route"), "cars-owners");
    }
    assert_eq!(bed.a.count(), SPELLINGS.len(), "something got past a guard: {:#?}", bed.a.requests());
}

#[test]
fn parameters_are_refused_unless_the_route_keeps_them() {
    let bed = Testbed::new("gate");
    for parameters in SPELLINGS {
        for target in
            [format!("/fixed{parameters}"), format!("/plain{parameters}/x"), format!("/x/y{parameters}")]
        {
            assert_problem(&bed.get(&target), 400, "bad_request");
        }
    }
    assert_eq!(bed.a.count(), 0);
    // What is no segment has no parameters.
    let response = bed.get("/plain?a;b=c%3Bd");
    assert_eq!(Echoed::of(&response).text("target"), "/plain?a;b=c%3Bd");
}

#[test]
fn parameters_that_are_kept_arrive_as_they_were_sent() {
    let bed = Testbed::new("gate");
    for (sent, arrives, route) in [
        ("/cars;color=red/2012;x", "/cars;color=red/2012;x", "cars"),
        ("/cars%3bcolor=red?q;r", "/cars%3Bcolor=red?q;r", "cars"),
        ("/%63ars;a/./b/../c;d", "/cars;a/c;d", "cars"),
        ("/wide/a;b/c;d", "/wide/a;b/c;d", "wide"),
        ("/api;x=1/v1;y=2/users;z=3", "/users;z=3", "stripped"),
        ("/api;x=1/v1", "/", "stripped"),
        ("/api/v1/", "/", "stripped"),
        ("/api/v1/users", "/users", "stripped"),
    ] {
        let response = bed.get(sent);
        assert_eq!(Echoed::of(&response).text("target"), arrives, "{sent}");
        let line = bed.log_of(&response);
        assert_eq!(line.text("route"), route, "{sent}");
        if route != "stripped" {
            assert_eq!(
                line.text("path"),
                arrives.split('?').next().unwrap(),
                "the log has what was forwarded"
            );
        }
    }
    let response = bed.get("/moved/7;v=1?q");
    assert_eq!((response.status, response.header("location")), (308, Some("/elsewhere/7;v=1?q")));
}
