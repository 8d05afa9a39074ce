//! What other rooms of the compiler need to know of a kind of middleware, so that none of them knows one by its name.
#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "some of it only the command line asks"))]

use super::{Code, Configured, Lower};
use crate::codes;
use crate::lint::Lint;

/// A kind of middleware, as the registry takes it in.
pub(crate) trait Registered: Configured + Lower {
    /// The same for all of its policies.
    const FACTS: Facts;

    /// What it lets pass that `old` did not, in a few words; if something can, [`Facts::loosened`] says when that is.
    #[cfg(feature = "cli")]
    fn looser(&self, _old: &Self) -> Option<String> {
        None
    }
}

/// What is true of all policies of a kind.
pub(crate) struct Facts {
    /// What it is for.
    pub(crate) about: &'static str,
    /// A section of it.
    pub(crate) example: &'static str,
    /// What it becomes.
    pub(crate) code: Code,
    /// It has nothing to do on a route without an upstream.
    pub(crate) needs_upstream: bool,
    /// Requests that match no route pass it, too.
    pub(crate) sees_unmatched: bool,
    /// What it answers in place of what it guards.
    pub(crate) refusals: &'static [Refusal],
    /// Its families in `/metrics`.
    pub(crate) series: &'static [Family],
    /// What its policies' [`memory`](Lower::memory) is called, if they take some at start.
    pub(crate) memory: Option<&'static str>,
    /// The lint for a route that forwards without it.
    pub(crate) missed: Option<Missed>,
    /// When a change of it lets something pass that it kept out: a kind of change of its own.
    pub(crate) loosened: Option<&'static str>,
    /// Its column in the table of who may do what.
    pub(crate) column: Option<Column>,
    /// What it reports, and at which of its keys (`api_keys.keys`), beside what follows from the kinds of their values.
    pub(crate) reports: &'static [(&'static codes::Code, &'static [&'static str])],
    /// Whoever passes it has shown who they are.
    pub(crate) proves_who: bool,
    /// It keeps somebody from what it stands before: who finds a way around it gets more than the config says.
    pub(crate) guards: bool,
    /// It gives requests their id.
    pub(crate) gives_id: bool,
    /// It answers preflights, which belong to the route that takes what they announce.
    pub(crate) answers_preflights: bool,
    /// The section and the key of it that had its settings in earlier versions: its key is offered in their place.
    pub(crate) formerly: Option<(&'static str, &'static str)>,
    /// What others call it, as keys: whoever writes one of these is led here.
    pub(crate) called: &'static [&'static str],
    /// What the reference says of it.
    pub(crate) prose: Prose,
}

impl Facts {
    /// Those of a middleware that nobody else has to care about.
    pub(crate) const fn of(about: &'static str, example: &'static str, code: Code) -> Self {
        Self {
            about,
            example,
            code,
            needs_upstream: false,
            sees_unmatched: false,
            refusals: &[],
            series: &[],
            memory: None,
            missed: None,
            loosened: None,
            column: None,
            reports: &[],
            proves_who: false,
            guards: false,
            gives_id: false,
            answers_preflights: false,
            formerly: None,
            called: &[],
            prose: Prose { before: "", after: "" },
        }
    }

    /// The keys, by their paths below the section, that this diagnostic can point at; an empty path is the section itself.
    #[cfg(feature = "cli")]
    pub(crate) fn keys_of(&self, code: &codes::Code) -> impl Iterator<Item = &'static str> {
        let is_of_section = *code == codes::KEY_DOES_NOT_APPLY && self.needs_upstream
            || *code == codes::UNUSED_MIDDLEWARE && !self.sees_unmatched;
        let own = self.reports.iter().filter(move |(known, _)| *known == code);
        is_of_section.then_some("").into_iter().chain(own.flat_map(|(_, keys)| *keys).copied())
    }
}

/// A way to refuse a request: a `Refusal` of the runtime file.
pub(crate) struct Refusal {
    /// The `reason` of the log and of the problem document.
    pub(crate) reason: &'static str,
    /// Its status.
    pub(crate) status: u16,
}

/// A family of `/metrics`.
pub(crate) struct Family {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it has series for.
    pub(crate) per: Per,
    /// How many series for each.
    pub(crate) each: u64,
    /// What their number is made of.
    pub(crate) of: &'static str,
}

/// What a family has series for.
pub(crate) enum Per {
    /// Every route, and the requests that match none, if any of them has the middleware.
    Route,
    /// Every upstream of a route that has the middleware.
    Upstream,
}

/// What is said of a route that forwards without it.
pub(crate) struct Missed {
    pub(crate) lint: Lint,
    /// What may happen.
    pub(crate) label: &'static str,
    /// What to do.
    pub(crate) help: &'static str,
}

/// A column of the table of who may do what.
pub(crate) struct Column {
    pub(crate) heading: &'static str,
    /// What it says of a route without the middleware.
    pub(crate) without: &'static str,
}

/// Markdown around the table of a section's keys; may be empty.
pub(crate) struct Prose {
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}
