//! Backends fail in every way, and the client is told the truth about it.

use std::time::{Duration, Instant};

use castgate_test_support::{Closing, Gate, Message, ReadError, Reply, Request, Step, poll};

use crate::testbed::{Echoed, Testbed, assert_problem};

/// The failure is answered with `status`, logged and counted.
#[track_caller]
fn fails(bed: &Testbed, request: &Request, status: u16) -> String {
    let response = bed.call(request);
    assert_eq!(response.status, status, "{}", response.text());
    let line = bed.log_of(&response);
    assert_eq!(line.status(), u64::from(status));
    let reason = line.text("reason").to_owned();
    assert!(!reason.is_empty() && reason != "ok", "{}", line.raw);
    assert_problem(&response, status, &reason);
    let status = status.to_string();
    bed.await_metrics(|m| m.sum("gateway_http_requests_total", &[("status", &status)]) >= 1.0);
    reason
}

#[test]
fn a_refused_connection_is_a_502() {
    let bed = Testbed::new("proxy");
    bed.a.stop();
    assert_eq!(fails(&bed, &Request::get("/"), 502), "connect_error");
    bed.a.restart();
    assert_eq!(bed.get("/").status, 200);
}

#[test]
fn a_refused_connection_is_tried_elsewhere_whatever_the_method() {
    let bed = Testbed::new("proxy");
    bed.name_backends();
    bed.b.stop();
    let mut client = bed.connect();
    for n in 0..8 {
        let request =
            if n % 2 == 0 { Request::get("/pair") } else { Request::post("/pair", "never sent twice") };
        assert_eq!(client.call(&request).text(), "a");
    }
    assert_eq!(bed.a.count(), 8);
    let retries = bed.await_metrics(|m| m.sum("gateway_retries_total", &[("route", "pair")]) > 0.0);
    assert!(retries.sum("gateway_retries_total", &[]) <= 8.0);
}

#[test]
fn all_backends_refusing_is_a_502() {
    let bed = Testbed::new("proxy");
    bed.a.stop();
    bed.b.stop();
    assert_eq!(fails(&bed, &Request::get("/pair"), 502), "connect_error");
}

#[test]
fn a_silent_backend_is_a_504_and_is_let_go() {
    let bed = Testbed::new("proxy");
    bed.c.set(Reply::hang());
    let started = Instant::now();
    assert_eq!(fails(&bed, &Request::get("/hasty"), 504), "upstream_timeout");
    assert!(started.elapsed() >= Duration::from_millis(300), "too early: {:?}", started.elapsed());
    let connection = bed.c.requests()[0].connection;
    bed.c.await_disconnect(connection);
    assert_eq!(fails(&bed, &Request::post("/hasty", "once"), 504), "upstream_timeout");
    assert_eq!(bed.c.count(), 2, "a request that a backend may have acted on was sent again");
}

#[test]
fn a_dripping_head_does_not_outlive_the_timeout() {
    let bed = Testbed::new("proxy");
    bed.c.set(Reply::drip(&Message::new(200).header("X-Long", &"x".repeat(400)), Duration::from_millis(10)));
    assert_eq!(fails(&bed, &Request::get("/hasty"), 504), "upstream_timeout");
}

#[test]
fn a_backend_that_hangs_up_is_a_502() {
    let bed = Testbed::new("proxy");
    for reply in [Reply::close(), Reply::reset(), Reply(vec![Step::Close]), Reply(vec![Step::Reset])] {
        bed.b.set(reply);
        fails(&bed, &Request::get("/once"), 502);
        fails(&bed, &Request::post("/once", "body"), 502);
    }
    assert_eq!(bed.b.count(), 8);
}

#[test]
fn garbage_is_a_502() {
    let bed = Testbed::new("proxy");
    for garbage in [
        "\0\u{1}\u{2}garbage\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 99999 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10",
        "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        bed.a.set(Reply::raw(garbage));
        let response = bed.get("/");
        assert_eq!(response.status, 502, "for {garbage:?}");
        assert_ne!(bed.log_of(&response).text("reason"), "ok");
    }
}

