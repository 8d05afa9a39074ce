//! Edits that add to what is written: an entry of a list, a key of a section. They know no more of YAML than what stands around the
//! place; whoever offers one has it tried.

use crate::place::Span;
use crate::source::{ConfigPath, Source};

/// One more entry of the list at `list`, behind the others.
pub(crate) fn of_entry(source: &Source, list: &ConfigPath, entry: &str) -> Option<(Span, String)> {
    let whole = source.whole_span(list)?;
    let text = source.text();
    if let Some(inner) = text.get(whole.clone())?.strip_prefix('[') {
        return Some(at_the_end(&whole, inner.strip_suffix(']')?, entry));
    }
    // A dash stands where that of the last entry does.
    let last = (0..).map_while(|index| source.whole_span(&list.index(index))).last()?;
    let line = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let dash = text[line..last.start].find('-')?;
    Some((last.end..last.end, format!("\n{}- {entry}", text.get(line..line + dash)?)))
}

/// One more key of the section at `section`, whose value is the list of this entry.
pub(crate) fn of_list(
    source: &Source,
    section: &ConfigPath,
    key: &str,
    entry: &str,
) -> Option<(Span, String)> {
    let whole = source.whole_span(section)?;
    let text = source.text();
    let added = format!("{key}: [{entry}]");
    if let Some(inner) = text.get(whole.clone())?.strip_prefix('{') {
        return Some(at_the_end(&whole, inner.strip_suffix('}')?, &added));
    }
    let line = text[..whole.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = text.get(line..whole.start)?;
    let is_first_of_line = indent.bytes().all(|byte| byte == b' ');
    is_first_of_line.then(|| (whole.start..whole.start, format!("{added}\n{indent}")))
}

/// In front of the bracket that ends this, whose `inner` text stands between its brackets.
fn at_the_end(whole: &Span, inner: &str, added: &str) -> (Span, String) {
    let end = whole.end - 1;
    let separator = if inner.trim().is_empty() || inner.trim_end().ends_with(',') { "" } else { ", " };
    (end..end, format!("{separator}{added}"))
}
