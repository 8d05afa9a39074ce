//! Without a key there is no way in.

use castgate_test_support::{Request, Upstream};

use crate::testbed::{Echoed, KEYS, Testbed, assert_problem, launch};

#[test]
fn without_a_key_nobody_passes() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    let response = client.get("/private");
    assert_problem(&response, 401, "auth_missing");
    assert!(response.header("www-authenticate").is_some_and(|value| !value.is_empty()));
    assert!(response.keeps_alive());
    assert_eq!(bed.log_of(&response).text("reason"), "auth_missing");
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn a_wrong_key_is_no_key() {
    let bed = Testbed::new("middleware");
    let (first, joined) = (KEYS[0], KEYS.join(","));
    let shorter = &first[..first.len() - 1];
    for wrong in ["wrong", "", " ", ",", shorter, &format!("{first}x"), &first.to_uppercase(), &joined, "*"] {
        let response = bed.call(&Request::get("/private").header("X-API-Key", wrong));
        assert_eq!(response.status, 401, "{wrong:?} opens");
        assert!(response.header("www-authenticate").is_some());
        assert!(wrong.trim().len() < 3 || !response.text().contains(wrong), "the key is in the answer");
        let line = bed.log_of(&response);
        assert!(line.text("reason").starts_with("auth_"), "{}", line.raw);
        assert!(wrong.trim().len() < 3 || !line.raw.contains(wrong), "the key is in the log");
    }
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn every_configured_key_opens() {
    let bed = Testbed::new("middleware");
    for key in KEYS {
        for name in ["X-API-Key", "x-api-key"] {
            assert_eq!(bed.call(&Request::get("/private/x").header(name, key)).status, 200);
        }
    }
}

#[test]
fn a_variable_may_have_one_key_a_line() {
    let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
    let launch = launch("middleware", [&a, &b, &c]);
    let launch =
        launch.env("API_KEYS", "# of the shop\none-key\r\n\r\n  another-key  \n# third-key\nsome,more");
    let bed = Testbed { gateway: launch.start(), a, b, c };
    let status = |key: &str| bed.call(&Request::get("/private").header("X-API-Key", key)).status;
    for key in ["one-key", "another-key", "some", "more"] {
        assert_eq!(status(key), 200, "{key}");
    }
    for key in ["# of the shop", "third-key", "# third-key", "some,more"] {
        assert_eq!(status(key), 401, "{key}");
    }
}

#[test]
fn two_keys_are_no_key() {
    let bed = Testbed::new("middleware");
    let request = Request::get("/private").header("X-API-Key", "wrong").header("X-API-Key", KEYS[0]);
    let status = bed.call(&request).status;
    assert!(matches!(status, 400 | 401), "{status}");
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn a_key_elsewhere_is_no_key() {
    let bed = Testbed::new("middleware");
    let key = KEYS[0];
    let bearer = format!("Bearer {key}");
    for request in [
        Request::get(&format!("/private?X-API-Key={key}")),
        Request::get("/private").header("Authorization", &bearer),
        Request::get("/private").header("X_API_Key", key),
        Request::get("/private").header("X-API-Key-2", key),
        Request::get("/private").header("Cookie", &format!("X-API-Key={key}")),
    ] {
        let status = bed.call(&request).status;
        assert!(matches!(status, 400 | 401), "{request:?}: {status}");
    }
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn a_route_can_be_public() {
    let bed = Testbed::new("middleware");
    assert_eq!(bed.get("/public").status, 200);
    let response = bed.call(&Request::get("/public").header("X-API-Key", "wrong"));
    assert_eq!(response.status, 200);
}

#[test]
fn the_body_of_a_refused_request_is_not_awaited() {
    let bed = Testbed::new("middleware");
    let mut client = bed.connect();
    client
        .send("POST /private HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
    let response = client.read_response().unwrap();
    assert_eq!((response.status, response.interim.len()), (401, 0));
}

#[test]
fn the_backend_does_not_learn_the_key_by_accident_of_case() {
    let bed = Testbed::new("middleware");
    let response = bed.call(&Request::get("/private").header("x-api-KEY", KEYS[1]));
    // Whether it is passed on is policy; passing it on twice, or changed, is a mistake.
    let keys = Echoed::of(&response).all("x-api-key").into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert!(keys.is_empty() || keys == [KEYS[1]], "{keys:?}");
}
