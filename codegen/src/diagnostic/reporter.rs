//! Says what is wrong at a place of the config.

use super::{Diagnostic, Diagnostics, Severity};
use crate::codes::{self, Code};
use crate::lint::{Level, Levels, Lint};
use crate::place::{ConfigPath, Place, Span};
use crate::source::Source;
use crate::yaml::{self, trap::Trap};

/// The sink, for those who know things by their path: the source says where that is, and the levels of lints what
/// becomes of their findings.
pub(crate) struct Reporter<'a> {
    pub(crate) problems: &'a mut Diagnostics,
    pub(crate) source: &'a Source,
    pub(crate) levels: &'a mut Levels,
}

impl Reporter<'_> {
    /// What was said with this code of the key at `path`.
    pub(crate) fn said_of(&mut self, code: &'static Code, path: &ConfigPath) -> Option<&mut Diagnostic> {
        self.problems.said_at(code, self.source.place(path)?.key.start)
    }

    /// Whether something is wrong with the value at `path`, or with the section that it would be in as a whole: what stands
    /// in for it is nobody's word then, and no measure for another key.
    pub(crate) fn is_refused(&self, path: &ConfigPath) -> bool {
        let has_error_in =
            |start: usize, end: usize| self.problems.has_error_in(&(start..end.max(start + 1)));
        if let Some(place) = self.source.place(path) {
            return has_error_in(place.key.start, place.whole.end);
        }
        let mut sections = path.and_parents().skip(1);
        let section = sections.find_map(|path| Some((self.source.place(&path)?, path.key("<<"))));
        section.is_some_and(|(Place { key, value, .. }, merged)| {
            // An entry of a list, which has no key, begins with its own first key.
            let is_own = key.start != value.start && has_error_in(key.start, key.end);
            is_own
                || self.problems.is_said_at(&codes::WRONG_TYPE, value.start)
                || self.source.is_written(&merged)
        })
    }

    /// Reports an error whose places are known already; the result takes labels and help.
    pub(crate) fn error(&mut self, code: &'static Code, title: impl Into<String>) -> &mut Diagnostic {
        self.problems.error(code, title)
    }

    /// Reports an error in the value at `path`.
    pub(crate) fn error_at(
        &mut self,
        code: &'static Code,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.error_in(code, path, self.source.value_span(path), title, label)
    }

    /// Reports an error in a part of the value at `path`.
    pub(crate) fn error_in(
        &mut self,
        code: &'static Code,
        path: &ConfigPath,
        part: impl Into<Option<Span>>,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        let problem = self.problems.error(code, title).label(part, label);
        explain_break(problem, path, self.source);
        problem
    }

    /// Reports an error in the key at `path`, or in the section as a whole.
    pub(crate) fn error_at_key(
        &mut self,
        code: &'static Code,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.problems.error(code, title).label(self.source.key_span(path), label)
    }

    /// Reports a scalar that another YAML reads otherwise.
    pub(crate) fn trap(&mut self, code: &'static Code, path: &ConfigPath, trap: Trap) {
        let span = self.source.whole_span(path);
        let problem = self.error_at(code, path, trap.title, trap.label);
        for (what, mend) in trap.mends {
            problem.suggest(what, span.clone(), mend);
        }
    }

    /// Reports what a lint found in the value at `path`, unless its level is `allow`, or somebody was let off.
    pub(crate) fn lint_at(
        &mut self,
        lint: Lint,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        let problem = self.problems.report(self.levels.found(lint, path).severity(), lint.code(), title);
        if problem.is_error() {
            explain_break(problem, path, self.source);
        }
        problem.label(self.source.value_span(path), label)
    }

    /// Reports what a lint found in the key at `path`, or in the section as a whole.
    pub(crate) fn lint_at_key(
        &mut self,
        lint: Lint,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        let problem = self.problems.report(self.levels.found(lint, path).severity(), lint.code(), title);
        problem.label(self.source.key_span(path), label)
    }
}

/// Of a block scalar that is wrong it is said where the line break at its end comes from.
fn explain_break(problem: &mut Diagnostic, path: &ConfigPath, source: &Source) {
    let Some(Place { whole, before_break: Some(text), .. }) = source.place(path) else { return };
    problem.help("`|` and `>` put a line break at the end of a value; `|-` and `>-` do not");
    if !text.contains('\n') {
        problem.suggest("without the line break", whole.clone(), yaml::scalar(text));
    }
}

impl Level {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Allow => None,
            Self::Warn => Some(Severity::Warning),
            Self::Deny => Some(Severity::Error),
        }
    }
}
