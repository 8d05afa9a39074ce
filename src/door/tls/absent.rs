//! Stands in for `kept.rs` in a library without the feature `tls`, so that a gateway which needs it compiles but for the one assertion
//! that says so. Nobody is let in.

use std::net::SocketAddr;

use super::super::{Entered, Refused};
use super::Tls;
use crate::late::Problems;
use crate::observe::Families;
use crate::policy::Reloaded;
use crate::stream::Stream;

/// Nothing is kept.
#[derive(Debug)]
pub(super) struct Kept;

impl Kept {
    pub(super) const fn new() -> Self {
        Self
    }
}

pub(super) async fn enter(_: &Tls, _: Stream, _: Option<SocketAddr>) -> Result<Entered, Refused> {
    Err(Refused::TlsHandshake)
}

pub(super) fn bind(tls: &Tls, problems: &mut Problems) {
    let Kept = &tls.kept;
    problems.of_itself(format_args!("listener `{}`: castgate is built without TLS", tls.listener));
}

pub(super) async fn watch(_: &'static Tls) {}

pub(super) fn reload(_: &Tls, _: &mut Problems) -> Reloaded {
    Reloaded::Nothing
}

pub(super) fn collect(_: &Tls, _: &mut Families) {}