#[test]
fn ambiguous_framing_is_a_502() {
    let bed = Testbed::new("proxy");
    for headers in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: +4",
        "Content-Length: 0x4",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity",
    ] {
        bed.a.set(Reply::raw(format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n4\r\nfour\r\n0\r\n\r\n")));
        let response = bed.get("/");
        assert_eq!(response.status, 502, "for {headers:?}");
    }
}

#[test]
fn an_upgrade_nobody_asked_for_is_a_502() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply::raw(
        "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ));
    fails(&bed, &Request::get("/"), 502);
}

#[test]
fn an_endless_head_is_a_502() {
    let bed = Testbed::new("proxy");
    let line = format!("X-More: {}\r\n", "x".repeat(1000));
    bed.a.set(Reply::raw(format!("HTTP/1.1 200 OK\r\n{}\r\n", line.repeat(2000))));
    fails(&bed, &Request::get("/"), 502);
}

#[test]
fn a_truncated_response_is_never_a_complete_one() {
    let bed = Testbed::new("proxy");
    let message = Message::new(200).body("0123456789");
    let cut = [
        Reply::half(&message, 5),
        Reply::half(&message.clone().chunked(), 5),
        Reply::half(&message.clone().chunked(), 12),
        Reply(vec![Step::ReadBody, Step::SendRaw([message.head(), b"01234".to_vec()].concat()), Step::Reset]),
        Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\nzz\r\nno size\r\n"),
    ];
    for (n, reply) in cut.into_iter().enumerate() {
        bed.a.set(reply.clone());
        let target = format!("/cut/{n}");
        let mut client = bed.connect();
        match client.exchange(&Request::get(&target)) {
            Err(ReadError::Truncated | ReadError::Closed) => {}
            // Before anything was sent on, there is still a better answer.
            Ok(response) => assert_eq!(response.status, 502, "{reply:?}: {}", response.text()),
            Err(error) => panic!("{reply:?}: {error}"),
        }
        assert_ne!(bed.gateway.log_of(&target).text("reason"), "ok", "{reply:?}");
    }
}

#[test]
fn a_reset_in_the_middle_is_seen_by_the_client() {
    let bed = Testbed::new("proxy");
    for head in ["Content-Length: 100", "Transfer-Encoding: chunked", "Connection: close"] {
        let gate = Gate::new();
        let start = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n5\r\nfirst\r\n");
        bed.a.set(Reply(vec![Step::SendRaw(start.into()), Step::Pause(gate.clone()), Step::Reset]));
        let mut client = bed.connect();
        client.send_request(&Request::get("/"));
        client.await_bytes(b"first").unwrap();
        gate.open();
        assert_eq!(client.read_response().unwrap_err(), ReadError::Truncated, "{head}");
    }
}

#[test]
fn bytes_after_a_response_never_become_the_next_one() {
    let bed = Testbed::new("proxy");
    let poison =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    bed.a.set_script(move |request| match request.target.as_str() {
        "/poison" => Reply(vec![Step::ReadBody, Step::SendRaw(poison.into())]),
        _ => Reply::echo(),
    });
    let mut client = bed.connect();
    for n in 0..10 {
        let response = client.get("/poison");
        assert!(response.status == 502 || response.text() == "ok", "{}", response.text());
        let target = format!("/{n}");
        let response = client.get(&target);
        assert_eq!(Echoed::of(&response).text("target"), target);
    }
}

#[test]
fn what_a_backend_has_said_unasked_is_seen_by_a_task_that_has_done_much() {
    // It has one worker, which looks at all that has come before it takes a request.
    let bed = Testbed::new("tunnels");
    for ahead in 100..150 {
        let gate = Gate::new();
        let wait = gate.clone();
        bed.a.set_script(move |request| match request.target.as_str() {
            "/asked" => Reply(vec![Step::Send(Message::new(200)), Step::Pause(wait.clone()), Step::Flood(1)]),
            _ => Reply::echo(),
        });
        let mut client = bed.connect();
        assert_eq!(client.get("/asked").status, 200);
        let sent = bed.a.sent();
        gate.open();
        poll(|| if bed.a.sent() > sent { Ok(()) } else { Err("nothing has come yet".to_owned()) });
        // A task that has had its turn for long is refused to look for more (tokio's budget).
        client.send(
            "GET /fixed HTTP/1.1\r\nHost: a\r\n\r\n".repeat(ahead) + "GET /last HTTP/1.1\r\nHost: a\r\n\r\n",
        );
        for _ in 0..ahead {
            assert_eq!(client.read_response().unwrap().text(), "fixed");
        }
        let response = client.read_response().unwrap();
        assert_eq!(Echoed::of(&response).text("target"), "/last", "behind {ahead}");
    }
}

#[test]
fn a_late_answer_never_reaches_another_request() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    let late = gate.clone();
    bed.c.set_script(move |request| match request.target.as_str() {
        "/hasty/late" => Reply::gated(&late, Message::new(200).body("late")),
        _ => Reply::echo(),
    });
    let mut client = bed.connect();
    assert_eq!(client.get("/hasty/late").status, 504);
    gate.open();
    for n in 0..5 {
        let target = format!("/hasty/{n}");
        let response = client.get(&target);
        assert_eq!(Echoed::of(&response).text("target"), target);
    }
}

