//! The corpus: what clients have sent to other gateways, and what nobody should, with what must come of it. Each entry goes through a
//! running gateway on a connection of its own, as a whole and in pieces; when all are through, one judge reads what the backend has got.

mod entries;
mod judge;
mod mutants;
mod outcome;
mod recorder;
mod strict;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use castgate_test_support::{
    Closing, Gateway, LogLine, RawClient, ReadError, Request, Response, Upstream, let_pass, poll,
};

use self::entries::Entry;
use self::judge::Got;
use self::outcome::{End, Outcome};
use self::recorder::{MARK, Recorder};
use crate::testbed::launch;

/// Entries that are under way at the same time.
const CLIENTS: usize = 24;
/// How long an entry waits for what it expects; a loaded machine is slow, and a good gateway lets nobody wait it out.
const PATIENCE: Duration = Duration::from_secs(4);

/// How an entry's bytes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// At once.
    Whole,
    /// In several pieces, so that each place of a message is where a read ends, in one entry or another.
    Pieces,
}

/// What one entry has come to.
struct Seen<'e> {
    entry: &'e Entry,
    manner: Manner,
    outcome: Outcome,
    /// The ids and statuses of the answers, and whether the backend gave them.
    answers: Vec<(String, u16, bool)>,
    /// The statuses of answers that do not say what they are.
    bare: Vec<u16>,
}

fn corpus() -> Vec<Entry> {
    entries::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/requests"))
}

#[test]
fn whatever_a_client_sends_nothing_ambiguous_reaches_the_backend() {
    let entries = corpus();
    assert!(entries.len() >= 400, "only {} entries", entries.len());
    let mut faults = Vec::new();
    let mut observed = Vec::new();
    for config in ["proxy", "limits", "middleware"] {
        let recorder = Recorder::start();
        let nobody = Upstream::echo();
        let gateway = launch(config, [&nobody, &nobody, &nobody]).env("A", recorder.url()).start();
        let all: Vec<&Entry> = entries.iter().filter(|entry| entry.gateway == config).collect();
        let seen = play(&gateway, &all);
        faults.extend(judged(&recorder, &gateway, &seen));
        for Seen { entry, manner, outcome, .. } in &seen {
            let is_right = entry.right.holds(outcome);
            faults.extend(verdict(entry, *manner, outcome, is_right));
            if *manner == Manner::Whole {
                observed.push((*entry, (!is_right).then(|| outcome.to_string())));
            }
        }
        let bare: Vec<u16> = seen.iter().flat_map(|seen| seen.bare.iter().copied()).collect();
        if !bare.is_empty() {
            faults.push(format!("answers with neither a body nor an id: {bare:?}"));
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        entries::rewrite(observed.into_iter());
    } else {
        assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), entries.len(), faults.join("\n"));
    }
}

/// What is wrong with what came of an entry.
fn verdict(entry: &Entry, manner: Manner, outcome: &Outcome, is_right: bool) -> Option<String> {
    let (place, right) = (entry.place(), &entry.right);
    match (&entry.today, is_right, manner) {
        (None, true, _) => None,
        // A head that has no end may be waited for, whatever is wrong with what has come of it.
        (None, false, Manner::Pieces) if outcome.end == End::Waits && !entry.has_a_head() => None,
        (None, false, _) => Some(format!("{place}, {manner:?}: {outcome}, and not {right}")),
        (Some(_), true, Manner::Whole) => Some(format!("{place}: {outcome} is right, `today:` can go")),
        (Some(today), false, Manner::Whole) => (!today.holds(outcome))
            .then(|| format!("{place}: {outcome}, neither {right} nor today's {today}")),
        // What is wrong as a whole may be wrong in any way.
        (Some(_), _, Manner::Pieces) => None,
    }
}

