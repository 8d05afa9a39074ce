//! Where in JSON a value may stand: in a string, and behind no backslash, which would take the one that it is escaped with.

use super::Objection;
use crate::model::Source;

#[derive(Default)]
pub(super) struct Scan {
    in_string: bool,
    behind_backslash: bool,
}

impl Scan {
    pub(super) fn read(&mut self, text: &str) {
        for char in text.chars() {
            self.in_string ^= char == '"' && !self.behind_backslash;
            self.behind_backslash = char == '\\' && !self.behind_backslash;
        }
    }

    pub(super) fn objection(&self, source: &Source) -> Option<Objection> {
        let (title, help) = if !self.in_string {
            ("stands in no string of this JSON", format!("write it in quotes, `\"{{{source}}}\"`"))
        } else if self.behind_backslash {
            let help = "leave the backslash out: what needs one in a value gets one";
            ("stands behind a backslash of this JSON", help.into())
        } else {
            return None;
        };
        let label = "whoever chooses the value could write any part of the document";
        Some(Objection { title: title.into(), label, help })
    }
}
