//! `access_log`: one JSON object a line on stdout.

use super::{Code, Facts, Lower, Prose, Registered, Site, State};
use crate::language::kind::{Constant, Flag, WordSet};
use crate::language::{section, words};
use crate::plan::Value;
use std::collections::BTreeSet;

section! {
    /// `access_log: {query: false}`
    AccessLog / AccessLogSection {
        /// Whether the query is logged, which may hold secrets.
        query: bool = Flag, default false, example "true";
        /// What else of the request is logged: `host`, `user_agent`, `protocol`, `referer`, `listener`. It stands behind all other fields
        /// of the line, escaped; what is longer than 512 bytes is cut, and what was not sent is left out. `referer` has its query only
        /// with `query: true`. `listener` is the name in `server.listeners`; of `server.listen`, which has none, it is left out.
        fields: BTreeSet<LogField> = WordSet, default BTreeSet::new(), said "none", example "[host, user_agent]";
    }
}

words! {
    /// Something of a request that a line may have.
    LogField, "log field" {
        /// The host that was asked for.
        Host = "host" => "LogField::Host";
        /// What the client calls itself.
        UserAgent = "user_agent" => "LogField::UserAgent";
        /// `HTTP/1.1`
        Protocol = "protocol" => "LogField::Protocol";
        /// The page that led here.
        Referer = "referer" => "LogField::Referer";
        /// The name of the listener it came in at.
        Listener = "listener" => "LogField::Listener";
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
        let Self { query, fields } = self;
        Value::Call("AccessLogPolicy::new", vec![Value::Flag(*query), WordSet.value(fields)])
    }
}
