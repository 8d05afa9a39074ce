//! Heap allocations per request in steady state: by hyper's server alone, and by a gateway around the same server.
//! What the gateway has more is castgate's own; it should round to nothing.
//!
//! `cargo bench -p castgate-gateways --bench allocations`. This process is the client and the upstream; it starts
//! itself again as the server, whose allocator counts, all of its threads together. To see where something is
//! allocated: `valgrind --tool=dhat --trace-children=yes <the binary that cargo bench names> --bench`.
//!
//! A forwarded request may cost less than hyper alone, whose service drops the header map that the gateway reuses.

use std::alloc::System;
use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::{env, thread};

use castgate_test_support::{Gateway, Launch};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::LocalRuntime;

#[allow(missing_docs, unreachable_pub, dead_code, reason = "generated")]
mod compiled {
    include!(concat!(env!("OUT_DIR"), "/allocations.rs"));
}

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CONNECTIONS: usize = 8;
/// The first requests fill pools, tables and buffers.
const WARM_UP: usize = 4_000;
const REQUESTS: usize = 20_000;
/// The body of requests, and of responses.
const UPLOAD: &str = "name=value";
const BODY: &str = "hello\n";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", server] => {
            answer_with_counts();
            match *server {
                "gateway" => castgate::run(&compiled::GATEWAY),
                _ => serve_by_hyper_alone(),
            }
        }
        [.., "--bench"] => {
            measure();
            ExitCode::SUCCESS
        }
        _ => {
            println!("this is a benchmark: cargo bench -p castgate-gateways --bench allocations");
            ExitCode::SUCCESS
        }
    }
}

fn measure() {
    let upstream = start_upstream();
    println!("allocations per request, over {REQUESTS} requests on {CONNECTIONS} connections");
    let alone = Server::start("hyper", upstream);
    let base = ["GET", "POST"].map(|method| alone.per_request("hyper alone", method, "/", None));
    let gateway = Server::start("gateway", upstream);
    for route in ["respond", "forward", "cors", "full"] {
        for (method, base) in ["GET", "POST"].into_iter().zip(base) {
            gateway.per_request(
                &format!("gateway, route {route}"),
                method,
                &format!("/{route}/x"),
                Some(base),
            );
        }
    }
}

/// The server's process and the line on which it tells its counts.
struct Server {
    process: Gateway,
    counts: TcpStream,
}

impl Server {
    fn start(kind: &str, upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let launch = Launch::new(env::current_exe().expect("this program's path"))
            .arg("serve")
            .arg(kind)
            .env("COUNTS", listener.local_addr().expect("an address").to_string())
            .env("BACKEND", format!("http://{upstream}"))
            .env("API_KEYS", "key-of-the-bench");
        let process = launch.spawn();
        Self { process, counts: listener.accept().expect("the server's connection").0 }
    }

    /// Allocations and reallocations so far.
    fn count(&self) -> u64 {
        let mut count = [0; 8];
        (&self.counts).write_all(b"?").expect("the server runs");
        (&self.counts).read_exact(&mut count).expect("the server runs");
        u64::from_le_bytes(count)
    }

    fn per_request(&self, name: &str, method: &str, path: &str, base: Option<f64>) -> f64 {
        let body = if method == "POST" { UPLOAD } else { "" };
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let request = format!(
            "{method} {path}?page=2 HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench/1\r\nAccept: */*\r\n\
             Accept-Encoding: gzip\r\nCookie: session=0123456789\r\nX-API-Key: key-of-the-bench\r\nOrigin: https://shop.example.org\r\n{length}\r\n{body}"
        );
        let address = self.process.address();
        let clients: Vec<TcpStream> =
            (0..CONNECTIONS).map(|_| TcpStream::connect(address).expect("the server listens")).collect();
        let exchange = |requests: usize| {
            for mut client in clients.iter().cycle().take(requests) {
                client.write_all(request.as_bytes()).expect("an open connection");
                read_response(client);
            }
        };
        exchange(WARM_UP);
        let before = self.count();
        exchange(REQUESTS);
        let per_request = (self.count() - before) as f64 / REQUESTS as f64;
        let own = base.map(|base| format!("  ({:+.3})", per_request - base)).unwrap_or_default();
        println!("{name:<24} {method:<5} {per_request:6.3}{own}");
        per_request
    }
}

fn read_response(mut client: &TcpStream) {
    let mut buffer = [0; 2048];
    let mut filled = 0;
    while !buffer[..filled].ends_with(BODY.as_bytes()) {
        match client.read(&mut buffer[filled..]).expect("an open connection") {
            0 => panic!("closed after {:?}", String::from_utf8_lossy(&buffer[..filled])),
            length => filled += length,
        }
    }
    assert!(buffer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&buffer[..filled]));
}

/// An upstream that says hello to every request on every connection.
fn start_upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || greet(stream));
        }
    });
    address
}

fn greet(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..])? {
            0 => return Ok(()),
            length => filled += length,
        }
        let end: &[u8] = if buffer.starts_with(b"POST") { UPLOAD.as_bytes() } else { b"\r\n\r\n" };
        if buffer[..filled].ends_with(end) {
            filled = 0;
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: bench\r\nContent-Length: 6\r\n\r\nhello\n",
            )?;
        }
    }
}

/// In the server: answers every byte on the line to the bench with the count so far.
fn answer_with_counts() {
    let address = env::var("COUNTS").expect("started by the bench");
    let mut line = TcpStream::connect(address).expect("started by the bench");
    thread::spawn(move || {
        while line.read_exact(&mut [0]).is_ok() {
            let stats = ALLOCATOR.stats();
            let count = (stats.allocations + stats.reallocations) as u64;
            line.write_all(&count.to_le_bytes()).expect("the bench runs");
        }
    });
}

/// The server that the gateway stands on, with the same settings and the shortest service.
fn serve_by_hyper_alone() -> ExitCode {
    let runtime = LocalRuntime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        eprintln!("listening scope=\"gateway\" address={address}");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::task::spawn_local(async move {
                let mut builder = http1::Builder::new();
                builder.writev(false).header_read_timeout(None).max_header_size(32 * 1024);
                _ = builder.serve_connection(TokioIo::new(stream), service_fn(hello)).await;
            });
        }
    })
}

async fn hello(request: hyper::Request<Incoming>) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let mut body = request.into_body();
    while http_body_util::BodyExt::frame(&mut body).await.is_some() {}
    let mut response = hyper::Response::new(Full::from(BODY));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}
