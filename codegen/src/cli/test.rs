//! `castgate test`: the config's own `tests`, which every build asserts, one line each; also against a running gateway.

use super::arguments::{Color, ConfigFile, RunningGateway};
use super::config::{Found, load};
use super::exit::{Exit, print};
use castgate_codegen::against::{self, Running, Trial, Why};
use castgate_codegen::model::{Model, Site};
use castgate_codegen::show::count;
use castgate_codegen::table::{Request, Table};
use std::collections::BTreeSet;

/// Failing tests are errors of the config, so they are in its report; what is left to list has passed.
pub(crate) fn run(config: &ConfigFile, running: RunningGateway, color: Color) -> Exit {
    let found = match load(&config.file) {
        Ok(found) => found,
        Err(refused) => return refused.report(color),
    };
    let RunningGateway { against, admin, listener, headers, any_config } = running;
    let Some(gateway) = against else {
        found.warn(color);
        return print(&passed(&found, &config.file));
    };
    let admin = match (admin, &found.model.admin) {
        (Some(admin), _) => admin,
        (None, None) => gateway.clone(),
        (None, Some(_)) => {
            eprintln!("error: /metrics of this config is on its `admin` listener; say where with --admin");
            return Exit::Usage;
        }
    };
    send(found, &config.file, &Running { gateway, admin, headers, any_config }, listener.as_deref(), color)
}

fn passed(found: &Found, file: &str) -> String {
    let (sites, tests) = (found.model.sites(), &found.model.tests);
    let tables: Vec<Table<'_>> = sites.iter().map(|site| Table::new(&site.model)).collect();
    let outcomes: Vec<_> = tables.iter().map(Table::run_tests).collect();
    let mut text = String::new();
    for test in tests {
        let (line, from) = (found.model.whereabouts(&test.origin.line), from(&test.request));
        for (site, outcomes) in sites.iter().zip(&outcomes) {
            let on = if sites.len() > 1 { format!(" on {}", site.names()) } else { String::new() };
            let outcomes = outcomes.iter().filter(|outcome| outcome.test.origin.path == test.origin.path);
            outcomes.for_each(|outcome| {
                text.push_str(&format!("ok  {line:<9} {}{from}{on} => {}\n", test.request, outcome.outcome));
            });
        }
    }
    text + &format!("{file}: {} passed\n", count(tests.len(), "test"))
}

/// From whom it comes, if that matters.
fn from(request: &Request) -> String {
    request.client_ip().map(|client| format!(" from {client}")).unwrap_or_default()
}

/// Tests that fail are in the report, the others are listed.
fn send(mut found: Found, file: &str, running: &Running, listener: Option<&str>, color: Color) -> Exit {
    let sites = found.model.sites();
    let is_it = |site: &&Site<'_>| site.listeners.iter().any(|each| each.name.as_deref() == listener);
    let model = match (sites.as_slice(), sites.iter().find(is_it)) {
        ([only], _) if listener.is_none() => &only.model,
        (_, Some(site)) => &site.model,
        _ => {
            let names: Vec<&str> =
                found.model.listeners.iter().filter_map(|each| each.name.as_deref()).collect();
            eprintln!("error: say with --listener which one is asked; this config has {}", names.join(", "));
            return Exit::Usage;
        }
    };
    let sent = match against::run(model, &found.source, running, &mut found.sink) {
        Ok(outcome) if outcome.is_other_config && !running.any_config => Exit::Problems,
        Ok(outcome) => print(&seen(&outcome, model, file, running)),
        Err(unreachable) => {
            found.warn(color);
            eprintln!("error: {unreachable}");
            return Exit::Io;
        }
    };
    found.warn(color);
    if found.sink.has_errors() { Exit::Problems } else { sent }
}

fn seen(outcome: &against::Outcome<'_>, model: &Model, file: &str, running: &Running) -> String {
    let trials = &outcome.trials;
    let mut text = String::new();
    if outcome.is_other_config {
        text.push_str(&format!("{} was cast from another config than {file}\n", running.gateway));
    }
    for trial in trials.iter().filter(|trial| !trial.failed()) {
        let mark = if trial.passed() { "ok" } else { "--" };
        let (line, request) = (model.whereabouts(&trial.test.origin.line), &trial.test.request);
        let answer = match &trial.answer {
            Some(Ok(answer)) => match &answer.reason {
                Some(reason) => format!("{} {reason}", answer.status),
                None => answer.status.to_string(),
            },
            _ => "not sent".to_owned(),
        };
        let unseen: Vec<&str> = trial.unseen.iter().map(|unseen| unseen.key).collect();
        let unseen =
            if unseen.is_empty() { String::new() } else { format!(" (not seen: {})", unseen.join(", ")) };
        let from = from(request);
        text.push_str(&format!("{mark}  {line:<9} {request}{from} => {answer}{unseen}\n"));
    }
    let passed = trials.iter().filter(|trial| trial.passed()).count();
    let gateway = &running.gateway;
    text + &format!("{file}: {passed} of {} passed against {gateway}\n", count(trials.len(), "test"))
        + &notes(trials)
}

/// What was not looked at, and why, once.
fn notes(trials: &[Trial<'_>]) -> String {
    let unseen = || trials.iter().flat_map(|trial| &trial.unseen);
    let of = |is: fn(&Why) -> bool| unseen().filter(|unseen| is(&unseen.why)).count();
    let invisible = of(|why| matches!(why, Why::Invisible));
    let refused = of(|why| matches!(why, Why::Refused(_)));
    let elsewhere = of(|why| matches!(why, Why::OfAnotherClient));
    let reasons = unseen().filter_map(|unseen| match &unseen.why {
        Why::Refused(reason) => Some(reason.as_str()),
        Why::Invisible | Why::OfAnotherClient => None,
    });
    let reasons: BTreeSet<&str> = reasons.collect();
    let mut text = String::new();
    if invisible > 0 {
        let what = format!("{invisible} `forward_path`");
        text.push_str(&format!("not seen: {what}, because only a backend knows the path it gets\n"));
    }
    if refused > 0 {
        let (what, reasons) =
            (count(refused, "expectation"), reasons.into_iter().collect::<Vec<_>>().join(", "));
        text.push_str(&format!("not seen: {what}, because the gateway refused the request ({reasons})\n"));
    }
    if elsewhere > 0 {
        let what = count(elsewhere, "expectation");
        text.push_str(&format!(
            "not seen: {what}, because a test with `client_ip` cannot come from that address\n"
        ));
    }
    text
}
