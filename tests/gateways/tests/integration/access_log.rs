//! One line a request, on stdout, in JSON, with the seed's fields first.

use castgate_test_support::{Gate, Message, Reply, Request, standstill};
use serde_json::Value;

use crate::testbed::Testbed;

const SEED: [&str; 6] = ["timestamp", "method", "path", "status", "duration_ms", "client_ip"];

#[test]
fn the_seeds_fields_come_first_and_in_order() {
    let bed = Testbed::new("proxy");
    let response = bed.get("/api/v1/users?secret=1");
    let line = bed.log_of(&response);
    let fields = line.fields();
    assert_eq!(fields[..6], SEED, "{}", line.raw);
    assert_eq!(fields[6..9], ["request_id", "route", "backend"], "{}", line.raw);
    assert_eq!((line.text("method"), line.text("path"), line.status()), ("GET", "/api/v1/users", 200));
    assert_eq!((line.text("client_ip"), line.text("route")), ("127.0.0.1", "single"));
    assert_eq!((line.text("backend"), line.text("reason")), (bed.a.url().as_str(), "ok"));
    let duration = line.value["duration_ms"].as_f64().unwrap();
    assert!(duration > 0.0 && duration < 10_000.0, "{duration}");
    assert!(!line.raw.contains("secret"), "the query is in the log: {}", line.raw);
}

#[test]
fn the_timestamp_is_utc_to_the_millisecond() {
    let bed = Testbed::new("proxy");
    let response = bed.get("/");
    let line = bed.log_of(&response);
    let stamp = line.text("timestamp");
    let shape: String = stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{stamp}");
}

#[test]
fn every_request_has_exactly_one_line() {
    let bed = Testbed::new("proxy");
    bed.b.stop();
    std::thread::scope(|scope| {
        for client in 0..4 {
            let bed = &bed;
            scope.spawn(move || {
                let mut connection = bed.connect();
                for n in 0..25 {
                    connection.get(&format!("/client{client}/{n}"));
                }
            });
        }
    });
    bed.get("/once/refused");
    bed.connect().get("/pair/retried");
    // Written once a tick: when nothing more comes, everything has come.
    let count = standstill(|| bed.gateway.raw_log().len() as u64);
    assert_eq!(count, 102, "{}", bed.gateway.raw_log().join("\n"));
    for client in 0..4 {
        for n in 0..25 {
            let path = format!("\"path\":\"/client{client}/{n}\"");
            assert_eq!(bed.gateway.raw_log().iter().filter(|line| line.contains(&path)).count(), 1);
        }
    }
}

#[test]
fn a_line_is_written_when_the_response_is_over_and_not_before() {
    let bed = Testbed::new("proxy");
    let gate = castgate_test_support::Gate::new();
    bed.a.set_script({
        let gate = gate.clone();
        move |request| match request.target.as_str() {
            "/slow" => Reply::gated(&gate, castgate_test_support::Message::new(200)),
            _ => Reply::echo(),
        }
    });
    let mut slow = bed.connect();
    slow.send_request(&Request::get("/slow"));
    bed.a.await_request(|r| r.target == "/slow");
    bed.get("/fast");
    bed.gateway.log_of("/fast");
    assert!(bed.gateway.raw_log().iter().all(|line| !line.contains("/slow")));
    gate.open();
    assert_eq!(slow.read_response().unwrap().status, 200);
    bed.gateway.log_of("/slow");
}

