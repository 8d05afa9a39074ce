//! A client of HTTP/2 that is not ours: the `h2` crate's, one connection a test.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::time::Duration;

use castgate_test_support::{DEADLINE, let_pass};
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use hyper::body::Bytes;
use hyper::http::{HeaderMap, Request, Response};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Runs a client until it is done, or the deadline.
#[track_caller]
pub(super) fn run<T>(client: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(DEADLINE, client).await.expect("not done in time") })
}

/// Looks again and again until there is something to see, while connections go on.
pub(super) async fn until<T>(look: impl Fn() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
        pause(Duration::from_millis(5)).await;
    }
}

/// Lets time pass, and connections go on behind it.
pub(super) async fn pause(time: Duration) {
    let_pass(time);
    tokio::task::yield_now().await;
}

/// A connection.
pub(super) struct Client {
    pub(super) requests: SendRequest<Bytes>,
    /// What it came to.
    pub(super) ended: JoinHandle<Result<(), h2::Error>>,
}

/// What has been answered, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: Response<()>,
    pub(super) body: Vec<u8>,
    pub(super) trailers: HeaderMap,
}

pub(super) async fn connect(address: SocketAddr) -> Client {
    connect_as(address, &h2::client::Builder::new()).await
}

pub(super) async fn connect_as(address: SocketAddr, settings: &h2::client::Builder) -> Client {
    let stream = TcpStream::connect(address).await.unwrap();
    let (requests, connection) = settings.handshake(stream).await.unwrap();
    Client { requests, ended: tokio::spawn(connection) }
}

/// A request of these lines to `http://gateway.test`.
pub(super) fn request(method: &str, target: &str, lines: &[(&str, &str)]) -> Request<()> {
    let uri =
        if target.starts_with('/') { format!("http://gateway.test{target}") } else { target.to_owned() };
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

impl Client {
    /// Begins with a request that has a body, or has none.
    pub(super) async fn begin(
        &mut self,
        request: Request<()>,
        is_whole: bool,
    ) -> (ResponseFuture, SendStream<Bytes>) {
        poll_fn(|cx| self.requests.poll_ready(cx)).await.unwrap();
        self.requests.send_request(request, is_whole).unwrap()
    }

    pub(super) async fn call(&mut self, request: Request<()>) -> Result<Answer, h2::Error> {
        let (answer, _) = self.begin(request, true).await;
        read(answer.await?).await
    }

    pub(super) async fn get(&mut self, target: &str) -> Answer {
        self.call(request("GET", target, &[])).await.unwrap()
    }
}

/// Sends a body as the server makes room for it.
pub(super) async fn send(stream: &mut SendStream<Bytes>, mut body: Bytes) -> Result<(), h2::Error> {
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        let room = match poll_fn(|cx| stream.poll_capacity(cx)).await {
            Some(room) => room?,
            None => return Err(h2::Reason::CANCEL.into()),
        };
        let piece = body.split_to(room.min(body.len()));
        stream.send_data(piece, false)?;
    }
    Ok(())
}

pub(super) async fn read(response: Response<RecvStream>) -> Result<Answer, h2::Error> {
    let (parts, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(piece) = stream.data().await {
        let piece = piece?;
        stream.flow_control().release_capacity(piece.len())?;
        body.extend_from_slice(&piece);
    }
    let trailers = stream.trailers().await?.unwrap_or_default();
    Ok(Answer { head: Response::from_parts(parts, ()), body, trailers })
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.head.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers().get(name).map(|value| value.to_str().unwrap())
    }

    /// The reason of an error that is the gateway's own.
    pub(super) fn reason(&self) -> String {
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        json["reason"].as_str().unwrap().to_owned()
    }

    /// What the backend has echoed.
    pub(super) fn json(&self) -> serde_json::Value {
        assert_eq!(self.status(), 200, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The values of all lines of this name that the backend was sent.
    pub(super) fn sent(&self, name: &str) -> Vec<String> {
        let json = self.json();
        let lines = json["headers"].as_array().unwrap().iter();
        let lines = lines.filter(|line| line[0].as_str().unwrap().eq_ignore_ascii_case(name));
        lines.map(|line| line[1].as_str().unwrap().to_owned()).collect()
    }
}
