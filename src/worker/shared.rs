//! What all threads of a gateway share. Nothing here is touched on the request path but by relaxed loads.

mod files;
mod per_client;

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use tokio::sync::Notify;

pub(crate) use self::files::{File, Files};
use self::per_client::PerClient;
pub(crate) use self::per_client::{Client, Full};
use crate::door::RefusedConnections;
use crate::error::Refusal;
use crate::observe::{Exposition, LostLines, OperationalLog, Shard, UNMATCHED};
use crate::settings::Settings;

/// Where a process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Serving.
    Running,
    /// Not ready any more, still accepting.
    Draining,
    /// Not accepting, finishing what is in flight.
    Closing,
    /// Finished, or out of patience: what is still in flight is cut off.
    Stopped,
}

/// The shared state of a running gateway.
#[derive(Debug)]
pub(crate) struct Process {
    settings: &'static Settings,
    route_names: Box<[&'static str]>,
    counted: Arc<[&'static Refusal]>,
    started: Instant,
    shards: RwLock<Vec<Arc<Shard>>>,
    stage: AtomicU8,
    connections: AtomicUsize,
    most_connections: usize,
    files: Files,
    per_client: PerClient,
    refused: RefusedConnections,
    relief: Notify,
    lost_lines: Arc<LostLines>,
    log: OperationalLog,
    exposition: Arc<Exposition>,
}

/// How many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// Of clients.
    pub(crate) clients: usize,
    /// Of both sides.
    pub(crate) files: usize,
}

/// Each once, however many policies have the same.
fn counted(settings: &Settings) -> Arc<[&'static Refusal]> {
    let mut counted: Vec<&'static Refusal> = Vec::new();
    for refusal in settings.policies.iter().flat_map(|policy| policy.counted()) {
        if !counted.contains(&refusal) {
            counted.push(refusal);
        }
    }
    counted.into()
}

impl Process {
    /// With room for so many.
    pub(crate) fn new(
        settings: &'static Settings,
        route_names: Box<[&'static str]>,
        capacity: Capacity,
        log: OperationalLog,
    ) -> Self {
        Self {
            settings,
            route_names,
            counted: counted(settings),
            started: Instant::now(),
            shards: RwLock::default(),
            stage: AtomicU8::new(Stage::Running as u8),
            connections: AtomicUsize::new(0),
            most_connections: capacity.clients,
            files: Files::new(capacity.files),
            per_client: PerClient::new(settings.limits.connections_per_client),
            refused: RefusedConnections::new(),
            relief: Notify::new(),
            lost_lines: Arc::default(),
            log,
            exposition: Arc::default(),
        }
    }

    pub(crate) fn settings(&self) -> &'static Settings {
        self.settings
    }

    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    pub(crate) fn route_names(&self) -> &[&'static str] {
        &self.route_names
    }

    /// The refusals that have a series of their own.
    pub(crate) fn counted(&self) -> &[&'static Refusal] {
        &self.counted
    }

    /// `None` for requests that matched no route.
    pub(crate) fn route_name(&self, route: u32) -> Option<&'static str> {
        if route == UNMATCHED { None } else { self.route_names.get(route as usize).copied() }
    }

    pub(crate) fn shards(&self) -> Vec<Arc<Shard>> {
        self.shards.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add_shard(&self) -> Arc<Shard> {
        let backends = self.settings.upstreams.iter().map(|cluster| cluster.backends.len()).sum();
        let upstreams = self.settings.upstreams.len();
        let shard = Arc::new(Shard::new(self.route_names.len(), backends, upstreams, self.counted.clone()));
        self.shards.write().unwrap_or_else(PoisonError::into_inner).push(shard.clone());
        shard
    }

    pub(crate) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Relaxed) {
            0 => Stage::Running,
            1 => Stage::Draining,
            2 => Stage::Closing,
            _ => Stage::Stopped,
        }
    }

    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::Relaxed);
    }

    /// Counts a client connection in, with a file; false if there are as many as there may be, or no file is left. `Seat` is its guard.
    pub(crate) fn take_seat(&self) -> bool {
        let count = |open| (open < self.most_connections).then_some(open + 1);
        let is_free = self.connections.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok();
        let is_taken = is_free && self.files.borrow();
        if is_free && !is_taken {
            self.connections.fetch_sub(1, Ordering::Relaxed);
        }
        is_taken
    }

    /// The same though there may be as many as there may be; whether it has a file.
    pub(crate) fn take_seat_beyond_limit(&self) -> bool {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.files.borrow()
    }

    /// Counts one out again.
    pub(crate) fn free_seat(&self, has_file: bool) {
        if has_file {
            self.files.give_back();
        }
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// What connections of both sides need one of.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// Told when a worker needs room and has no idle connection of its own: every other worker then ends one.
    pub(crate) fn relief(&self) -> &Notify {
        &self.relief
    }

    /// Who has how many of the connections.
    pub(crate) fn per_client(&self) -> &PerClient {
        &self.per_client
    }

    /// Connections that were closed at once.
    pub(crate) fn refused(&self) -> &RefusedConnections {
        &self.refused
    }

    pub(crate) fn log(&self) -> &OperationalLog {
        &self.log
    }

    /// Who waits for `/metrics`.
    pub(crate) fn exposition(&self) -> &Arc<Exposition> {
        &self.exposition
    }

    /// Lines of the access log that nobody will read.
    pub(crate) fn lost_lines(&self) -> &Arc<LostLines> {
        &self.lost_lines
    }
}