#[test]
fn a_stale_connection_costs_a_get_nothing() {
    let bed = Testbed::new("proxy");
    bed.a.set(Reply::lie(Message::new(200).body("still here")));
    let mut client = bed.connect();
    for _ in 0..30 {
        assert_eq!(client.get("/").text(), "still here");
    }
}

#[test]
fn a_connection_that_dies_under_a_get_is_replaced() {
    let bed = Testbed::new("proxy");
    // Every connection answers once; the second request on it finds it dead.
    bed.a.set_script(answers_once());
    let mut client = bed.connect();
    for n in 0..10 {
        let response = client.get(&format!("/{n}"));
        assert_eq!(Echoed::of(&response).text("target"), format!("/{n}"));
    }
}

#[test]
fn a_connection_that_dies_under_a_post_is_not_replaced() {
    let bed = Testbed::new("proxy");
    bed.a.set_script(answers_once());
    let mut client = bed.connect();
    for n in 0..10 {
        let target = format!("/{n}");
        let response = client.call(&Request::post(&target, "pay"));
        assert!(matches!(response.status, 200 | 502), "{}", response.status);
        let arrived = bed.a.requests().iter().filter(|r| r.target == target).count();
        assert!(arrived <= 1, "a POST was sent {arrived} times");
    }
}

fn answers_once() -> impl Fn(&castgate_test_support::Received) -> Reply + Send + Sync {
    let seen = std::sync::Mutex::new(std::collections::BTreeSet::new());
    move |request| {
        if seen.lock().unwrap().insert(request.connection) { Reply::echo() } else { Reply::close() }
    }
}

#[test]
fn backends_that_idle_away_cost_nothing() {
    let bed = Testbed::new("proxy");
    let mut client = bed.connect();
    for _ in 0..10 {
        assert_eq!(client.call(&Request::get("/")).status, 200);
        bed.a.disconnect();
    }
}

#[test]
fn a_failure_does_not_cost_the_client_its_connection() {
    let bed = Testbed::new("proxy");
    bed.a.stop();
    let mut client = bed.connect();
    for _ in 0..3 {
        let response = client.get("/");
        assert_eq!(response.status, 502);
        assert!(response.keeps_alive());
    }
    client.set_timeout(Duration::from_millis(50));
    assert_eq!(client.await_close(), Closing::Open);
}

#[test]
fn upstream_errors_pass_through_untouched() {
    let bed = Testbed::new("proxy");
    for status in [400, 404, 429, 500, 503] {
        bed.a.set(Message::new(status).header("Content-Type", "text/plain").body("mine"));
        let response = bed.get("/");
        assert_eq!((response.status, response.text().as_str()), (status, "mine"));
        assert_eq!(bed.log_of(&response).text("reason"), "ok");
    }
}
