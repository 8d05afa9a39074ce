//! Who may do what: routes by methods, authentication and rate limit.

use crate::middleware::{Column, REGISTRY};
use crate::model::{Model, Route};
use crate::normal;
use crate::show;

/// How the matrix is written; the command line says it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Matrix {
    /// A Markdown table
    Markdown,
    /// RFC 4180
    Csv,
}

const HEADINGS: [&str; 6] = ["route", "line", "host", "path", "methods", "target"];

/// The columns of middleware that has one, by their headings; each with the middleware's name.
fn columns() -> Vec<(&'static Column, &'static str)> {
    let columns = REGISTRY.iter().filter_map(|entry| Some((entry.facts.column.as_ref()?, entry.name)));
    let mut columns: Vec<_> = columns.collect();
    columns.sort_by_key(|(column, _)| column.heading);
    columns
}

/// A row for each route, in the order of precedence.
pub fn matrix(model: &Model, form: Matrix) -> String {
    let columns = columns();
    let headings = HEADINGS.into_iter().chain(columns.iter().map(|(column, _)| column.heading));
    let headings: Vec<String> = headings.map(str::to_owned).collect();
    let mut text = row(&headings, form);
    if form == Matrix::Markdown {
        text.push_str(&"|---".repeat(headings.len()));
        text.push_str("|\n");
    }
    for route in model.by_precedence() {
        text.push_str(&row(&cells(model, route, &columns), form));
    }
    text
}

fn cells(model: &Model, route: &Route, columns: &[(&Column, &str)]) -> Vec<String> {
    let layers = normal::layers(model, route);
    let layer =
        |kind: &str| layers.iter().find(|(name, _)| *name == kind).map(|(_, settings)| settings.one_line());
    let fixed = [
        route.name.clone(),
        model.line_number(&route.origin.line),
        route.hosts.to_string(),
        route.path.to_string() + &show::fields(route),
        show::methods(route.methods),
        show::target(model, route),
    ];
    let layers =
        columns.iter().map(|(column, kind)| layer(kind).unwrap_or_else(|| column.without.to_owned()));
    fixed.into_iter().chain(layers).collect()
}

fn row(cells: &[String], form: Matrix) -> String {
    match form {
        Matrix::Markdown => {
            let cells: Vec<String> = cells
                .iter()
                .map(|cell| cell.replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*"))
                .collect();
            format!("| {} |\n", cells.join(" | "))
        }
        Matrix::Csv => {
            let cells: Vec<String> = cells.iter().map(|cell| field(cell)).collect();
            format!("{}\r\n", cells.join(","))
        }
    }
}

/// A field which a spreadsheet takes for text, whatever it begins with.
fn field(cell: &str) -> String {
    let cell =
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
