//! Above each test of the config: what its request comes to.

use super::document::Document;
use super::project::Project;
use crate::table::{Table, TestOutcome};
use lsp_types::{CodeLens, Command};

/// Of a config with errors there is nothing to say; a test that fails is one.
pub(super) fn lenses(document: &Document, project: &Project) -> Vec<CodeLens> {
    let Some(model) = &project.model else { return Vec::new() };
    let lens = |outcome: TestOutcome<'_>| {
        let at = outcome.test.origin.path.key("request");
        let (file, span) = project.place(&project.source.value_span(&at)?)?;
        let is_here = file.uris.iter().any(|uri| uri.as_str() == document.uri.as_str());
        let title = format!("ok: {}", outcome.outcome);
        let command = Command { title, command: String::new(), arguments: None };
        is_here.then(|| CodeLens { range: document.range(&span), command: Some(command), data: None })
    };
    let sites = model.sites();
    let tables: Vec<Table<'_>> = sites.iter().map(|site| Table::new(&site.model)).collect();
    let mut lenses: Vec<CodeLens> = Vec::new();
    for lens in tables.iter().flat_map(Table::run_tests).filter_map(lens) {
        // Listeners may answer in different ways.
        if !lenses.contains(&lens) {
            lenses.push(lens);
        }
    }
    lenses
}
