//! A status, its phrase and the fields that go with it reach the client as they were meant.

use castgate_test_support::{Reply, Request, Step};

use crate::testbed::Testbed;

/// The backend answers this, and keeps its connection open whatever it says.
fn keep_open(answer: &str) -> Reply {
    Reply(vec![Step::ReadBody, Step::SendRaw(answer.into())])
}

#[test]
fn a_status_without_a_name_keeps_the_phrase_of_its_backend() {
    let bed = Testbed::new("proxy");
    for (line, seen) in [
        ("HTTP/1.1 299 Fancy Reason", "HTTP/1.1 299 Fancy Reason"),
        ("HTTP/1.1 299 ", "HTTP/1.1 299 "),
        ("HTTP/1.1 299", "HTTP/1.1 299 "),
        ("HTTP/1.1 599 \tNo way", "HTTP/1.1 599 \tNo way"),
        ("HTTP/1.1 499 Client Closed", "HTTP/1.1 499 Client Closed"),
        ("HTTP/1.1 200 Awesome", "HTTP/1.1 200 OK"),
    ] {
        bed.a.set(keep_open(&format!("{line}\r\nContent-Length: 2\r\n\r\nhi")));
        let response = bed.get("/");
        assert_eq!(
            (response.head.start_line.as_str(), response.text().as_str()),
            (seen, "hi"),
            "for {line:?}"
        );
        assert_eq!(bed.log_of(&response).status(), u64::from(response.status));
    }
}

#[test]
fn a_streamed_answer_keeps_its_phrase_too() {
    let bed = Testbed::new("proxy");
    bed.a.set(keep_open(
        "HTTP/1.1 299 Fancy\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\nyou\r\n0\r\n\r\n",
    ));
    let response = bed.get("/");
    assert_eq!(
        (response.head.start_line.as_str(), response.text().as_str()),
        ("HTTP/1.1 299 Fancy", "hiyou")
    );
}

#[test]
fn a_backend_that_says_close_gets_no_second_request() {
    let bed = Testbed::new("proxy");
    for lines in [
        "Connection: close, keep-alive",
        "Connection: keep-alive, close",
        "Connection: close\r\nConnection: keep-alive",
        "Connection: keep-alive\r\nConnection: close",
    ] {
        bed.a.set(keep_open(&format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{lines}\r\n\r\nhi")));
        let mut client = bed.connect();
        for _ in 0..4 {
            assert_eq!(client.get("/").text(), "hi");
        }
    }
    let mut connections: Vec<usize> = bed.a.requests().iter().map(|request| request.connection).collect();
    connections.dedup();
    assert_eq!(connections.len(), bed.a.count(), "a connection was used after its close was announced");
}

#[test]
fn no_content_has_no_length() {
    let bed = Testbed::new("proxy");
    bed.a.set(keep_open("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"));
    let mut client = bed.connect();
    for method in ["HEAD", "GET", "DELETE", "HEAD"] {
        let response = client.call(&Request::new(method, "/"));
        assert_eq!((response.status, response.header("content-length")), (204, None), "{method}");
        assert!(response.keeps_alive());
    }
    bed.a.set(keep_open("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
    assert_eq!(client.call(&Request::new("HEAD", "/")).header("content-length"), Some("5"));
}

#[test]
fn an_answer_to_head_counts_no_bytes() {
    let bed = Testbed::new("middleware");
    for target in ["/private", "/nowhere", "/public"] {
        let response = bed.call(&Request::new("HEAD", target));
        let line = bed.log_of(&response);
        assert_eq!(line.value["bytes_out"], 0, "{}", line.raw);
    }
    let response = bed.get("/private");
    assert_eq!(bed.log_of(&response).value["bytes_out"], response.body.len());
}
