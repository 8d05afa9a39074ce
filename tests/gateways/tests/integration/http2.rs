//! HTTP/2 from clients, by prior knowledge: requests and their answers, each on a stream of its own.

mod attacks;
mod client;
mod connections;

use std::future::poll_fn;
use std::time::{Duration, Instant};

use castgate_test_support::{BodyState, Gate, Message, Reply, Request, Step};
use hyper::body::Bytes;

use self::client::{connect, connect_as, read, request, run, send, until};
use crate::testbed::Testbed;

#[test]
fn a_request_is_at_its_backend_what_http_1_would_have_made_of_it() {
    let bed = Testbed::new("http2");
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let lines = [
            ("cookie", "a=1"),
            ("x-a", "1"),
            ("cookie", "b=2"),
            ("te", "trailers"),
            ("host", "gateway.test"),
        ];
        let answer = client.call(request("GET", "/a/%61?b=c", &lines)).await.unwrap();
        let json = answer.json();
        assert_eq!(
            (&json["method"], &json["target"], &json["version"]),
            (&"GET".into(), &"/a/a?b=c".into(), &"HTTP/1.1".into())
        );
        for (name, values) in [
            ("x-forwarded-host", &["gateway.test"][..]),
            ("cookie", &["a=1; b=2"]),
            ("x-a", &["1"]),
            ("via", &["2.0 castgate"]),
            ("x-forwarded-proto", &["http"]),
            ("content-length", &[]),
        ] {
            assert_eq!(answer.sent(name), values, "{name}");
        }
        assert!(answer.header("date").is_some() && answer.header("connection").is_none());
        assert_eq!(answer.header("content-length").unwrap(), answer.body.len().to_string());
        let id = answer.header("x-request-id").unwrap().to_owned();
        let line = bed.gateway.log_line(|line| line.text("request_id") == id);
        assert_eq!(
            (line.text("protocol"), line.text("host"), line.text("path")),
            ("HTTP/2.0", "gateway.test", "/a/a")
        );
    });
}

#[test]
fn bodies_go_both_ways_whole_and_no_faster_than_they_are_taken() {
    let bed = Testbed::new("http2");
    let body: Bytes = (0..(5 << 20) / 4_u32).flat_map(u32::to_be_bytes).collect::<Vec<u8>>().into();
    bed.a.set(Reply(vec![Step::ReadBody, Step::Send(Message::new(200).body(body.to_vec()))]));
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        for length in [Some(body.len().to_string()), None] {
            let lines: Vec<(&str, &str)> =
                length.iter().map(|length| ("content-length", &**length)).collect();
            let (answer, mut stream) = client.begin(request("POST", "/", &lines), false).await;
            send(&mut stream, body.clone()).await.unwrap();
            stream.send_data(Bytes::new(), true).unwrap();
            let answer = read(answer.await.unwrap()).await.unwrap();
            assert!(answer.status() == 200 && answer.body == body);
        }
    });
    for received in bed.a.requests() {
        assert!(received.state == BodyState::Complete && received.body == body);
    }
    // A backend that takes nothing stops its client, and nobody else.
    bed.a.set_script(|received| {
        if received.target == "/" { Reply(vec![Step::Pause(Gate::new())]) } else { Reply::echo() }
    });
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let (_answer, mut stream) = client.begin(request("POST", "/", &[]), false).await;
        stream.reserve_capacity(1 << 30);
        let mut sent = 0;
        let sending = async {
            while let Some(Ok(room)) = poll_fn(|cx| stream.poll_capacity(cx)).await {
                stream.send_data(vec![0; room].into(), false).unwrap();
                sent += room;
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(500), sending).await;
        assert!((64 << 10..16 << 20).contains(&sent), "{sent}");
        assert_eq!(client.get("/other").await.status(), 200);
    });
}

#[test]
fn what_has_no_body_has_none_and_says_what_it_would_be() {
    let bed = Testbed::new("http2");
    let with_length = |status: u16| {
        Reply::raw(
            format!("HTTP/1.1 {status} X\r\nContent-Length: 7\r\nConnection: close\r\n\r\n").into_bytes(),
        )
    };
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        for (method, reply, status, length) in [
            ("HEAD", with_length(200), 200, Some("7")),
            ("GET", with_length(304), 304, Some("7")),
            ("GET", Reply::from(Message::new(204)), 204, None),
            ("GET", Reply::from(Message::new(200)), 200, Some("0")),
        ] {
            bed.a.set(reply);
            let answer = client.call(request(method, "/", &[])).await.unwrap();
            assert_eq!((answer.status(), answer.header("content-length")), (status, length), "{method}");
            assert!(answer.body.is_empty());
        }
    });
}

