//! Who may do what: routes by methods, authentication and rate limit.

use crate::model::{Model, Route};
use crate::normal;
use crate::show;
use crate::table::by_precedence;

/// How the matrix is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// A table for people.
    Markdown,
    /// RFC 4180, for spreadsheets.
    Csv,
}

const HEADINGS: [&str; 8] = ["route", "line", "host", "path", "methods", "target", "auth", "rate limit"];

/// A row for each route, in the order of precedence.
pub fn matrix(model: &Model, form: Matrix) -> String {
    let mut text = row(&HEADINGS.map(str::to_owned), form);
    if form == Matrix::Markdown {
        text.push_str(&"|---".repeat(HEADINGS.len()));
        text.push_str("|\n");
    }
    for route in by_precedence(model) {
        text.push_str(&row(&cells(model, route), form));
    }
    text
}

fn cells(model: &Model, route: &Route) -> [String; 8] {
    let layers = normal::layers(model, route);
    let layer =
        |kind: &str| layers.iter().find(|(name, _)| *name == kind).map(|(_, settings)| settings.one_line());
    let mut path = route.path.to_string();
    for header in &route.headers {
        path.push_str(&format!(" +{}={}", header.name, header.value));
    }
    for wanted in &route.query {
        path.push_str(&format!(" ?{}={}", wanted.name, wanted.value));
    }
    [
        route.name.clone(),
        model.line_number(&route.origin.line),
        route.host.to_string(),
        path,
        show::methods(route.methods),
        show::target(model, route),
        layer("auth").unwrap_or_else(|| "NONE".to_owned()),
        layer("rate_limit").unwrap_or_else(|| "none".to_owned()),
    ]
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
