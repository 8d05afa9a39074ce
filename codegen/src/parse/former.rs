//! Sections of middleware that earlier versions had, and what is written in their place.

use crate::middleware::{self, Entry};
use crate::place::ConfigPath;
use crate::source::Source;

/// Whose settings such a section had, outermost first; none if it never was one.
pub(super) fn heirs(key: &str, written: &ConfigPath) -> Vec<(&'static Entry, &'static str)> {
    if written.parent().is_none_or(|section| section.last() != "middleware") {
        return Vec::new();
    }
    let heirs = middleware::REGISTRY.iter().filter_map(|entry| Some((entry, entry.facts.formerly?)));
    heirs.filter(|(_, (former, _))| *former == key).map(|(entry, (_, part))| (entry, part)).collect()
}

/// The section as its heirs have it: what was below each part is below the key of its heir, as it stands there.
pub(super) fn rewritten(
    source: &Source,
    written: &ConfigPath,
    heirs: &[(&'static Entry, &'static str)],
) -> Option<String> {
    let text = source.text();
    let key = source.key_span(written)?;
    let line = text[..key.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line..key.start];
    let part = |(entry, part): &(&Entry, &str)| {
        let at = Some(written.key(part)).filter(|at| source.is_written(at))?;
        let (key, value) = (source.key_span(&at)?, source.value_span(&at)?);
        // From the colon on, so that a block stays below its key.
        Some(format!("{}{}", entry.name, text.get(key.end..value.end)?.trim_end()))
    };
    let parts: Vec<String> = heirs.iter().filter_map(part).collect();
    let parts = if parts.is_empty() {
        // `off`, or nothing that has a part.
        let value = text.get(key.end..source.value_span(written)?.end)?.trim_end();
        heirs.iter().map(|(entry, _)| format!("{}{value}", entry.name)).collect()
    } else {
        parts
    };
    // In braces there is something else in front of the key.
    let is_block = indent.bytes().all(|byte| byte == b' ');
    Some(parts.join(&if is_block { format!("\n{indent}") } else { ", ".to_owned() }))
}
