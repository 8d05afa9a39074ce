//! `castgate routes`: the table of routes.

use castgate_codegen::model::{Model, Route, Target};
use castgate_codegen::pattern::{MatchKind, TemplatePiece};

const HEADINGS: [&str; 7] = ["HOST", "PATH", "MATCH", "METHODS", "TARGET", "NAME", "LINE"];

/// The routes in the order of precedence.
pub(crate) fn table(model: &Model) -> String {
    let mut routes: Vec<&Route> = model.routes.iter().collect();
    routes.sort_by(|a, b| a.precedence(b));
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(routes.into_iter().map(|route| row(model, route)));
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut table = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

fn row(model: &Model, route: &Route) -> [String; 7] {
    let conditions = route.headers.iter().map(|header| format!(" +{}={}", header.name, header.value));
    let parameters = route.query.iter().map(|parameter| format!(" ?{}={}", parameter.name, parameter.value));
    let methods: Vec<&str> = route.methods.named().map(|method| method.as_str()).collect();
    let methods = if methods.is_empty() { "*".to_owned() } else { methods.join(",") };
    let kind = match route.path.kind {
        MatchKind::Exact => "exact",
        MatchKind::Prefix => "prefix",
    };
    [
        route.host.to_string(),
        route.path.to_string(),
        kind.to_owned(),
        conditions.chain(parameters).fold(methods, |all, one| all + &one),
        target(model, route),
        route.name.clone(),
        route.origin.line.to_string(),
    ]
}

fn target(model: &Model, route: &Route) -> String {
    match &route.target {
        Target::Forward(forward) => {
            model.upstream(forward.upstream).map_or_else(String::new, |upstream| upstream.name.clone())
        }
        Target::Redirect(redirect) => {
            let to = redirect.to.iter().fold(String::new(), |to, piece| match piece {
                TemplatePiece::Literal(text) => to + text,
                TemplatePiece::Segment(index) | TemplatePiece::Rest(index) => {
                    let name =
                        route.path.segments.get(usize::from(*index)).and_then(|segment| segment.name());
                    format!("{to}{{{}}}", name.unwrap_or("?"))
                }
            });
            format!("{} {to}", redirect.status)
        }
        Target::Respond(respond) => format!("respond {}", respond.status),
    }
}
