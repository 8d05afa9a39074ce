//! Stands in for a gateway whose config has errors, so that the report is the only error that rustc shows.

use crate::app::App;
use crate::error::Error;
use crate::exchange::{Context, Request, Response};
use crate::late::Late;
use crate::middleware::Reject;
use crate::route::{NONE, RouteIndex, Table};
use crate::service::Service;
use crate::settings::Settings;

/// A gateway without routes; it is never run.
#[derive(Debug)]
pub struct Uncompiled;

static SETTINGS: Settings = Settings::EMPTY;

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
    const SPEAKS_HTTP2: bool = false;

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
