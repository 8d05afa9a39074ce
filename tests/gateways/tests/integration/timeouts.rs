//! Each limit of time begins and ends where the manual says, and no pause is taken for another.

use std::thread;
use std::time::{Duration, Instant};

use castgate_test_support::{Reply, Request, Step};

use crate::testbed::Testbed;

/// A response without end, in chunks of 512 bytes.
fn endless() -> Reply {
    let chunk = format!("200\r\n{}\r\n", "x".repeat(512));
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    Reply(vec![Step::ReadBody, Step::SendRaw(head.into()), Step::Repeat(chunk.into())])
}

#[test]
fn a_client_that_stops_reading_in_the_middle_of_a_fast_download_is_left() {
    let bed = Testbed::new("proxy");
    bed.c.set(endless());
    // At full speed while the timer fires: what the connection's task may do at a time is used up. A few at a time,
    // so that they do have full speed, and often, because it takes some luck.
    let mut left = Vec::new();
    for batch in 0..10 {
        let readers = (0..6).map(|number| {
            let mut client = bed.connect();
            thread::spawn(move || {
                client.send_request(&Request::get(&format!("/hasty/{batch}/{number}")));
                let started = Instant::now();
                while started.elapsed() < Duration::from_millis(500) {
                    client.discard(usize::MAX).unwrap();
                }
                client
            })
        });
        let readers: Vec<_> = readers.collect();
        left.extend(readers.into_iter().map(|reader| reader.join().unwrap()));
    }
    for (batch, number) in (0..10).flat_map(|batch| (0..6).map(move |number| (batch, number))) {
        let line = bed.gateway.log_of(&format!("/hasty/{batch}/{number}"));
        assert_ne!(line.text("reason"), "ok", "{}", line.raw);
    }
}
