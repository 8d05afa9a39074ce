//! What is wrong with a config: the sink every stage reports to.
//!
//! Stages never stop at a problem and never print; they report here and go on with what is left. Only
//! [`Diagnostics::propagate`] turns errors into failure; warnings never do.

#[cfg(feature = "cli")]
mod cargo;
mod formats;
#[cfg(feature = "cli")]
mod github;
#[cfg(feature = "cli")]
mod json;
mod lints;
mod nearest;
mod places;
#[cfg(feature = "cli")]
mod position;
mod printable;
mod render;
#[cfg(feature = "cli")]
mod sarif;
#[cfg(feature = "cli")]
mod short;

pub(crate) use nearest::nearest;
#[cfg(feature = "cli")]
pub use position::{Lines, Position};
use printable::harmless;
pub(crate) use printable::{is_printable, quoted};
pub use render::Style;

use crate::codes::Code;
use crate::source::{ConfigPath, Source, Span, SpanIndex};

/// The config has errors; they are in the sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// What a problem does to the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is built.
    Error,
    /// It is said, and the build goes on.
    Warning,
}

/// One problem.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// Whether it stops the build.
    pub severity: Severity,
    /// Its kind.
    pub code: &'static Code,
    /// One line, without a full stop.
    pub title: String,
    /// Places in the source; the first is where the problem is.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Vec<String>,
    /// Texts which would mend it.
    pub edits: Vec<Edit>,
}

/// A place and what is there.
#[derive(Debug, Clone)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// A few words; may be empty.
    pub text: String,
}

/// A suggested change.
#[derive(Debug, Clone)]
pub struct Edit {
    /// What the change is.
    pub title: String,
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn new(code: &'static Code, title: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            title: harmless(title),
            labels: Vec::new(),
            help: Vec::new(),
            edits: Vec::new(),
        }
    }

    /// Whether it stops the build.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// All of it in one line, as compilers write them for tools: `gateway.yml:12: unused upstream [CG0209]`.
    pub fn one_line(&self, source: &Source) -> String {
        let place = self.labels.first().map(|label| source.line_at(label.span.start).to_string());
        let place = place.unwrap_or_else(|| source.first_path().to_owned());
        format!("{place}: {} [{}]", self.title, self.code.id)
    }

    /// Points at a place.
    pub fn label(&mut self, span: Span, text: impl Into<String>) -> &mut Self {
        self.labels.push(Label { span, text: harmless(text) });
        self
    }

    /// Says what to do.
    pub fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help.push(harmless(text));
        self
    }

    /// Shows the text that would mend it.
    pub fn suggest(
        &mut self,
        title: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> &mut Self {
        self.edits.push(Edit { title: harmless(title), span, replacement: replacement.into() });
        self
    }

    /// `error` or `warning`, which is what every output calls it.
    #[cfg(feature = "cli")]
    pub fn severity_name(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }

    /// Where it is.
    pub(crate) fn place(&self) -> Option<usize> {
        self.labels.first().map(|label| label.span.start)
    }

    fn start(&self) -> usize {
        self.place().unwrap_or(0)
    }
}

/// More errors than this, or more warnings, are not kept: a file can hold a million mistakes, and memory cannot.
pub(crate) const MOST_KEPT: usize = 10_000;

/// All problems of one config, and where in it everything is.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
    /// Takes what is reported beyond [`MOST_KEPT`].
    beyond: Option<Diagnostic>,
    spans: SpanIndex,
    levels: lints::Levels,
}

impl Diagnostics {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets later stages report by config path.
    pub fn locate(&mut self, spans: SpanIndex) {
        self.spans = spans;
    }

    /// Takes back what was said with this code of something in a span: it is part of another mistake.
    pub(crate) fn withdraw(&mut self, code: &'static Code, span: &Span) {
        let before = self.found.len();
        self.found
            .retain(|problem| problem.code != code || !problem.place().is_some_and(|at| span.contains(&at)));
        self.errors -= before - self.found.len();
    }

