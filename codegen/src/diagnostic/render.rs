//! Diagnostics as rustc writes them, through rust-lang's own renderer.

use super::{Diagnostic, Diagnostics, MOST_KEPT, Severity};
use crate::source::{Source, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Patch, Renderer, Snippet};

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    Plain,
    /// With ANSI colours.
    Styled,
}

/// More problems than this are counted, not shown.
const MOST_SHOWN: usize = 100;

/// Labels further apart than this get a snippet each, so that a large file is not searched for every one.
const MOST_BYTES: usize = 64 * 1024;

/// Of a longer line only a part is given to the renderer, which looks at all of it, and what it would be after a change
/// is not shown.
const LONGEST_LINE: usize = 16 * 1024;

/// A longer line is not shown a second and a third time, as it is and as it would be: the change is said in words.
const LONGEST_SHOWN: usize = 200;

impl Diagnostics {
    /// All problems, as rustc would write them. Ends with a line break, unless there is nothing to say.
    pub fn render(&self, source: &Source, style: Style) -> String {
        let diagnostics = self.sorted();
        let renderer = match style {
            Style::Plain => Renderer::plain(),
            Style::Styled => Renderer::styled(),
        };
        let mut out = String::new();
        for diagnostic in diagnostics.iter().take(MOST_SHOWN) {
            out.push_str(&renderer.render(&report(diagnostic, source)));
            out.push_str("\n\n");
        }
        if let Some(first) = diagnostics.first() {
            let hidden = match diagnostics.len().saturating_sub(MOST_SHOWN) {
                0 => String::new(),
                hidden => format!(" ({hidden} of them not shown)"),
            };
            let count = count(&diagnostics);
            let summary = format!(
                "{count} in {}{hidden}; `castgate explain {}` says more",
                source.path(),
                first.code.id
            );
            out.push_str(&renderer.render(&[Group::with_title(level(first).primary_title(summary))]));
            out.push('\n');
        }
        out
    }
}

/// One problem, as it is among others.
#[cfg(feature = "cli")]
pub(super) fn one(diagnostic: &Diagnostic, source: &Source) -> String {
    Renderer::plain().render(&report(diagnostic, source)) + "\n"
}

/// `2 problems and 1 warning`
fn count(diagnostics: &[&Diagnostic]) -> String {
    let some = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        // More may have been found than are kept.
        MOST_KEPT => Some(format!("at least {count} {what}s")),
        count => Some(format!("{count} {what}s")),
    };
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let counts = [some(errors, "problem"), some(diagnostics.len() - errors, "warning")];
    counts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

fn level(diagnostic: &Diagnostic) -> Level<'static> {
    match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    }
}

fn report<'a>(diagnostic: &'a Diagnostic, source: &'a Source) -> Vec<Group<'a>> {
    let mut problem =
        Group::with_title(level(diagnostic).primary_title(diagnostic.title.as_str()).id(diagnostic.code.id));
    if diagnostic.labels.is_empty() {
        problem = problem.element(Origin::path(source.first_path()));
    }
    // Of a file that could not be read there is nothing to show.
    if let [label] = diagnostic.labels.as_slice()
        && let Some(file) = source.file_at(label.span.start).filter(|file| file.span().is_empty())
    {
        return vec![with_help(problem.element(Origin::path(&**file.path())), diagnostic)];
    }
    let spans: Vec<Span> =
        diagnostic.labels.iter().map(|label| one_line(source.text(), &label.span)).collect();
    let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
    let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
    let file = |span: &Span| source.file_at(span.start).map(|file| file.span().start);
    let is_one_file = spans.windows(2).all(|pair| file(&pair[0]) == file(&pair[1]));
    let is_compact = is_one_file && last - first <= MOST_BYTES;
    let mut annotations = spans.iter().zip(&diagnostic.labels).enumerate().map(|(index, (span, label))| {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        (span.clone(), kind, label.text.as_str())
    });
    if is_compact && !spans.is_empty() {
        let window = Window::around(source, &(first..last));
        problem = window.place(source, &spans[0], problem);
        let annotations = annotations.map(|(span, kind, text)| annotation(kind, window.shift(&span), text));
        problem = problem.element(window.snippet().annotations(annotations));
    } else {
        problem = annotations.by_ref().fold(problem, |problem, (span, kind, text)| {
            let window = Window::around(source, &span);
            let problem = window.place(source, &span, problem);
            problem.element(window.snippet().annotation(annotation(kind, window.shift(&span), text)))
        });
    }
    let mut groups = vec![with_help(problem, diagnostic)];
    for edit in &diagnostic.edits {
        let span = clip(source.text(), &edit.span);
        let window = Window::around(source, &span);
        if window.is_cut || window.longest_line() > LONGEST_SHOWN {
            // A guess names what it asks for.
            let title = match edit.is_guess {
                true => edit.title.clone(),
                false => format!("{}: {}", edit.title, super::quoted(&edit.replacement)),
            };
            groups.push(Group::with_title(Level::HELP.secondary_title(title)));
            continue;
        }
        let patch = Patch::new(window.shift(&span), edit.replacement.as_str());
        groups.push(Level::HELP.secondary_title(edit.title.as_str()).element(window.snippet().patch(patch)));
    }
    groups
}