/// What is wrong with what the backend has got, and with what the log says of it.
fn judged(recorder: &Recorder, gateway: &Gateway, seen: &[Seen<'_>]) -> Vec<String> {
    let got = settled(recorder);
    let of_today = seen.iter().filter(|seen| seen.entry.today.is_some());
    let of_today: Vec<&str> = of_today.flat_map(|seen| &seen.answers).map(|(id, ..)| id.as_str()).collect();
    let faults = got.faults.iter().chain(&got.slips).filter(|(id, _)| !of_today.contains(&id.as_str()));
    let mut faults: Vec<String> = faults.map(|(_, fault)| fault.clone()).collect();
    let of_backend = seen.iter().flat_map(|seen| {
        let ids = seen.answers.iter().filter(|(_, _, by_backend)| *by_backend);
        ids.map(|(id, ..)| (id.clone(), seen.entry.place()))
    });
    let answers = seen.iter().flat_map(|seen| &seen.answers);
    let answers = answers.map(|(id, ..)| id.as_str()).chain(got.requests.keys().map(String::as_str));
    let logged = log(gateway, &answers.collect());
    // Who has left gets no answer, and the log says so.
    let left = |id: &str| logged.iter().any(|(of, status)| of == id && *status == 499);
    faults.extend(judge::match_up(&got, &of_backend.collect(), left));
    for Seen { entry, answers, .. } in seen {
        let came = answers.iter().filter_map(|(id, ..)| got.requests.get(id));
        for ((method, target, body), request) in entry.arrives.iter().zip(came) {
            if (method, target, body) != (&request.method, &request.target, &request.body) {
                faults.push(format!("{}: the backend got {request:?}", entry.place()));
            }
        }
        let count = answers.iter().filter(|(id, ..)| got.requests.contains_key(id)).count();
        if entry.today.is_none() && count < entry.arrives.len() {
            faults.push(format!("{}: the backend got {count} requests", entry.place()));
        }
    }
    for (id, status, _) in seen.iter().flat_map(|seen| &seen.answers) {
        let lines: Vec<u64> = logged.iter().filter(|(of, _)| of == id).map(|(_, status)| *status).collect();
        if lines != [u64::from(*status)] {
            faults.push(format!("the log says {lines:?} of a request that was answered {status}"));
        }
    }
    faults
}

/// What the backend has got, once everything that is not whole has been broken off.
fn settled(recorder: &Recorder) -> Got {
    poll(|| {
        let got = judge::read(&recorder.connections());
        let unfinished = got.unfinished;
        if unfinished == 0 { Ok(got) } else { Err(format!("{unfinished} unfinished requests are open")) }
    })
}

/// The ids and statuses of the log, once all of these are there.
fn log(gateway: &Gateway, wanted: &BTreeSet<&str>) -> Vec<(String, u64)> {
    poll(|| {
        let lines = gateway.raw_log();
        let lines: Vec<LogLine> = lines.iter().filter_map(|line| LogLine::parse(line)).collect();
        let logged: Vec<(String, u64)> =
            lines.iter().map(|line| (line.text("request_id").to_owned(), line.status())).collect();
        let there = logged.iter().filter(|(id, _)| wanted.contains(id.as_str())).count();
        if there >= wanted.len() { Ok(logged) } else { Err(format!("{there} of {} lines", wanted.len())) }
    })
}

/// Sends all entries, several at the same time.
fn play<'e>(gateway: &Gateway, entries: &[&'e Entry]) -> Vec<Seen<'e>> {
    let manners = [Manner::Whole, Manner::Pieces];
    let waiting = Mutex::new(
        entries
            .iter()
            .copied()
            .enumerate()
            .flat_map(|(number, entry)| manners.into_iter().map(move |manner| (number, entry, manner))),
    );
    let next = || waiting.lock().unwrap().next();
    let take = || {
        let mut seen = Vec::new();
        while let Some((number, entry, manner)) = next() {
            seen.push(send(gateway, number, entry, manner));
        }
        seen
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(take)).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

