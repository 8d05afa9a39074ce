//! One client that has much to ask keeps nobody else waiting.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use castgate_test_support::poll;

use crate::testbed::Testbed;

/// Bytes of answers that a flood may get while another client waits for one. A turn of its worker is some 20 KiB; all that one read holds of
/// such requests would be more than a MiB.
const MOST: usize = 400 * 1024;

#[test]
fn who_sends_many_requests_ahead_has_others_served_in_between() {
    let bed = Testbed::new("tunnels");
    let flood = TcpStream::connect(bed.gateway.address()).unwrap();
    let taken = AtomicUsize::new(0);
    let mut between: Vec<usize> = thread::scope(|scope| {
        scope.spawn(|| {
            let burst = "GET /fixed HTTP/1.1\r\nHost:a\r\n\r\n".repeat(1000);
            while (&flood).write_all(burst.as_bytes()).is_ok() {}
        });
        scope.spawn(|| {
            let mut piece = vec![0; 1 << 20];
            while let Ok(count @ 1..) = (&flood).read(&mut piece) {
                taken.fetch_add(count, Ordering::Relaxed);
            }
        });
        poll(|| {
            let taken = taken.load(Ordering::Relaxed);
            if taken > MOST { Ok(()) } else { Err(format!("{taken} bytes were answered")) }
        });
        let mut client = bed.connect();
        let between = (0..15).map(|_| {
            let before = taken.load(Ordering::Relaxed);
            assert_eq!(client.get("/fixed").status, 200);
            taken.load(Ordering::Relaxed) - before
        });
        let between = between.collect();
        flood.shutdown(Shutdown::Both).unwrap();
        between
    });
    between.sort_unstable();
    assert!(between[between.len() / 2] < MOST, "{between:?}");
}
