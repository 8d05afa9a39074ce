//! A request that comes back to the gateway ends there.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use castgate_test_support::{Request, Response, Upstream};

use crate::testbed::{Testbed, assert_problem, launch};

/// Copies bytes of one direction, and then its end.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Another name of an address: whoever connects is connected to it.
fn lead(listener: TcpListener, to: SocketAddr) {
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(to) else { break };
            let (back, forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || copy(forth, server));
            thread::spawn(move || copy(back, client));
        }
    });
}

#[test]
fn a_ring_ends_after_ten_rounds() {
    let (listener, nobody) = (TcpListener::bind("127.0.0.1:0").unwrap(), Upstream::echo());
    let alias = format!("http://{}", listener.local_addr().unwrap());
    let gateway = launch("ring", [&nobody; 3]).env("A", alias).start();
    lead(listener, gateway.address());
    let response = gateway.get("/round");
    // By its id it is the outermost round's.
    assert_eq!((response.status, &response.json()["reason"]), (508, &"loop_detected".into()));
    // It has come from outside, and eleven times by itself.
    gateway.log_line(|line| line.text("reason") == "loop_detected");
    let is_round = |line: &String| line.contains("\"/round\"");
    castgate_test_support::poll(|| match gateway.raw_log().iter().filter(|line| is_round(line)).count() {
        12 => Ok(()),
        count => Err(format!("{count} lines")),
    });
}

fn with_via(bed: &Testbed, lines: &[&str]) -> Response {
    bed.call(&lines.iter().fold(Request::get("/"), |request, line| request.header("Via", line)))
}

#[test]
fn more_than_ten_of_its_own_entries_are_refused_whichever_lines_they_are_in() {
    let bed = Testbed::new("ring");
    let own = |count: usize| vec!["1.1 castgate"; count];
    assert_eq!(with_via(&bed, &own(10)).status, 200);
    assert_problem(&with_via(&bed, &own(11)), 508, "loop_detected");
    let joined = own(5).join(", ");
    assert_eq!(with_via(&bed, &[&joined, "1.1 nginx", &joined]).status, 200);
    assert_problem(
        &with_via(&bed, &[&joined, "1.1 nginx", &joined, "1.0 Castgate (x)"]),
        508,
        "loop_detected",
    );
    // What others say of themselves is no business of this gateway's.
    assert_eq!(with_via(&bed, &["1.1 nginx"; 40]).status, 200);
    let comment = format!("1.1 nginx ({})", own(20).join(", "));
    assert_eq!(with_via(&bed, &[&comment]).status, 200);
}

#[test]
fn who_does_not_name_itself_knows_no_rounds() {
    let bed = Testbed::new("ring_unsaid");
    assert_eq!(with_via(&bed, &["1.1 castgate"; 20]).status, 200);
}
