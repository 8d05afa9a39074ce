//! `castgate routes`: the table of routes.

use castgate_codegen::model::{Leads, Model, Route, Target};
use castgate_codegen::show;
use serde_json::{Value, json};
use std::time::Duration;

const HEADINGS: [&str; 7] = ["HOST", "PATH", "MATCH", "METHODS", "TARGET", "NAME", "LINE"];

/// The routes in the order of precedence.
pub(crate) fn table(model: &Model) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(model.by_precedence().iter().map(|route| row(model, route)));
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
    [
        route.hosts.to_string(),
        route.path.to_string(),
        route.path.kind.to_string(),
        show::methods(route.methods) + &show::fields(route),
        show::target(model, route),
        route.name.clone(),
        model.line_number(&route.origin.line),
    ]
}

/// The same as JSON, with what does not fit into a table.
pub(crate) fn json(model: &Model) -> String {
    let routes: Vec<Value> = model.by_precedence().iter().map(|route| object(model, route)).collect();
    format!("{:#}\n", Value::from(routes))
}

fn object(model: &Model, route: &Route) -> Value {
    let target = match &route.target {
        Target::Forward(_) => json!({"upstream": show::target(model, route)}),
        Target::Redirect(redirect) => match &redirect.leads {
            Leads::To(to) => {
                json!({"redirect": {"to": show::template(to), "status": redirect.status}})
            }
            Leads::Parts(parts) => {
                let mut object = json!({"status": redirect.status});
                let prefix = parts.prefix.as_ref().map(|prefix| format!("{}/", prefix.put));
                let named = [
                    ("scheme", parts.scheme.map(|scheme| json!(scheme.as_str()))),
                    ("host", parts.host.as_ref().map(|host| json!(host))),
                    ("port", parts.port.map(|port| json!(port))),
                    ("prefix", prefix.map(|prefix| json!(prefix))),
                ];
                for (key, value) in named {
                    if let Some(value) = value {
                        object[key] = value;
                    }
                }
                json!({"redirect": object})
            }
        },
        Target::Respond(respond) => json!({"respond": {"status": respond.status}}),
    };
    let methods: Vec<&str> = route.methods.named().filter(|_| !route.methods.is_all()).collect();
    let headers: Vec<[&str; 2]> =
        route.headers.iter().map(|header| [header.name.as_str(), header.value.as_str()]).collect();
    let query: Vec<[&str; 2]> =
        route.query.iter().map(|wanted| [wanted.name.as_str(), wanted.value.as_str()]).collect();
    json!({
        "name": route.name,
        "file": &*route.origin.line.file,
        "line": route.origin.line.line,
        "host": hosts(route),
        "path": route.path.to_string(),
        "match": route.path.kind.to_string(),
        "methods": (!methods.is_empty()).then_some(methods),
        "headers": headers,
        "listeners": (!route.listeners.is_all()).then(|| route.listeners.names().collect::<Vec<_>>()),
        "query": query,
        "target": target,
        "timeout_ms": milliseconds(route.timeout),
        "idle_ms": milliseconds(route.idle),
        "total_ms": route.settings.total.map(milliseconds),
        "middleware": route.middleware.names(),
    })
}

/// One or a list, as it is written; `null` for every host.
fn hosts(route: &Route) -> Value {
    let hosts: Vec<String> = route.hosts.iter().map(ToString::to_string).collect();
    match hosts.as_slice() {
        _ if route.hosts.is_any() => Value::Null,
        [one] => one.as_str().into(),
        _ => hosts.into(),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
