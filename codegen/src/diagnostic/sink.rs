//! The sink that every stage reports to: it collects.

use super::{Diagnostic, Edit, Failed, Severity};
use crate::codes::Code;
use crate::place::Span;

/// More errors than this, or more warnings, are not kept: a file can hold a million mistakes, and memory cannot.
pub(crate) const MOST_KEPT: usize = 10_000;

/// All problems of one config.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
    /// Takes what is not kept: beyond [`MOST_KEPT`], or of a lint that is off.
    beyond: Option<Diagnostic>,
}

impl Diagnostics {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes back what was said with this code of something in a span: it is part of another mistake.
    pub(crate) fn withdraw(&mut self, code: &'static Code, span: &Span) {
        self.retain_errors(|problem| problem.code != code || !problem.is_in(span));
    }

    /// Takes back every error that was said of something in a span.
    pub(crate) fn withdraw_all(&mut self, span: &Span) {
        self.retain_errors(|problem| !problem.is_in(span));
    }

    fn retain_errors(&mut self, is_kept: impl Fn(&Diagnostic) -> bool) {
        let before = self.found.len();
        self.found.retain(|problem| !problem.is_error() || is_kept(problem));
        self.errors -= before - self.found.len();
    }

    /// Whether an error was said of something in a span.
    pub(crate) fn has_error_in(&self, span: &Span) -> bool {
        self.has_errors() && self.found.iter().any(|problem| problem.is_error() && problem.is_in(span))
    }

    /// What was said with this code of what begins here.
    pub(crate) fn said_at(&mut self, code: &'static Code, at: usize) -> Option<&mut Diagnostic> {
        self.found.iter_mut().find(|problem| problem.code == code && problem.place() == Some(at))
    }

    /// Whether this code was said of what begins here.
    pub(crate) fn is_said_at(&self, code: &'static Code, at: usize) -> bool {
        self.found.iter().any(|problem| problem.code == code && problem.place() == Some(at))
    }

    /// Reports an error; the result takes labels and help.
    pub fn error(&mut self, code: &'static Code, title: impl Into<String>) -> &mut Diagnostic {
        self.report(Some(Severity::Error), code, title)
    }

    /// Reports a problem of either severity, or of none, which is nobody's business; the result takes labels and help.
    pub(crate) fn report(
        &mut self,
        severity: Option<Severity>,
        code: &'static Code,
        title: impl Into<String>,
    ) -> &mut Diagnostic {
        let mut problem = Diagnostic::new(code, title);
        let kept = match severity {
            Some(Severity::Error) => &mut self.errors,
            Some(Severity::Warning) => &mut self.warnings,
            None => return self.beyond.insert(problem),
        };
        if *kept == MOST_KEPT {
            return self.beyond.insert(problem);
        }
        problem.severity = severity.unwrap_or(problem.severity);
        *kept += 1;
        let index = self.found.len();
        self.found.push(problem);
        &mut self.found[index]
    }

    /// The problems so far, each once: errors, then warnings, either in the order of the source.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        self.order().into_iter().filter_map(|index| self.found.get(index)).collect()
    }

    fn order(&self) -> Vec<usize> {
        fn key(problem: &Diagnostic) -> (Severity, usize, &Code, &str) {
            (problem.severity, problem.place().unwrap_or(0), problem.code, &problem.title)
        }
        let key = |index: &usize| key(&self.found[*index]);
        let mut order: Vec<usize> = (0..self.found.len()).collect();
        order.sort_by(|a, b| key(a).cmp(&key(b)));
        order.dedup_by(|a, b| key(a) == key(b));
        order
    }

    /// Leaves only the edits for which this holds, asked in the order of the report.
    pub(crate) fn retain_edits(&mut self, mut holds: impl FnMut(&Diagnostic, &Edit) -> bool) {
        for index in self.order() {
            let edits = std::mem::take(&mut self.found[index].edits);
            let problem = &self.found[index];
            let (mut kept, mut guesses): (Vec<Edit>, Vec<String>) = Default::default();
            for edit in edits {
                let is_same = |other: &Edit| other.span == edit.span && other.replacement == edit.replacement;
                if kept.iter().any(is_same) {
                    continue;
                }
                if holds(problem, &edit) {
                    kept.push(edit);
                } else if edit.is_guess {
                    guesses.push(edit.title);
                }
            }
            self.found[index].edits = kept;
            self.found[index].help.extend(guesses);
        }
    }

    /// The warnings so far, in the order of the source.
    pub fn warnings(&self) -> Vec<&Diagnostic> {
        self.sorted().into_iter().filter(|problem| !problem.is_error()).collect()
    }

    /// Whether there is none, not even a warning.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether there is an error.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Whether no further error is kept, so that it is no use to look for one.
    pub(crate) fn is_full(&self) -> bool {
        self.errors == MOST_KEPT
    }

    /// `Err` if there is any error.
    pub fn propagate(&self) -> Result<(), Failed> {
        if self.has_errors() { Err(Failed) } else { Ok(()) }
    }
}
