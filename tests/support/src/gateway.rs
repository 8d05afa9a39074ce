//! A gateway as a process: started, listened to, signalled, awaited.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{RawClient, Request, Response};
use crate::poll::poll;
use crate::watched::{DEADLINE, Watched};

/// How a gateway is to be started.
#[derive(Clone, Debug)]
pub struct Launch {
    binary: PathBuf,
    args: Vec<OsString>,
    env: Vec<(String, String)>,
    admin: bool,
}

impl Launch {
    /// This binary, listening on a free loopback port: `LISTEN` and `ADMIN` are `127.0.0.1:0` unless set.
    pub fn new(binary: impl AsRef<Path>) -> Self {
        Self { binary: binary.as_ref().to_owned(), args: Vec::new(), env: Vec::new(), admin: false }
            .env("LISTEN", "127.0.0.1:0")
            .env("ADMIN", "127.0.0.1:0")
            .env("RUST_LOG", "info")
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Sets an environment variable; the last word counts.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// The config has an admin listener, and the built-in paths are there.
    pub fn with_admin(mut self) -> Self {
        self.admin = true;
        self
    }

    /// Starts the process and waits for nothing: for starts that are meant to fail.
    #[track_caller]
    pub fn spawn(&self) -> Gateway {
        let mut child = Command::new(&self.binary)
            .args(&self.args)
            .env("NO_COLOR", "1")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = collect(child.stdout.take().unwrap());
        let err = collect(child.stderr.take().unwrap());
        Gateway { child, out, err, admin: self.admin, exited: false }
    }

    /// Starts the process and waits until it says that it is ready.
    #[track_caller]
    pub fn start(&self) -> Gateway {
        let gateway = self.spawn();
        gateway.wait_ready();
        gateway
    }
}

/// The lines of a stream, as they come.
#[derive(Debug, Default)]
struct Lines {
    lines: Vec<String>,
    ended: bool,
}

fn collect(stream: impl Read + Send + 'static) -> Arc<Watched<Lines>> {
    let collected = Arc::new(Watched::<Lines>::default());
    let lines = Arc::clone(&collected);
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while matches!(stream.read_until(b'\n', &mut line), Ok(n) if n > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
            lines.update(|lines| lines.lines.push(text));
            line.clear();
        }
        lines.update(|lines| lines.ended = true);
    });
    collected
}

/// A line of the access log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// As it was written.
    pub raw: String,
    /// What it says.
    pub value: Value,
}

impl LogLine {
    /// `None` for what is no JSON.
    pub fn parse(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().map(|value| Self { raw: line.to_owned(), value })
    }

    /// A field as text; empty when it is missing or no text.
    pub fn text(&self, field: &str) -> &str {
        self.value[field].as_str().unwrap_or_default()
    }

    /// The field names, in the order in which they were written.
    pub fn fields(&self) -> Vec<&str> {
        // Inside a JSON string every quote is escaped, so `"name":` can only be the field itself.
        let place = |name: &str| self.raw.find(&format!("\"{name}\":"));
        let mut names: Vec<&str> =
            self.value.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        names.sort_by_key(|name| place(name));
        names
    }

    /// The `status`.
    pub fn status(&self) -> u64 {
        self.value["status"].as_u64().unwrap_or_default()
    }
}

/// A gateway process. It is killed when it is dropped, and its operational log is shown if the test failed.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    out: Arc<Watched<Lines>>,
    err: Arc<Watched<Lines>>,
    admin: bool,
    exited: bool,
}

impl Gateway {
    /// Starts `binary` and waits until it is ready.
    #[track_caller]
    pub fn start(binary: impl AsRef<Path>, args: &[&str], env: &[(&str, &str)]) -> Self {
        let launch = args.iter().fold(Launch::new(binary), |launch, arg| launch.arg(arg));
        env.iter().fold(launch, |launch, (name, value)| launch.env(name, *value)).start()
    }