#[test]
fn trailers_go_both_ways_and_interim_responses_one() {
    let bed = Testbed::new("http2");
    let hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec();
    let answer = Message::new(200).body("done").trailer("x-checked", "yes");
    bed.a.set(Reply(vec![Step::ReadBody, Step::SendRaw(hints), Step::Send(answer)]));
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let asked = request("POST", "/", &[("te", "trailers"), ("expect", "100-continue")]);
        let (mut answer, mut stream) = client.begin(asked, false).await;
        let interim = poll_fn(|cx| answer.poll_informational(cx)).await.unwrap().unwrap();
        assert_eq!(interim.status(), 100);
        stream.send_data("body".into(), false).unwrap();
        let mut trailers = hyper::http::HeaderMap::new();
        trailers.insert("content-digest", "sha-256=:x:".parse().unwrap());
        stream.send_trailers(trailers).unwrap();
        let interim = poll_fn(|cx| answer.poll_informational(cx)).await.unwrap().unwrap();
        assert_eq!((interim.status().as_u16(), interim.headers()["link"].as_bytes()), (103, &b"</a>"[..]));
        let answer = read(answer.await.unwrap()).await.unwrap();
        assert_eq!((answer.body, answer.trailers["x-checked"].as_bytes()), (b"done".to_vec(), &b"yes"[..]));
    });
    let received = bed.a.await_request(|received| received.state == BodyState::Complete);
    assert_eq!(received.body, b"body");
    assert_eq!(received.trailers, [("content-digest".to_owned(), "sha-256=:x:".to_owned())]);
}

#[test]
fn an_answer_that_comes_early_is_whole_and_the_rest_of_the_upload_is_let_go_without_an_error() {
    let bed = Testbed::new("http2");
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let (answer, mut stream) = client.begin(request("POST", "/own", &[]), false).await;
        let answer = read(answer.await.unwrap()).await.unwrap();
        assert_eq!((answer.status(), &answer.body[..]), (200, &b"its own"[..]));
        let reason = poll_fn(|cx| stream.poll_reset(cx)).await.unwrap();
        assert_eq!(reason, h2::Reason::NO_ERROR);
        // A body that turns out too long.
        let (answer, mut stream) = client.begin(request("POST", "/small", &[]), false).await;
        stream.send_data("more than ten".into(), false).unwrap();
        assert_eq!(read(answer.await.unwrap()).await.unwrap().status(), 413);
    });
}

#[test]
fn what_breaks_off_is_never_taken_for_whole() {
    let bed = Testbed::new("http2");
    let half = Message::new(200).body("x".repeat(1000));
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        for reply in [
            Reply::half(&half, 500),
            Reply::half(&half.clone().chunked(), 500),
            Reply::half(&half.clone().chunked(), 5),
        ] {
            bed.a.set(reply);
            let error = client.call(request("GET", "/", &[])).await.unwrap_err();
            assert_eq!((error.reason(), error.is_remote()), (Some(h2::Reason::INTERNAL_ERROR), true));
        }
        // Nor is a request: less than it says, and more.
        bed.a.set(Reply(vec![Step::ReadBody, Step::Send(Message::new(200))]));
        for (target, body) in [("/less", "abc"), ("/more", "abcdefghijk")] {
            let (answer, mut stream) =
                client.begin(request("POST", target, &[("content-length", "10")]), false).await;
            let received =
                until(|| bed.a.requests().into_iter().find(|received| received.target == target)).await;
            stream.send_data(body.into(), true).unwrap();
            let error = answer.await.unwrap_err();
            assert_eq!(error.reason(), Some(h2::Reason::PROTOCOL_ERROR), "{body}");
            let line = bed.gateway.log_of(target);
            assert_eq!((line.status(), line.text("reason")), (400, "bad_request"));
            bed.a.await_disconnect(received.connection);
        }
    });
    let received = bed.a.requests();
    let posts: Vec<_> = received.iter().filter(|received| received.method == "POST").collect();
    assert!(
        posts.len() == 2 && posts.iter().all(|received| received.state != BodyState::Complete),
        "{posts:?}"
    );
}

#[test]
fn a_client_that_gives_up_takes_its_request_at_the_backend_with_it() {
    let bed = Testbed::new("http2");
    bed.a.set_script(|received| if received.target == "/hang" { Reply::hang() } else { Reply::echo() });
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let (answer, mut stream) = client.begin(request("GET", "/hang", &[]), true).await;
        let received =
            until(|| bed.a.requests().into_iter().find(|received| received.target == "/hang")).await;
        stream.send_reset(h2::Reason::CANCEL);
        drop(answer);
        assert_eq!(client.get("/").await.status(), 200);
        bed.a.await_disconnect(received.connection);
    });
    let line = bed.gateway.log_of("/hang");
    assert_eq!((line.status(), line.text("reason")), (499, "client_closed"));
}

#[test]
fn deadlines_are_each_stream_s_own() {
    let bed = Testbed::new("http2");
    let gate = Gate::new();
    let held = gate.clone();
    bed.a.set_script(move |received| match &*received.target {
        "/late" => Reply::hang(),
        _ => Reply::gated(&held, Message::new(200)),
    });
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let (patient, _) = client.begin(request("GET", "/patient", &[]), true).await;
        let late = client.get("/late").await;
        assert_eq!((late.status(), late.reason()), (504, "upstream_timeout".to_owned()));
        gate.open();
        assert_eq!(patient.await.unwrap().status(), 200);
        // An upload that pauses for longer than `timeouts.body`.
        bed.a.set(Reply::echo());
        let (answer, mut stream) =
            client.begin(request("POST", "/", &[("content-length", "5")]), false).await;
        stream.send_data("a".into(), false).unwrap();
        assert_eq!(answer.await.unwrap().status(), 408);
    });
}

