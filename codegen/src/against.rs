//! The `tests` of a config, sent to a running gateway.
//!
//! What can be seen from outside is compared: the response, and which counters of `/metrics` have risen since before
//! the request. Others may use the gateway at the same time, so a counter that rises without having to means nothing.

mod address;
mod client;
mod counts;
mod exposition;
mod judge;
mod report;

pub use address::Address;
pub use judge::{Unseen, Why};

use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};
use crate::model::{Model, Test};
use crate::pattern::Hosts;
use crate::source::Source;
use crate::table::{self, Mismatch, Table};
use client::Client;
use counts::Counts;
use std::fmt;
use std::time::{Duration, Instant};

/// How long a request may take to appear in the counters after it was answered.
const COUNTED_WITHIN: Duration = Duration::from_secs(1);

/// How often the counters are read meanwhile. Another process's state has no event to wait for.
const READ_EVERY: Duration = Duration::from_millis(20);

/// A host that no route names, for requests without one; RFC 6761 keeps it from being anybody's.
const NOBODY: &str = "castgate.invalid";

/// A running gateway, and how it is asked.
#[derive(Debug, Clone)]
pub struct Running {
    /// Where requests go.
    pub gateway: Address,
    /// Where `/metrics` is.
    pub admin: Address,
    /// Fields that every request has besides its own, such as a key.
    pub headers: Vec<(String, String)>,
    /// Whether it may have been cast from another config.
    pub any_config: bool,
}

/// The gateway could not be asked; one line without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable(String);

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a response says, as far as tests look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `Location` field.
    pub location: Option<String>,
    /// The origin whose pages may read it, or `*`: `Access-Control-Allow-Origin`.
    pub allow_origin: Option<String>,
    /// Whether it is a problem document, as the gateway makes them.
    pub is_problem: bool,
    /// The document's `reason`; a HEAD has none.
    pub reason: Option<String>,
}

/// What became of a test.
#[derive(Debug, Clone)]
pub struct Trial<'m> {
    /// The test.
    pub test: &'m Test,
    /// The response, or why there is none; `None` if there was nothing to see, and nothing was sent.
    pub answer: Option<Result<Answer, String>>,
    /// What was expected otherwise.
    pub mismatches: Vec<Mismatch>,
    /// What could not be looked at.
    pub unseen: Vec<Unseen>,
}

impl Trial<'_> {
    /// Whether something was wrong.
    pub fn failed(&self) -> bool {
        !self.mismatches.is_empty() || matches!(self.answer, Some(Err(_)))
    }

    /// Whether something that was expected has been seen, and nothing was wrong.
    pub fn passed(&self) -> bool {
        !self.failed() && self.unseen.len() < judge::expectations(self.test)
    }
}

/// What became of all tests.
#[derive(Debug, Clone)]
pub struct Outcome<'m> {
    /// Whether the gateway was cast from another config.
    pub is_other_config: bool,
    /// In the order of the file; empty if nothing was sent.
    pub trials: Vec<Trial<'m>>,
}

/// Sends the tests of a model, made of a source, one after the other. What fails is in the sink; if the gateway was cast from another
/// config and may not, that is, and nothing is sent.
pub fn run<'m>(
    model: &'m Model,
    source: &Source,
    running: &Running,
    sink: &mut Diagnostics,
) -> Result<Outcome<'m>, Unreachable> {
    let client = Client::new();
    let first = Counts::read(&client, &running.admin)?;
    let is_other_config = first.config_sha256 != model.config_sha256;
    if is_other_config && !running.any_config {
        let (theirs, ours) = (quoted(&first.config_sha256), quoted(&model.config_sha256));
        sink.error(
            &codes::OTHER_CONFIG,
            format!("the gateway at {} was cast from another config", running.gateway),
        )
        .help(format!("the SHA-256 of its config is {theirs}, and of this one {ours}"))
        .help("`--any-config` sends the tests all the same");
        return Ok(Outcome { is_other_config, trials: Vec::new() });
    }
    let asking =
        Asking { table: Table::new(model), client, running, nobody: nobody(model, &running.gateway) };
    let mut before = first;
    let mut trials = Vec::new();
    for test in &model.tests {
        let (trial, after) = asking.ask(test, before)?;
        before = after;
        trials.push(trial);
    }
    report::report(&trials, source, sink);
    Ok(Outcome { is_other_config, trials })
}

/// Everything that stays the same from test to test.
struct Asking<'m, 'r> {
    table: Table<'m>,
    client: Client,
    running: &'r Running,
    nobody: String,
}

impl<'m> Asking<'m, '_> {
    /// Sends a test's request; gives what became of it, and the counters after it.
    fn ask(&self, test: &'m Test, before: Counts) -> Result<(Trial<'m>, Counts), Unreachable> {
        let unseen = judge::of_another_client(test);
        if unseen.is_some() || !judge::has_visible(&test.expect) {
            let unseen = unseen.unwrap_or_else(|| judge::invisible(&test.expect));
            return Ok((Trial { test, answer: None, mismatches: Vec::new(), unseen }, before));
        }
        let host =
            if test.request.host().is_empty() { self.nobody.clone() } else { test.request.authority() };
        let answer = self.client.send(&self.running.gateway, &test.request, &host, &self.running.headers);
        let is_refused = answer.as_ref().is_ok_and(|answer| answer.is_problem);
        let after = self.counted(test, &before, is_refused)?;
        let (mismatches, unseen) = match &answer {
            Ok(answer) => judge::judge(&self.table, test, answer, &before, &after),
            Err(_) => (Vec::new(), Vec::new()),
        };
        Ok((Trial { test, answer: Some(answer), mismatches, unseen }, after))
    }

    /// The counters, as soon as the request is in them: it is counted when it is over, and its client may know
    /// earlier. Every request has to be, lest it be taken for the next one; that of somebody else is not it, so it is
    /// the route that by the config takes this one whose counter is waited for.
    fn counted(&self, test: &Test, before: &Counts, is_refused: bool) -> Result<Counts, Unreachable> {
        let taker = match self.table.ask(&test.request) {
            table::Answer::Route(route) => route.name.as_str(),
            _ => counts::UNMATCHED,
        };
        let route = test.expect.route.as_deref().unwrap_or(taker);
        let upstream = test.expect.upstream.as_ref().filter(|_| !is_refused);
        let deadline = Instant::now() + COUNTED_WITHIN;
        loop {
            let after = Counts::read(&self.client, &self.running.admin)?;
            let is_counted = after.route_rose(before, route)
                && upstream.is_none_or(|upstream| after.upstream_rose(before, upstream));
            if is_counted || Instant::now() > deadline {
                return Ok(after);
            }
            std::thread::sleep(READ_EVERY);
        }
    }
}

/// The Host of requests that have none: the gateway's address, unless a route has that name.
fn nobody(model: &Model, gateway: &Address) -> String {
    let name = gateway.host().to_ascii_lowercase();
    let is_named = |hosts: &Hosts| !hosts.is_any() && hosts.matching(&name).is_some();
    if model.routes.iter().any(|route| is_named(&route.hosts)) {
        NOBODY.to_owned()
    } else {
        gateway.authority().to_owned()
    }
}
