//! Stands in for a gateway whose config has errors, so that the report is the only error that rustc shows.

use std::time::Duration;

use crate::app::App;
use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::late::{Late, Origin};
use crate::middleware::Reject;
use crate::route::{NONE, RouteIndex, Table};
use crate::service::Service;
use crate::settings::{Drain, Identity, Limits, LogLevel, Settings, Timeouts};

/// A gateway without routes; it is never run.
#[derive(Debug)]
pub struct Uncompiled;

static SETTINGS: Settings = Settings {
    identity: Identity { file: "gateway.yml", config_sha256: "" },
    normal_config: "",
    listeners: &[],
    admin: &[],
    workers: Some(1),
    trusted_proxies: &[],
    via: crate::introduction::Via::On,
    log_level: LogLevel { origin: Origin::at("gateway.yml", 1), level: Late::new(&[]) },
    limits: Limits {
        header_bytes: 0,
        headers: 0,
        uri: 0,
        body: None,
        connections: 0,
        connections_per_client: None,
    },
    timeouts: Timeouts {
        handshake: Duration::ZERO,
        header_read: Duration::ZERO,
        body: Duration::ZERO,
        write: Duration::ZERO,
        idle: Duration::ZERO,
        connection: None,
    },
    drain: Drain { delay: Duration::ZERO, grace: Duration::ZERO },
    upstreams: &[],
    policies: &[],
};

static ROUTES: RouteIndex<Late> = RouteIndex {
    routes: &[],
    nodes: &[],
    edges: &[],
    candidates: &[],
    hosts: Table::EMPTY,
    labels: Table::EMPTY,
    wildcards: Table::EMPTY,
    any_host: NONE,
};

impl App for Uncompiled {
    type Target = Late;

    const ANSWERS_PREFLIGHTS: bool = false;

    fn settings(&self) -> &'static Settings {
        &SETTINGS
    }

    fn routes(&self, _: usize) -> &'static RouteIndex<Late> {
        &ROUTES
    }

    async fn serve(
        &self,
        _: &'static Late,
        request: Request,
        cx: &mut Context<'_>,
    ) -> Result<Response, Error> {
        Reject.serve(request, cx).await
    }

    async fn reject(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        Reject.serve(request, cx).await
    }
}
