//! `access_log`: one JSON object a line on stdout.

use super::code::{Code, Lower, Site, State};
use crate::language::kind::Flag;
use crate::language::{Section, section};
use crate::plan::Value;
use crate::yaml::Tree;

section! {
    /// `access_log: {query: false}`
    AccessLog / AccessLogSection => "AccessLogPolicy" {
        /// Whether the query is logged, which may hold secrets.
        query: bool = Flag, default false, example "true";
    }
}

impl Lower for AccessLog {
    fn code(&self) -> Code {
        Code { layer: "AccessLog", policy: "AccessLogPolicy", stem: "ACCESS_LOG_", state: State::None }
    }

    fn policy(&self, _: &Site<'_>) -> Value {
        self.value()
    }

    fn written(&self) -> Tree {
        self.tree()
    }
}
