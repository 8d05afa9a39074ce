//! A gateway of `configs/` in front of three scripted upstreams.

use castgate_test_support::{
    Gateway, Launch, LogLine, Metrics, RawClient, Reply, Request, Response, Upstream,
};

/// The two keys that every testbed knows.
pub(crate) const KEYS: [&str; 2] = ["first-key-0123456789", "second-key-9876543210"];

/// A running gateway and its upstreams A, B and C, which echo unless told otherwise.
pub(crate) struct Testbed {
    /// First, so that it is gone before its upstreams are.
    pub(crate) gateway: Gateway,
    pub(crate) a: Upstream,
    pub(crate) b: Upstream,
    pub(crate) c: Upstream,
}

/// How the gateway of a config is started, with every value that any config asks for.
pub(crate) fn launch(config: &str, [a, b, c]: [&Upstream; 3]) -> Launch {
    let launch = Launch::new(env!("CARGO_BIN_EXE_gateways"))
        .arg(config)
        .env("A", a.url())
        .env("B", b.url())
        .env("C", c.url())
        .env("NAMED", a.url())
        .env("API_KEYS", KEYS.join(","));
    if ["proxy", "crowd", "clients", "doors", "ring", "ring_unsaid", "tunnels", "http2", "tls"]
        .contains(&config)
    {
        launch.with_admin()
    } else {
        launch
    }
}

impl Testbed {
    /// The gateway of `configs/<config>.yml`, ready.
    #[track_caller]
    pub(crate) fn new(config: &str) -> Self {
        let (a, b, c) = (Upstream::echo(), Upstream::echo(), Upstream::echo());
        Self { gateway: launch(config, [&a, &b, &c]).start(), a, b, c }
    }

    /// The upstreams answer their names, from now on.
    pub(crate) fn name_backends(&self) {
        self.a.set(Reply::text("a"));
        self.b.set(Reply::text("b"));
        self.c.set(Reply::text("c"));
    }

    /// Which backends answer `count` requests for `path`, one after the other on one connection.
    #[track_caller]
    pub(crate) fn answers(&self, path: &str, count: usize) -> String {
        let mut client = self.connect();
        (0..count).map(|_| client.get(path).text()).collect()
    }

    #[track_caller]
    pub(crate) fn connect(&self) -> RawClient {
        self.gateway.connect()
    }

    #[track_caller]
    pub(crate) fn get(&self, target: &str) -> Response {
        self.gateway.get(target)
    }

    #[track_caller]
    pub(crate) fn call(&self, request: &Request) -> Response {
        self.gateway.call(request)
    }

    /// Sends bytes on a connection of their own and reads one response.
    #[track_caller]
    pub(crate) fn raw(&self, bytes: impl AsRef<[u8]>) -> Response {
        let mut client = self.connect();
        client.send(bytes.as_ref());
        match client.read_response() {
            Ok(response) => response,
            Err(error) => {
                panic!("no answer to {:?}: {error}", String::from_utf8_lossy(bytes.as_ref()))
            }
        }
    }

    /// The access-log line of a response, by its request id.
    #[track_caller]
    pub(crate) fn log_of(&self, response: &Response) -> LogLine {
        let id = response.header("x-request-id").expect("no X-Request-ID in the response").to_owned();
        self.gateway.log_line(|line| line.text("request_id") == id)
    }

    /// Which route took a request, by the access log.
    #[track_caller]
    pub(crate) fn route_of(&self, request: &Request) -> String {
        let response = self.call(request);
        self.log_of(&response).text("route").to_owned()
    }

    /// What `/metrics` says when all that was asked has been counted.
    #[track_caller]
    pub(crate) fn metrics(&self) -> Metrics {
        self.await_metrics(|metrics| metrics.sum("gateway_http_requests_in_flight", &[]) == 0.0)
    }

    /// Asks `/metrics` until `wanted` agrees: a request is counted when it is over, and its client may know earlier.
    #[track_caller]
    pub(crate) fn await_metrics(&self, wanted: impl Fn(&Metrics) -> bool) -> Metrics {
        let response =
            self.gateway.poll_admin("/metrics", |response| wanted(&Metrics::parse(&response.text())));
        Metrics::parse(&response.text())
    }
}

/// What the upstream received, as its echo tells it.
pub(crate) struct Echoed(serde_json::Value);

impl Echoed {
    #[track_caller]
    pub(crate) fn of(response: &Response) -> Self {
        assert_eq!(response.status, 200, "{}", response.text());
        Self(response.json())
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    pub(crate) fn number(&self, field: &str) -> u64 {
        self.0[field].as_u64().unwrap()
    }

    /// The values of all header lines of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let pairs = self.0["headers"].as_array().unwrap();
        pairs
            .iter()
            .filter(|pair| pair[0].as_str().unwrap().eq_ignore_ascii_case(name))
            .map(|pair| pair[1].as_str().unwrap())
            .collect()
    }
}

/// A gateway-made error: problem+json with its status, a title, the request id and the reason.
#[track_caller]
pub(crate) fn assert_problem(response: &Response, status: u16, reason: &str) {
    assert_eq!(response.status, status, "{}", response.text());
    let kind = response.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/problem+json"), "{kind}");
    let json = response.json();
    assert_eq!(json["status"], status);
    assert_eq!(json["reason"], reason);
    assert!(json["title"].as_str().is_some_and(|title| !title.is_empty()), "{json}");
    assert_eq!(json["request_id"].as_str(), response.header("x-request-id"), "{json}");
}
