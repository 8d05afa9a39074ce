//! `castgate diff`: what a new config does otherwise.

use super::arguments::{Color, DiffFormat};
use super::config::load;
use super::exit::{Exit, print};
use castgate_codegen::diff;

pub(crate) fn run(old: &str, new: &str, fail_on: &[String], format: DiffFormat, color: Color) -> Exit {
    let (old, new) = match (load(old), load(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            // Both, so that nobody mends one file only to learn of the other.
            let exits = [old.err(), new.err()].into_iter().flatten().map(|refused| refused.report(color));
            return exits.fold(Exit::Problems, |worst, exit| if exit == Exit::Io { exit } else { worst });
        }
    };
    let diff = diff::diff(&old.model, &new.model);
    let text = match format {
        DiffFormat::Human => diff.text(),
        DiffFormat::Json => diff.json(),
    };
    // What was not compared may be any kind of change.
    let is_unknown = |kind: &str| kind == diff::INCOMPLETE && !fail_on.is_empty();
    let is_wanted = |kind: &str| is_unknown(kind) || fail_on.iter().any(|wanted| wanted == kind);
    let failed: Vec<&str> = diff.kinds().into_iter().filter(|kind| is_wanted(kind)).collect();
    match print(&text) {
        Exit::Fine if failed.is_empty() => Exit::Fine,
        Exit::Fine => {
            eprintln!("error: {} (--fail-on)", failed.join(", "));
            Exit::Problems
        }
        exit => exit,
    }
}
