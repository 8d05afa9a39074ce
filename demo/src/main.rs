//! The gateway of `gateway.yml` in front of three upstreams that live in this process.
//!
//! `cargo run --release -p demo`, then follow what it prints.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

castgate::include_gateway!();

/// One demo upstream: it answers who it is, and can be stopped and started.
struct Upstream {
    port: u16,
    running: AtomicBool,
}

static UPSTREAMS: [Upstream; 3] = [Upstream::new(9001), Upstream::new(9002), Upstream::new(9003)];

impl Upstream {
    const fn new(port: u16) -> Self {
        Self { port, running: AtomicBool::new(false) }
    }

    /// Listens, and answers on threads of its own.
    fn start(&'static self) -> std::io::Result<()> {
        let listener = TcpListener::bind(("127.0.0.1", self.port))?;
        self.running.store(true, Ordering::Relaxed);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if !self.running.load(Ordering::Relaxed) {
                    break;
                }
                thread::spawn(move || {
                    // A connection that ends in an error is one that has ended.
                    let _ = self.converse(stream);
                });
            }
        });
        Ok(())
    }

    /// Hangs up and listens no more.
    fn stop(&self) {
        self.running.store(false, Ordering::Relaxed);
        // The listener is waiting for a connection; this one tells it to go.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }

    /// Answers requests on one connection until it closes; a stopped upstream hangs up.
    fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut writer = stream;
        loop {
            let (mut target, mut id, mut length) = (String::new(), String::new(), 0);
            if reader.read_line(&mut target)? == 0 {
                return Ok(());
            }
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                let Some((name, value)) = line.trim_end().split_once(": ") else { break };
                match name.to_ascii_lowercase().as_str() {
                    "x-request-id" => value.clone_into(&mut id),
                    "content-length" => length = value.parse().unwrap_or(0),
                    _ => {}
                }
            }
            std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
            if !self.running.load(Ordering::Relaxed) {
                return Ok(());
            }
            let target = target.split(' ').nth(1).unwrap_or("/");
            let body = format!("upstream {} answers {target} (request {id})\n", self.port);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n";
            write!(writer, "{head}content-length: {}\r\n\r\n{body}", body.len())?;
        }
    }
}

fn main() -> ExitCode {
    for upstream in &UPSTREAMS {
        if let Err(error) = upstream.start() {
            eprintln!("error: the demo needs port {} for an upstream: {error}", upstream.port);
            return ExitCode::FAILURE;
        }
    }
    eprintln!(
        "\nThree upstreams listen on 127.0.0.1:9001, 9002 and 9003; the gateway of gateway.yml listens on port 8080.\n\
         \n\
         In another terminal:\n  \
           curl -i http://127.0.0.1:8080/api/v1/users     a proxied request: three in a row reach three upstreams\n  \
           curl -s http://127.0.0.1:8080/health           the state of every backend\n  \
           curl -s http://127.0.0.1:8080/metrics          the metrics, for Prometheus\n\
         \n\
         Here: type 9002 and Enter to stop that upstream, and watch /health and the requests pass it by.\n\
         Type it again to start it. The access log follows on stdout. Ctrl-C ends the demo.\n"
    );
    thread::spawn(|| {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match UPSTREAMS.iter().find(|upstream| upstream.port.to_string() == line.trim()) {
                Some(upstream) if upstream.running.load(Ordering::Relaxed) => {
                    upstream.stop();
                    eprintln!("upstream {} is stopped", upstream.port);
                }
                Some(upstream) => match upstream.start() {
                    Ok(()) => eprintln!("upstream {} is running", upstream.port),
                    Err(error) => eprintln!("upstream {} cannot start: {error}", upstream.port),
                },
                None => eprintln!("type the port of an upstream: 9001, 9002 or 9003"),
            }
        }
    });
    castgate::main(&compiled::GATEWAY)
}
