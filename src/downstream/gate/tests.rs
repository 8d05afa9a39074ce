//! What the gate does at the end of a gateway's life, which no client can wait for.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::app::App;
use crate::downstream::clients::Clients;
use crate::downstream::entrance;
use crate::downstream::gate;
use crate::downstream::http1::Service as Connections;
use crate::downstream::seat::Seat;
use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::middleware::Reject;
use crate::observe::{OperationalLog, Writer};
use crate::route::{Methods, Node, Route, RouteIndex, RouteSettings, Span, Table};
use crate::service::Service;
use crate::settings::{Drain, Limits, Settings, Timeouts};
use crate::worker::{Capacity, Process, Stage, Worker};

const MINUTE: Duration = Duration::from_secs(60);

/// Has one route, for everything, and answers itself.
struct Answering;

static SETTINGS: Settings = Settings {
    limits: Limits {
        header_bytes: 32 * 1024,
        headers: 100,
        uri: 8 * 1024,
        body: Some(1024),
        ..Settings::EMPTY.limits
    },
    timeouts: Timeouts::of(MINUTE),
    drain: Drain { delay: Duration::ZERO, grace: MINUTE },
    ..Settings::EMPTY
};

static ROUTES: RouteIndex<()> = RouteIndex {
    routes: &[Route::new("all", &RouteSettings::waiting(MINUTE), ())],
    nodes: &[Node { prefix: Span::one(0, Methods::ALL), ..Node::LEAF }],
    edges: &[],
    candidates: &[],
    hosts: Table::EMPTY,
    labels: Table::EMPTY,
    wildcards: Table::EMPTY,
    any_host: 0,
};

impl App for Answering {
    type Target = ();

    const ANSWERS_PREFLIGHTS: bool = false;
    const SPEAKS_HTTP2: bool = false;

    fn settings(&self) -> &'static Settings {
        &SETTINGS
    }

    fn routes(&self, _: usize) -> &'static RouteIndex<()> {
        &ROUTES
    }

    async fn serve(&self, (): &'static (), _: Request, _: &mut Context<'_>) -> Result<Response, Error> {
        Ok(Response::new(StatusCode::OK, Bytes::from_static(b"served")))
    }

    async fn reject(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        Reject.serve(request, cx).await
    }
}

/// The answer to a request that comes in this stage.
fn answer_in(stage: Stage) -> String {
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async {
        let log = OperationalLog::write_to(io::sink()).unwrap();
        let process =
            Arc::new(Process::new(&SETTINGS, Box::new(["all"]), Capacity { clients: 10, files: 20 }, log));
        let (_writer, mut queues) = Writer::start(process.lost_lines().clone(), 1).unwrap();
        let worker = Rc::new(Worker::new(process.clone(), queues.remove(0)).unwrap());
        let clients = Rc::new(Clients::new(worker));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let seat = Seat::take(&clients).unwrap();
        process.enter(stage);
        let stream = crate::stream::Stream::tcp(stream);
        let service = Connections::new(|exchange, arrival| gate::answer(&Answering, exchange, arrival));
        entrance::enter(&Answering, (&service, 0), stream, Some(peer), seat);
        client.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    })
}

#[test]
fn what_comes_after_all_was_cut_off_is_refused_and_not_begun() {
    for stage in [Stage::Running, Stage::Draining, Stage::Closing] {
        assert!(answer_in(stage).ends_with("served"), "{stage:?}");
    }
    let refused = answer_in(Stage::Stopped);
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains(r#""reason":"shutdown""#), "{refused}");
}