    /// Where requests go. Waits for the line that says so.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        self.scope("gateway")
    }

    /// Where the built-in paths are: on the admin listener, if the config has one.
    #[track_caller]
    pub fn admin_address(&self) -> SocketAddr {
        self.scope(if self.admin { "admin" } else { "gateway" })
    }

    /// Where a listener of this name takes requests. Waits for as many lines that say so.
    #[track_caller]
    pub fn addresses_of(&self, listener: &str, count: usize) -> Vec<SocketAddr> {
        let quoted = format!("listener=\"{listener}\"");
        let find = |lines: &Lines| {
            let lines =
                lines.lines.iter().filter(|line| line.contains("listening") && line.contains(&quoted));
            let addresses = lines.filter_map(|line| line.split_once("address=")?.1.split(' ').next());
            let addresses = addresses.filter_map(|address| address.trim_matches('"').parse().ok());
            let addresses: Vec<SocketAddr> = addresses.collect();
            (addresses.len() == count).then_some(addresses)
        };
        match self.err.wait_for(DEADLINE, find) {
            Some(addresses) => addresses,
            None => panic!("not {count} addresses with {quoted}:\n{}", self.stderr()),
        }
    }

    /// Reads `... listening ... scope="gateway" ... address=127.0.0.1:8080`.
    #[track_caller]
    fn scope(&self, scope: &str) -> SocketAddr {
        let quoted = format!("scope=\"{scope}\"");
        let find = |lines: &Lines| {
            let bound = lines.lines.iter().find(|line| line.contains("listening") && line.contains(&quoted));
            let address = bound.and_then(|line| line.split_once("address=")?.1.split(' ').next());
            match address {
                Some(address) => Some(Ok(address.trim_matches('"').parse().unwrap())),
                None => lines.ended.then_some(Err(())),
            }
        };
        match self.err.wait_for(DEADLINE, find) {
            Some(Ok(address)) => address,
            Some(Err(())) => panic!("the gateway ended before it listened:\n{}", self.stderr()),
            None => panic!("no listener with {quoted}:\n{}", self.stderr()),
        }
    }

    /// A new connection.
    #[track_caller]
    pub fn connect(&self) -> RawClient {
        RawClient::connect(self.address())
    }

    /// One request on a connection of its own.
    #[track_caller]
    pub fn call(&self, request: &Request) -> Response {
        self.connect().call(request)
    }

    /// One `GET` on a connection of its own.
    #[track_caller]
    pub fn get(&self, target: &str) -> Response {
        self.connect().get(target)
    }

    /// One `GET` of a built-in path.
    #[track_caller]
    pub fn admin(&self, target: &str) -> Response {
        RawClient::connect(self.admin_address()).get(target)
    }

    /// Polls `/readyz` until it says 200: the first probes are in, and every upstream has a backend.
    #[track_caller]
    pub fn wait_ready(&self) {
        self.poll_admin("/readyz", |response| response.status == 200);
    }

    /// Polls a built-in path until `wanted` accepts what it says; panics at the deadline.
    #[track_caller]
    pub fn poll_admin(&self, target: &str, wanted: impl Fn(&Response) -> bool) -> Response {
        poll(|| {
            let response = self.admin(target);
            let says = format!("{target} says {} {:?}", response.status, response.text());
            if wanted(&response) { Ok(response) } else { Err(says) }
        })
    }

    /// Waits for an access-log line that `wanted` accepts; panics at the deadline.
    #[track_caller]
    pub fn log_line(&self, wanted: impl Fn(&LogLine) -> bool) -> LogLine {
        let mut seen = 0;
        let find = |lines: &Lines| {
            let fresh = &lines.lines[seen..];
            seen = lines.lines.len();
            fresh.iter().filter_map(|line| LogLine::parse(line)).find(|line| wanted(line))
        };
        match self.out.wait_for(DEADLINE, find) {
            Some(line) => line,
            None => panic!("the awaited line never came; the log is\n{}", self.raw_log().join("\n")),
        }
    }

    /// Waits for the access-log line of a path.
    #[track_caller]
    pub fn log_of(&self, path: &str) -> LogLine {
        self.log_line(|line| line.text("path") == path)
    }

    /// Everything written to stdout so far.
    pub fn raw_log(&self) -> Vec<String> {
        self.out.read(|lines| lines.lines.clone())
    }

    /// Everything written to stderr so far: the operational log.
    pub fn stderr(&self) -> String {
        self.err.read(|lines| lines.lines.join("\n"))
    }

    /// Waits for a line of the operational log; panics at the deadline.
    #[track_caller]
    pub fn stderr_line(&self, wanted: impl Fn(&str) -> bool) -> String {
        let find = |lines: &Lines| lines.lines.iter().find(|line| wanted(line)).cloned();
        match self.err.wait_for(DEADLINE, find) {
            Some(line) => line,
            None => panic!("the awaited line never came; stderr is\n{}", self.stderr()),
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal: `"TERM"`, `"INT"`, `"HUP"`.
    #[track_caller]
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status().unwrap();
        assert!(status.success(), "kill -{name}: {status}");
    }

    /// Waits for the process to end: its streams end first, and that is an event. `None` when it runs on.
    pub fn wait_exit(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + timeout;
        for stream in [&self.out, &self.err] {
            let left = deadline.saturating_duration_since(Instant::now());
            stream.wait_for(left, |lines| lines.ended.then_some(()))?;
        }
        self.exited = true;
        self.child.wait().ok()
    }

    /// Waits for the process to end, and gives its exit code; panics when it runs on, or when a signal ended it.
    #[track_caller]
    pub fn exit_code(&mut self) -> i32 {
        match self.wait_exit(DEADLINE).map(|status| status.code()) {
            Some(Some(code)) => code,
            Some(None) => panic!("ended by a signal:\n{}", self.stderr()),
            None => panic!("still running:\n{}", self.stderr()),
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if !self.exited {
            // It may have ended by itself.
            _ = self.child.kill();
            _ = self.child.wait();
        }
        if thread::panicking() {
            eprintln!("--- the gateway's operational log ---\n{}", self.stderr());
        }
    }
}
