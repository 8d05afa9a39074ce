//! The texts and configs of a lint's page, taken apart.

use crate::lint::Lint;

/// What the page of a lint has, in its order.
#[derive(Debug, Clone, Copy, Default)]
pub struct LintTexts {
    /// What the lint finds, and why that matters.
    pub why: &'static str,
    /// A config in which it finds something.
    pub found: &'static str,
    /// How to mend it.
    pub mend: &'static str,
    /// The config without the problem; the lint's level is `deny`.
    pub mended: &'static str,
    /// Who can be let off.
    pub let_off: &'static str,
    /// A config with an `allow`; none if the lint is about no single route or upstream.
    pub allowed: Option<&'static str>,
}

/// The texts of a lint: prose and configs by turns.
pub fn lint_texts(lint: Lint) -> LintTexts {
    let mut parts =
        lint.code().page().split("```yaml\n").flat_map(|part| part.splitn(2, "```\n")).map(str::trim_end);
    let mut next = || parts.next().map(str::trim_start);
    LintTexts {
        why: next().unwrap_or_default(),
        found: next().unwrap_or_default(),
        mend: next().unwrap_or_default(),
        mended: next().unwrap_or_default(),
        let_off: next().unwrap_or_default(),
        allowed: next(),
    }
}
