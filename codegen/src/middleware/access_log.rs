//! `access_log`: one JSON object a line on stdout.

use super::{Code, Facts, Lower, Prose, Registered, Site, State};
use crate::language::kind::Flag;
use crate::language::{Facade, section};
use crate::plan::Value;

section! {
    /// `access_log: {query: false}`
    AccessLog / AccessLogSection => "AccessLogPolicy" {
        /// Whether the query is logged, which may hold secrets.
        query: bool = Flag, default false, example "true";
    }
}

impl Registered for AccessLog {
    const FACTS: Facts = Facts {
        sees_unmatched: true,
        prose: Prose { before: "", after: include_str!("access_log.md") },
        ..Facts::of(
            "Writes a JSON line for each request.",
            "{query: true}",
            Code { layer: "AccessLog", policy: "AccessLogPolicy", stem: "ACCESS_LOG_", state: State::None },
        )
    };
}

impl Lower for AccessLog {
    fn policy(&self, _: &Site<'_>) -> Value {
        self.value()
    }
}
