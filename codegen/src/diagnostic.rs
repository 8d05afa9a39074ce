//! What is wrong with a config: problems, the sink which collects them, and the reporter that knows their places.
//!
//! Stages never stop at a problem and never print; they report and go on with what is left. Only
//! [`Diagnostics::propagate`] turns errors into failure; warnings never do.

#[cfg(feature = "cli")]
mod cargo;
#[cfg(feature = "cli")]
mod github;
#[cfg(feature = "cli")]
mod json;
mod nearest;
#[cfg(feature = "cli")]
mod position;
mod render;
mod reporter;
#[cfg(feature = "cli")]
mod sarif;
#[cfg(feature = "cli")]
mod short;
mod sink;

pub(crate) use nearest::nearest;
#[cfg(feature = "cli")]
pub use position::{Lines, Position};
pub use render::Style;
pub(crate) use reporter::Reporter;
pub use sink::Diagnostics;
pub(crate) use sink::MOST_KEPT;

use crate::codes::Code;
use crate::place::Span;
use crate::printable::harmless;
pub(crate) use crate::printable::{is_printable, quoted};
use crate::source::Source;

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
    /// Whether it is one of several names: it may be right even if there is more to change.
    pub is_guess: bool,
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

    /// Points at a place, if there is one.
    pub fn label(&mut self, span: impl Into<Option<Span>>, text: impl Into<String>) -> &mut Self {
        self.labels.extend(span.into().map(|span| Label { span, text: harmless(text) }));
        self
    }

    /// Says what to do.
    pub fn help(&mut self, text: impl Into<String>) -> &mut Self {
        self.help.push(harmless(text));
        self
    }

    /// Shows the text that would mend it, if there is a place for it.
    pub fn suggest(
        &mut self,
        title: impl Into<String>,
        span: impl Into<Option<Span>>,
        replacement: impl Into<String>,
    ) -> &mut Self {
        let (title, replacement) = (harmless(title), replacement.into());
        self.edits.extend(span.into().map(|span| Edit { title, span, replacement, is_guess: false }));
        self
    }

    /// Asks whether another name was meant; it is written as `replacement`.
    pub(crate) fn guess(&mut self, name: &str, span: Span, replacement: String) {
        let title = format!("did you mean {}?", quoted(name));
        self.edits.push(Edit { title, span, replacement, is_guess: true });
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

    /// Whether it points into a span.
    fn is_in(&self, span: &Span) -> bool {
        self.place().is_some_and(|at| span.contains(&at))
    }
}