    /// What was said with this code of the key at `path`.
    pub(crate) fn said_of(&mut self, code: &'static Code, path: &ConfigPath) -> Option<&mut Diagnostic> {
        let at = self.spans.get(path)?.key.start;
        self.found.iter_mut().find(|problem| problem.code == code && problem.place() == Some(at))
    }

    /// Reports an error; the result takes labels and help.
    pub fn error(&mut self, code: &'static Code, title: impl Into<String>) -> &mut Diagnostic {
        self.report(Severity::Error, code, title)
    }

    /// Reports a problem of either severity; the result takes labels and help.
    pub fn report(
        &mut self,
        severity: Severity,
        code: &'static Code,
        title: impl Into<String>,
    ) -> &mut Diagnostic {
        let problem = Diagnostic { severity, ..Diagnostic::new(code, title) };
        let kept = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        if *kept == MOST_KEPT {
            return self.beyond.insert(problem);
        }
        *kept += 1;
        let index = self.found.len();
        self.found.push(problem);
        &mut self.found[index]
    }

    /// Reports an error in the value at `path`.
    pub fn error_at(
        &mut self,
        code: &'static Code,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.report_at(Severity::Error, code, path, title, label)
    }

    /// Warns of the value at `path`.
    pub fn warning_at(
        &mut self,
        code: &'static Code,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.report_at(Severity::Warning, code, path, title, label)
    }

    /// Reports a problem of either severity with the value at `path`.
    pub fn report_at(
        &mut self,
        severity: Severity,
        code: &'static Code,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        let span = self.value_span(path);
        let diagnostic = self.report_in(severity, code, path, title);
        if let Some(span) = span {
            diagnostic.label(span, label);
        }
        diagnostic
    }

    /// Reports an error in a part of the value at `path`.
    pub(crate) fn error_in(
        &mut self,
        code: &'static Code,
        path: &ConfigPath,
        part: Span,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.report_in(Severity::Error, code, path, title).label(part, label)
    }

    /// Of a block scalar that is wrong it is said where the line break at its end comes from.
    fn report_in(
        &mut self,
        severity: Severity,
        code: &'static Code,
        path: &ConfigPath,
        title: impl Into<String>,
    ) -> &mut Diagnostic {
        let place = self.spans.get(path).filter(|_| severity == Severity::Error);
        let block = place.and_then(|place| Some((place.whole.clone(), place.before_break.clone()?)));
        let problem = self.report(severity, code, title);
        if let Some((whole, text)) = block {
            problem.help("`|` and `>` put a line break at the end of a value; `|-` and `>-` do not");
            if !text.contains('\n') {
                problem.suggest("without the line break", whole, crate::yaml::scalar(&text));
            }
        }
        problem
    }

    /// Reports an error in the key at `path`, or in the section as a whole.
    pub fn error_at_key(
        &mut self,
        code: &'static Code,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        self.report_at_key(Severity::Error, code, path, title, label)
    }

    /// Reports a problem of either severity with the key at `path`, or with the section as a whole.
    pub fn report_at_key(
        &mut self,
        severity: Severity,
        code: &'static Code,
        path: &ConfigPath,
        title: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Diagnostic {
        let span = self.key_span(path);
        let diagnostic = self.report(severity, code, title);
        if let Some(span) = span {
            diagnostic.label(span, label);
        }
        diagnostic
    }

    /// The problems so far, each once: errors, then warnings, either in the order of the source.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        self.order().into_iter().filter_map(|index| self.found.get(index)).collect()
    }

    fn order(&self) -> Vec<usize> {
        fn key(problem: &Diagnostic) -> (Severity, usize, &Code, &str) {
            (problem.severity, problem.start(), problem.code, &problem.title)
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
                } else if edit.title.ends_with('?') {
                    // A guess may be right even if there is more to change.
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
