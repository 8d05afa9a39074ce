//! One page for each lint, `docs/lints/NAME.md`. Its texts and configs are in the file of its code; the report is what the
//! compiler says of the first of these configs, so it is never out of date.

mod texts;

pub use texts::{LintTexts, lint_texts};

use crate::diagnostic::{Diagnostics, Style};
use crate::lint::Lint;
use crate::source::Source;

/// What `castgate check` says of a config.
fn report(config: &str) -> String {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", format!("{config}\n"));
    // Whether it fails depends on the lint's level; the report is there in either case.
    let _ = crate::analyse(&mut source, &mut sink);
    sink.render(&source, Style::Plain)
}

/// The page of a lint.
pub fn lint_page(lint: Lint) -> String {
    let LintTexts { why, found, mend, mended, let_off, allowed } = lint_texts(lint);
    let name = lint.name();
    let level = super::level(lint);
    let report = report(found);
    let report = report.trim_end();
    let id = lint.code().id;
    let anchor = id.to_lowercase();
    let yaml = |config: &str| format!("```yaml\n{config}\n```");
    let allowed = allowed.map_or(String::new(), |config| format!("\n\n{}", yaml(config)));
    let (found, mended) = (yaml(found), yaml(mended));
    format!(
        "\
# {name}

<!-- Made by `castgate reference --lint {name}` from codegen/src/reference/codes/{id}.md. -->

Code [{id}](../configuration.md#{anchor}), level {level} unless `lints` says otherwise.

{why}

## What it reports

{found}

`castgate check gateway.yml` says:

```text
{report}
```

## How to mend it

{mend}

{mended}

## Who can be let off

{let_off}{allowed}

## Its level

`lints: {{{name}: deny}}` makes it an error, `warn` a warning, and with `allow` nothing is said. The build fails only for errors.
"
    )
}
