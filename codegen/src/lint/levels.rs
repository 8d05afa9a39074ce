//! Levels of lints, and who is let off: what becomes of a lint's finding.

use super::{Level, Lint};
use crate::place::ConfigPath;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What the config says about lints.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levels {
    written: BTreeMap<Lint, Level>,
    /// By section and lint: where the `allow` is, and whether it has let anything off.
    let_off: BTreeMap<(ConfigPath, Lint), (ConfigPath, bool)>,
}

impl Levels {
    /// Sets the level of a lint.
    pub(crate) fn set(&mut self, lint: Lint, level: Level) {
        self.written.insert(lint, level);
    }

    /// The level of a lint.
    pub(crate) fn of(&self, lint: Lint) -> Level {
        self.written.get(&lint).copied().unwrap_or_else(|| lint.default_level())
    }

    /// Lets everything in `section` off a lint; `at` is where that was written.
    /// Gives the place of an earlier entry that said the same, which stays.
    pub(crate) fn let_off(
        &mut self,
        section: &ConfigPath,
        lint: Lint,
        at: &ConfigPath,
    ) -> Option<ConfigPath> {
        match self.let_off.entry((section.clone(), lint)) {
            Entry::Occupied(first) => Some(first.get().0.clone()),
            Entry::Vacant(place) => {
                place.insert((at.clone(), false));
                None
            }
        }
    }

    /// What becomes of a finding of a lint at `path`: its level, unless a section around it is let off.
    pub(crate) fn found(&mut self, lint: Lint, path: &ConfigPath) -> Level {
        let level = self.of(lint);
        let mut sections = path.and_parents().filter(|_| level != Level::Allow);
        let is_let_off = sections.any(|section| match self.let_off.get_mut(&(section, lint)) {
            Some((_, is_used)) => {
                *is_used = true;
                true
            }
            None => false,
        });
        if is_let_off { Level::Allow } else { level }
    }

    /// Every `allow` of a lint that is on, but has found nothing there.
    pub(crate) fn unused(&self) -> Vec<(Lint, ConfigPath)> {
        let unused = self
            .let_off
            .iter()
            .filter(|((_, lint), (_, is_used))| !is_used && self.of(*lint) != Level::Allow);
        unused.map(|((_, lint), (at, _))| (*lint, at.clone())).collect()
    }
}