#[test]
fn a_stream_that_nobody_reads_is_reset_in_time_and_stops_no_other() {
    let bed = Testbed::new("http2");
    let flood = 64 << 20;
    let endless = move || {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {flood}\r\n\r\n");
        Reply(vec![Step::SendRaw(head.into()), Step::Flood(flood)])
    };
    bed.a.set_script(move |received| if received.target == "/flood" { endless() } else { Reply::echo() });
    run(async {
        // The connection's window is larger than all of theirs.
        let mut settings = h2::client::Builder::new();
        settings.initial_window_size(32 << 10).initial_connection_window_size(4 << 20);
        let mut client = connect_as(bed.gateway.address(), &settings).await;
        let mut stalled = Vec::new();
        for _ in 0..10 {
            let (answer, _) = client.begin(request("GET", "/flood", &[]), true).await;
            stalled.push(answer.await.unwrap().into_body());
        }
        let since = Instant::now();
        assert_eq!(client.get("/").await.status(), 200);
        for mut body in stalled {
            // What has come is there, and then the end that is none.
            let error = loop {
                match body.data().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break error,
                    None => panic!("it ended"),
                }
            };
            assert_eq!(error.reason(), Some(h2::Reason::CANCEL));
        }
        assert!((Duration::from_millis(800)..Duration::from_secs(5)).contains(&since.elapsed()), "{since:?}");
        assert_eq!(client.get("/").await.status(), 200);
    });
    let line = bed.gateway.log_line(|line| line.text("path") == "/flood");
    assert_eq!((line.status(), line.text("reason")), (200, "write_timeout"));
    assert!(bed.a.sent() < 10 * flood / 4, "{}", bed.a.sent());
}

#[test]
fn a_request_that_would_be_two_elsewhere_is_none() {
    let bed = Testbed::new("http2");
    run(async {
        let mut client = connect(bed.gateway.address()).await;
        let many: Vec<(String, &str)> = (0..60).map(|number| (format!("x-{number}"), "y")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (&**name, *value)).collect();
        for (method, target, lines, status) in [
            ("GET", "/", &[("host", "other.test")][..], 400),
            ("GET", "http://user@gateway.test/", &[], 400),
            ("GET", "https://gateway.test/", &[], 400),
            ("GET", "/", &[("x-a", " a")], 400),
            ("GET", "/", &[("x-a", "a\t")], 400),
            ("GET", "/", &[("expect", "other")], 400),
            ("GET", "/", &many, 431),
            ("TRACE", "/", &[], 501),
            ("CONNECT", "gateway.test:80", &[], 501),
        ] {
            let answer = client.call(request(method, target, lines)).await.unwrap();
            assert_eq!(answer.status(), status, "{method} {target} {lines:?}");
        }
        // None of them was its connection's end, and no backend has heard of any.
        assert_eq!((client.get("/").await.status(), bed.a.count()), (200, 1));
        let log = bed.gateway.log_line(|line| line.status() == 400);
        assert_eq!(log.text("reason"), "bad_request");
    });
}

#[test]
fn both_protocols_are_spoken_where_both_are_named_and_one_where_one_is() {
    let bed = Testbed::new("http2");
    assert_eq!(bed.get("/").status, 200);
    assert_eq!(bed.call(&Request::post("/", "x")).status, 200);
    let alone = bed.gateway.addresses_of("alone", 1)[0];
    run(async {
        assert_eq!(connect(alone).await.get("/").await.status(), 200);
        assert_eq!(connect(bed.gateway.address()).await.get("/").await.status(), 200);
    });
    let mut client = castgate_test_support::RawClient::connect(alone);
    client.send_request(&Request::get("/"));
    let answer = client.read_response().unwrap();
    assert_eq!((answer.status, answer.json()["reason"].as_str()), (505, Some("version_not_supported")));
    client.await_close();
}

#[test]
fn curl_and_it_understand_each_other() {
    let Some(curl) = castgate_test_support::require_program("curl") else { return };
    let bed = Testbed::new("http2");
    let url = format!("http://{}/echoed?a=b", bed.gateway.address());
    let body = "x".repeat(1 << 20);
    let known = [
        "--silent",
        "--http2-prior-knowledge",
        "--write-out",
        "\n%{http_version} %{http_code}",
        "--data-binary",
        "@-",
    ];
    let mut run = std::process::Command::new(curl)
        .args(known)
        .arg(url)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut run.stdin.take().unwrap(), body.as_bytes()).unwrap();
    let said = String::from_utf8(run.wait_with_output().unwrap().stdout).unwrap();
    let (echoed, line) = said.rsplit_once('\n').unwrap();
    assert_eq!(line, "2 200");
    let json: serde_json::Value = serde_json::from_str(echoed).unwrap();
    assert_eq!((json["target"].as_str(), json["body"].as_str()), (Some("/echoed?a=b"), Some(&*body)));
}
