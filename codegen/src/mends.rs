//! Suggested edits are made before they are shown: each is applied to a copy of the config, which is looked at again.
//!
//! What is offered has been seen to mend its problem, and to bring no other. What the makers of edits know (the value's
//! own grammar) is not enough for that: a host that is mended may tie with another route, a number may be out of range.

use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit};
use crate::source::Source;
use crate::{analyse_unproven, codes::Code};
use std::collections::BTreeMap;

/// So much is read again for all edits of a config together; those that are not tried are not offered.
const MOST_BYTES: usize = 1024 * 1024;

/// Leaves the edits that mend their problem and do no harm.
pub(crate) fn prove(source: &Source, sink: &mut Diagnostics) {
    prove_some(source, sink, |_| true);
}

/// The same, of problems that somebody asks for; the others have no edits.
pub(crate) fn prove_some(source: &Source, sink: &mut Diagnostics, is_asked: impl Fn(&Diagnostic) -> bool) {
    if sink.sorted().iter().all(|problem| problem.edits.is_empty()) {
        return;
    }
    let known = Known::of(sink);
    let mut read = 0;
    sink.retain_edits(|problem, edit| {
        if read > MOST_BYTES || !is_asked(problem) {
            return false;
        }
        read += source.text().len();
        let Some(mut after) = source.edited(&edit.span, &edit.replacement) else { return false };
        let mut found = Diagnostics::new();
        let _ = analyse_unproven(&mut after, &mut found);
        known.allows(&found, problem, edit)
    });
}

/// What a problem is known by: titles name what may have changed (a line, another route's name).
type Key = (&'static str, Option<usize>);

/// How often there was a problem of each kind at each place before an edit.
struct Known(BTreeMap<Key, usize>);

impl Known {
    fn of(sink: &Diagnostics) -> Self {
        let mut known = BTreeMap::new();
        for problem in sink.sorted() {
            *known.entry((problem.code.id, problem.place())).or_default() += 1;
        }
        Self(known)
    }

    /// Whether nothing is found after the edit that was not there before, and what it is to mend is gone.
    fn allows(&self, after: &Diagnostics, mended: &Diagnostic, edit: &Edit) -> bool {
        let mut left = BTreeMap::new();
        after.sorted().into_iter().filter(|problem| !was_hidden(problem, mended, edit)).all(|problem| {
            let place = problem.place().map(|at| before(at, edit));
            let key = (problem.code.id, place);
            let left = left.entry(key).or_insert_with(|| {
                let own = usize::from(key == (mended.code.id, mended.place()));
                self.0.get(&key).copied().unwrap_or(0).saturating_sub(own)
            });
            let is_known = *left > 0;
            *left = left.saturating_sub(1);
            is_known
        })
    }
}

/// Where a place after an edit was before it.
fn before(at: usize, edit: &Edit) -> usize {
    let end = edit.span.start + edit.replacement.len();
    if at >= end { at - end + edit.span.end } else { at }
}

/// What only shows when the rest is right (lints, tests), or when the text is YAML: it was there before, somewhere else.
fn was_hidden(problem: &Diagnostic, mended: &Diagnostic, edit: &Edit) -> bool {
    let is_syntax = |code: &Code| *code == codes::YAML_SYNTAX;
    let is_later = problem.code.is_of_the_whole() || is_syntax(mended.code) && !is_syntax(problem.code);
    let made = edit.span.start..edit.span.start + edit.replacement.len();
    is_later && !problem.labels.iter().any(|label| label.span.start < made.end && made.start < label.span.end)
}
