//! The report of a config in each of its formats.

use super::{Diagnostics, Style, render};
#[cfg(feature = "cli")]
use super::{cargo, github, json, sarif, short};
use crate::source::Source;

impl Diagnostics {
    /// All problems, as rustc would write them. Ends with a line break, unless there is nothing to say.
    pub fn render(&self, source: &Source, style: Style) -> String {
        render::render(&self.sorted(), source, style)
    }
}

#[cfg(feature = "cli")]
impl Diagnostics {
    /// All problems as JSON, one object a line.
    pub fn to_json(&self, source: &Source) -> String {
        json::render(&self.sorted(), source)
    }

    /// All problems as a SARIF 2.1.0 log, which is there even if they are none.
    pub fn to_sarif(&self, source: &Source) -> String {
        sarif::render(&self.sorted(), source)
    }

    /// All problems as cargo's JSON messages, one a line, and that it has finished.
    pub fn to_cargo(&self, source: &Source) -> String {
        cargo::render(&self.sorted(), source)
    }

    /// All problems, one a line: `file:line:column: error[CG0203]: what is wrong`.
    pub fn to_short(&self, source: &Source) -> String {
        short::render(&self.sorted(), source)
    }

    /// All problems as GitHub's workflow commands, one a line.
    pub fn to_github(&self, source: &Source) -> String {
        github::render(&self.sorted(), source)
    }
}
