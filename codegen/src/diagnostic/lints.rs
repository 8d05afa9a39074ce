//! Levels of lints, and who is let off: what turns a lint's finding into an error, a warning, or nothing.

use super::{Diagnostic, Diagnostics, Severity};
use crate::lint::{Level, Lint};
use crate::source::ConfigPath;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What the config says about lints.
#[derive(Debug, Clone, Default)]
pub(super) struct Levels {
    written: BTreeMap<Lint, Level>,
    /// By section and lint: where the `allow` is, and whether it has let anything off.
    let_off: BTreeMap<(ConfigPath, Lint), (ConfigPath, bool)>,
}

impl Diagnostics {
    /// Sets the level of a lint.
    pub(crate) fn set_level(&mut self, lint: Lint, level: Level) {
        self.levels.written.insert(lint, level);
    }

    /// The level of a lint.
    pub fn level(&self, lint: Lint) -> Level {
        self.levels.written.get(&lint).copied().unwrap_or_else(|| lint.default_level())
    }

    /// Lets everything in `section` off a lint; `at` is where that was written.
    /// Gives the place of an earlier entry that said the same, which stays.
    pub(crate) fn let_off(
        &mut self,
        section: &ConfigPath,
        lint: Lint,
        at: &ConfigPath,
    ) -> Option<ConfigPath> {
        match self.levels.let_off.entry((section.clone(), lint)) {
            Entry::Occupied(first) => Some(first.get().0.clone()),
            Entry::Vacant(place) => {
                place.insert((at.clone(), false));
                None
            }
        }
    }

    /// Reports what a lint found in the value at `path`; `None` if its level is `allow`, or somebody was let off.
    pub(crate) fn lint_at(
        &mut self,
        lint: Lint,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> Option<&mut Diagnostic> {
        let severity = self.severity(lint, path)?;
        Some(self.report_at(severity, lint.code(), path, title, label))
    }

    /// Reports what a lint found in the key at `path`, or in the section as a whole.
    pub(crate) fn lint_at_key(
        &mut self,
        lint: Lint,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> Option<&mut Diagnostic> {
        let severity = self.severity(lint, path)?;
        Some(self.report_at_key(severity, lint.code(), path, title, label))
    }

    fn severity(&mut self, lint: Lint, path: &ConfigPath) -> Option<Severity> {
        let severity = match self.level(lint) {
            Level::Allow => return None,
            Level::Warn => Severity::Warning,
            Level::Deny => Severity::Error,
        };
        let mut section = Some(path.clone());
        while let Some(path) = section {
            section = path.parent();
            if let Some((_, is_used)) = self.levels.let_off.get_mut(&(path, lint)) {
                *is_used = true;
                return None;
            }
        }
        Some(severity)
    }

    /// Every `allow` of a lint that is on, but has found nothing there.
    pub(crate) fn unused_allows(&self) -> Vec<(Lint, ConfigPath)> {
        let unused = self
            .levels
            .let_off
            .iter()
            .filter(|((_, lint), (_, is_used))| !is_used && self.level(*lint) != Level::Allow);
        unused.map(|((_, lint), (at, _))| (*lint, at.clone())).collect()
    }
}
