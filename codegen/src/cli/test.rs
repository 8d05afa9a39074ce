//! `castgate test`: the config's own `tests`, which every build asserts, one line each.

use super::arguments::{Color, ConfigFile};
use super::config::load;
use super::exit::{Exit, print};
use castgate_codegen::run_tests;
use castgate_codegen::table::Outcome;

/// Failing tests are errors of the config, so they are in its report; what is left to list has passed.
pub(crate) fn run(config: &ConfigFile, color: Color) -> Exit {
    let found = match load(&config.file) {
        Ok(found) => found,
        Err(refused) => return refused.report(color),
    };
    found.warn(color);
    let outcomes = run_tests(&found.model);
    let mut text = String::new();
    for outcome in &outcomes {
        let line = found.model.whereabouts(&outcome.test.origin.line);
        text.push_str(&format!("ok  {line:<9} {} => {}\n", outcome.test.request, came_to(&outcome.outcome)));
    }
    let s = if outcomes.len() == 1 { "" } else { "s" };
    text.push_str(&format!("{}: {} test{s} passed\n", config.file, outcomes.len()));
    print(&text)
}

fn came_to(outcome: &Outcome) -> String {
    let Outcome { route, upstream, forward_path, status, redirect_to, .. } = outcome;
    let status = status.map(|status| status.to_string());
    let parts = [route, upstream, forward_path, &status, redirect_to];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { "the gateway itself".to_owned() } else { parts.join(" ") }
}