fn with_help<'a>(problem: Group<'a>, diagnostic: &'a Diagnostic) -> Group<'a> {
    let help = diagnostic.help.iter();
    help.fold(problem, |problem, help| problem.element(Level::HELP.message(help.as_str())))
}

fn annotation<'a>(kind: AnnotationKind, span: Span, text: &'a str) -> Annotation<'a> {
    let annotation = kind.span(span);
    if text.is_empty() { annotation } else { annotation.label(text) }
}

/// The whole lines around a span: the renderer looks at all the text it is given, once for each problem.
struct Window<'a> {
    path: &'a str,
    text: &'a str,
    start: usize,
    line: usize,
    /// Whether it does not begin or end where a line does.
    is_cut: bool,
}

impl<'a> Window<'a> {
    fn around(source: &'a Source, span: &Span) -> Self {
        let (path, file) = source
            .file_at(span.start)
            .map_or((source.path(), 0..source.text().len()), |file| (&**file.path(), file.span()));
        let text = &source.text()[..file.end.max(span.end)];
        let start = text[file.start..span.start].rfind('\n').map_or(file.start, |at| file.start + at + 1);
        // A byte-order mark is no column, unless it is what is shown.
        let mark = if text[start..].starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let start = if start == file.start && span.start >= start + mark { start + mark } else { start };
        let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at + 1);
        let line = text[file.start..start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        let near = span.start.saturating_sub(LONGEST_LINE).max(start)..(span.end + LONGEST_LINE).min(end);
        let near = clip(text, &near);
        let is_cut = near != (start..end);
        Self { path, text: &text[near.clone()], start: near.start, line, is_cut }
    }

    /// Where the span is in the file, if the renderer cannot find that out.
    fn place(&self, source: &'a Source, span: &Span, problem: Group<'a>) -> Group<'a> {
        if !self.is_cut {
            return problem;
        }
        let place = source.line_at(span.start);
        let before = &source.text()[..span.start];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before[start..].chars().count() + 1;
        problem.element(Origin::path(self.path).line(place.line as usize).char_column(column))
    }

    fn longest_line(&self) -> usize {
        self.text.lines().map(str::len).max().unwrap_or(0)
    }

    fn shift(&self, span: &Span) -> Span {
        span.start - self.start..span.end - self.start
    }

    fn snippet<T: Clone>(&self) -> Snippet<'a, T> {
        let path = (!self.is_cut).then_some(self.path);
        Snippet::source(self.text).line_start(self.line).path(path)
    }
}

/// The span within the text, on character boundaries.
pub(super) fn clip(text: &str, span: &Span) -> Span {
    let boundary = |at: usize| {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = boundary(span.start);
    start..boundary(span.end).max(start)
}

/// As much of the span as is on its first line: a section is shown by its beginning.
pub(super) fn one_line(text: &str, span: &Span) -> Span {
    let span = clip(text, span);
    let end = text[span.clone()].find('\n').map_or(span.end, |at| span.start + at);
    let trimmed = text[span.start..end].trim_end();
    span.start..span.start + trimmed.len()
}