/// Sends one entry, reads what is expected of it or comes today, and asks whether the connection is good for another request.
fn send<'e>(gateway: &Gateway, number: usize, entry: &'e Entry, manner: Manner) -> Seen<'e> {
    let mut client = gateway.connect();
    client.set_timeout(PATIENCE);
    for piece in pieces(&entry.bytes, number, manner) {
        // Who is refused early may be cut off while he speaks.
        _ = client.try_send(piece);
        if manner == Manner::Pieces {
            let_pass(Duration::from_millis(1));
        }
    }
    if entry.finishes {
        client.finish();
    }
    let outcome = Outcome { statuses: Vec::new(), end: End::Open };
    let mut seen = Seen { entry, manner, outcome, answers: Vec::new(), bare: Vec::new() };
    seen.outcome.end = read(&mut client, &mut seen);
    seen
}

/// Cut at places that depend on the entry's number, and are others for the next one.
fn pieces(bytes: &[u8], number: usize, manner: Manner) -> Vec<&[u8]> {
    let mut cuts = match manner {
        Manner::Whole => Vec::new(),
        Manner::Pieces => [7, 31, 101].map(|step| number * step % bytes.len().max(1)).to_vec(),
    };
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).filter(|piece| !piece.is_empty()).collect()
}

fn read(client: &mut RawClient, seen: &mut Seen<'_>) -> End {
    let entry = seen.entry;
    let most = entry.right.most().max(entry.today.as_ref().map_or(0, |today| today.most()));
    for number in 0..most {
        let method = if number == 0 { entry.method() } else { "GET".to_owned() };
        match client.read_response_to(&method) {
            Ok(response) => {
                seen.note(&response);
                if !keeps(&response, entry) {
                    return closes(client);
                }
            }
            Err(error) => return ends(entry, &error),
        }
    }
    if entry.finishes || most == 0 {
        return closes(client);
    }
    let marker = Request::get("/public/marker").header("Connection", "close");
    match client.exchange(&marker) {
        Ok(response) if response.header(MARK).is_some() && response.text() == "GET /public/marker" => {
            seen.note_another(&response);
            if closes(client) == End::Close { End::Open } else { End::Extra }
        }
        Ok(response) => {
            seen.note_another(&response);
            while let Ok(response) = client.read_response_to("GET") {
                seen.note_another(&response);
            }
            End::Extra
        }
        Err(error) => ends(entry, &error),
    }
}

impl Seen<'_> {
    fn note(&mut self, response: &Response) {
        let interim = response.interim.iter().map(|head| head.start_line[9..12].parse::<u16>().unwrap());
        self.outcome.statuses.extend(interim);
        self.outcome.statuses.push(response.status);
        let by_backend = response.header(MARK).is_some();
        let is_problem = response.header("content-type") == Some("application/problem+json");
        // A HEAD has its head only.
        let is_said = response.body.is_empty() && self.entry.method() == "HEAD"
            || is_problem && response.json()["request_id"].as_str() == response.header("x-request-id");
        if by_backend || response.status < 400 || (is_problem && is_said) {
            self.note_another(response);
        } else {
            self.bare.push(response.status);
        }
    }

    /// An answer to the marker, or to what should have been none of the entry's requests.
    fn note_another(&mut self, response: &Response) {
        if let Some(id) = response.header("x-request-id") {
            self.answers.push((id.to_owned(), response.status, response.header(MARK).is_some()));
        }
    }
}

/// Whether the answer says that the connection stays, to a client of this version.
fn keeps(response: &Response, entry: &Entry) -> bool {
    let is_old = entry.is_of_http_1_0() || response.head.start_line.starts_with("HTTP/1.0");
    let says_so = response.all("connection").iter().any(|value| value.eq_ignore_ascii_case("keep-alive"));
    response.keeps_alive() && (!is_old || says_so)
}

fn closes(client: &mut RawClient) -> End {
    match client.await_close() {
        Closing::Closed => End::Close,
        Closing::Sent(_) => End::Extra,
        Closing::Open => End::Waits,
    }
}

fn ends(entry: &Entry, error: &ReadError) -> End {
    match error {
        ReadError::TimedOut => End::Waits,
        ReadError::Malformed(_) => End::Extra,
        // Whoever has said that it ends need not be told.
        _ if entry.finishes => End::Close,
        _ => End::Silent,
    }
}