#[test]
fn whatever_a_client_sends_the_line_stays_one_line_of_json() {
    let bed = Testbed::new("proxy");
    let mut sent = 0;
    for target in [
        "/\"quoted\"",
        "/back\\slash",
        "/{\"status\":200}",
        "/%0d%0aforged",
        "/%00",
        "/%E2%80%A8",
        "/\u{e9}\u{ff}",
        "/%1b[31mred",
        "/<script>",
        "/%",
        "/%zz",
        "/\u{7f}",
    ] {
        let mut client = bed.connect();
        client.send(target_bytes(target));
        _ = client.read_response();
        sent += 1;
    }
    for (name, value) in [("User-Agent", "\"}\\u0000{"), ("Host", "a\"b"), ("X-Forwarded-For", "\"\u{1b}")] {
        let mut client = bed.connect();
        client.send(Request::get("/header").header(name, value).bytes());
        _ = client.read_response();
        sent += 1;
    }
    bed.get("/last");
    bed.gateway.log_of("/last");
    standstill(|| bed.gateway.raw_log().len() as u64);
    let log = bed.gateway.raw_log();
    assert_eq!(log.len(), sent + 1, "{}", log.join("\n"));
    for line in log {
        let value: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in SEED {
            assert!(!value[field].is_null(), "no {field}: {line}");
        }
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

/// One byte a character.
fn target_bytes(target: &str) -> Vec<u8> {
    Request::get(target).bytes()
}

#[test]
fn secrets_are_not_logged() {
    let bed = Testbed::new("proxy");
    let request = Request::get("/secrets?token=hidden-query")
        .header("Authorization", "Bearer hidden-token")
        .header("Cookie", "session=hidden-cookie")
        .header("X-API-Key", "hidden-key");
    bed.call(&request);
    let line = bed.gateway.log_of("/secrets");
    assert!(!line.raw.contains("hidden"), "{}", line.raw);
    assert!(!bed.gateway.stderr().contains("hidden"), "{}", bed.gateway.stderr());
}

#[test]
fn a_route_can_be_left_out_of_the_log() {
    let bed = Testbed::new("middleware");
    assert_eq!(bed.get("/quiet").status, 200);
    assert_eq!(bed.get("/public").status, 200);
    bed.gateway.log_of("/public");
    assert!(bed.gateway.raw_log().iter().all(|line| !line.contains("/quiet")));
}

#[test]
fn a_line_has_the_fields_that_are_named_behind_all_others() {
    let bed = Testbed::new("middleware");
    let request = Request::get("/described?secret=1")
        .header("User-Agent", "tester/1")
        .header("Referer", "http://shop.example/cart?token=hidden#top");
    let line = bed.log_of(&bed.call(&request));
    let fields = line.fields();
    let (seed, named) = (&fields[..6], &fields[fields.len() - 5..]);
    assert_eq!(seed, SEED, "{}", line.raw);
    // The one listener has no name.
    assert_eq!(named, ["reason", "host", "user_agent", "protocol", "referer"], "{}", line.raw);
    assert_eq!((line.text("host"), line.text("protocol")), ("gateway.test", "HTTP/1.1"));
    assert_eq!((line.text("user_agent"), line.text("referer")), ("tester/1", "http://shop.example/cart"));
    assert!(!line.raw.contains("secret") && !line.raw.contains("hidden"), "{}", line.raw);

    let request = Request::get("/described/whole?a=b").header("Referer", "/?c=d");
    let line = bed.log_of(&bed.call(&request));
    assert_eq!((line.text("query"), line.text("referer")), ("a=b", "/?c=d"), "{}", line.raw);
    assert!(line.value["host"].is_null(), "{}", line.raw);
    let plain = bed.log_of(&bed.call(&Request::get("/public").header("Referer", "/")));
    assert_eq!(plain.fields().last(), Some(&"reason"), "{}", plain.raw);
}

#[test]
fn what_was_not_sent_is_not_in_the_line() {
    let bed = Testbed::new("middleware");
    let response = bed.raw("GET /described HTTP/1.0\r\n\r\n");
    let line = bed.log_of(&response);
    assert_eq!((line.text("protocol"), line.status()), ("HTTP/1.0", 200));
    for field in ["host", "user_agent", "referer"] {
        assert!(line.value[field].is_null(), "{}", line.raw);
    }
    // Of a streamed answer, too, whose line is written when the request is long gone.
    bed.a.set(Reply::text(&"x".repeat(1 << 20)));
    let line = bed.log_of(&bed.call(&Request::get("/described").header("Referer", "/from")));
    assert_eq!(line.text("referer"), "/from");
}

#[test]
fn named_fields_are_of_every_request_and_no_value_breaks_out() {
    let bed = Testbed::new("gate");
    let long = "\u{1f600}".repeat(2000);
    let (quotes, lines) = ("\"}\\{\"status\":200", "a\u{2028}b\u{a0}");
    let mut sent = 0;
    for (path, value) in [("/", quotes), ("/", lines), ("/fixed", &long), ("//refused/%zz", quotes)] {
        let mut client = bed.connect();
        let fields = format!("Host: a\r\nUser-Agent: {value}\r\nReferer: {value}\r\n");
        client.send(format!("GET {path} HTTP/1.1\r\n{fields}\r\n"));
        _ = client.read_response();
        sent += 1;
    }
    let mut client = bed.connect();
    client.send("GET / HTTP/1.1\r\nHost: \"}{\r\nUser-Agent: x\r\n\r\n");
    _ = client.read_response();
    let mut client = bed.connect();
    client.send("no request\r\n\r\n");
    _ = client.read_response();
    standstill(|| bed.gateway.raw_log().len() as u64);
    let log = bed.gateway.raw_log();
    assert_eq!(log.len(), sent + 2, "{}", log.join("\n"));
    let lines: Vec<Value> = log.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (line, value) in log.iter().zip(&lines) {
        assert!(!line.chars().any(char::is_control) && line.is_ascii(), "{line:?}");
        // Of "no request" the line could be read, as far as it went.
        let is_read = value["method"] != "no";
        assert_eq!(value["protocol"], if is_read { "HTTP/1.1".into() } else { Value::Null }, "{line}");
        assert_eq!(value["user_agent"].is_string(), is_read, "{line}");
    }
    let agents: Vec<&str> = lines.iter().filter_map(|line| line["user_agent"].as_str()).collect();
    let cut = "\u{1f600}".repeat(128) + "...";
    assert!(agents.contains(&quotes) && agents.contains(&cut.as_str()), "{agents:?}");
}

#[test]
fn stdout_holds_the_access_log_and_nothing_else() {
    let mut bed = Testbed::new("proxy");
    bed.get("/only");
    bed.gateway.log_of("/only");
    bed.gateway.signal("TERM");
    assert_eq!(bed.gateway.exit_code(), 0);
    let log = bed.gateway.raw_log();
    assert_eq!(log.len(), 1, "{}", log.join("\n"));
}

#[test]
fn the_last_lines_are_written_before_the_exit() {
    let mut bed = Testbed::new("proxy");
    let mut client = bed.connect();
    for n in 0..50 {
        client.get(&format!("/{n}"));
    }
    bed.gateway.signal("TERM");
    assert_eq!(bed.gateway.exit_code(), 0);
    assert_eq!(bed.gateway.raw_log().len(), 50);
}

/// What has come behind a request hides that its client has gone, until there is an answer that nobody takes.
#[test]
fn an_answer_of_which_nothing_was_sent_is_none() {
    let bed = Testbed::new("proxy");
    let gate = Gate::new();
    bed.a.set(Reply::gated(&gate, Message::new(200).body("too late")));
    let mut client = bed.connect();
    client.send("GET /gone HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
    bed.a.await_request(|r| r.target == "/gone");
    client.reset();
    gate.open();
    let line = bed.gateway.log_of("/gone");
    assert_eq!((line.status(), line.text("reason")), (499, "client_closed"));
}
