//! The route table, and the statics of what routes ask of header fields and query parameters.

use super::names::Names;
use super::stacks::Place;
use crate::model;
use crate::plan::{Name, Route, Static, Value};

/// A route that is served by the stack at `place`; its conditions join `conditions`.
pub(super) fn route(
    route: &model::Route,
    place: Place,
    conditions: &mut Vec<Static>,
    names: &mut Names,
) -> Route {
    let headers = route.headers.iter().map(|header| pair(HEADER, header.name.as_str(), &header.value));
    let query = route.query.iter().map(|parameter| pair(QUERY, &parameter.name, &parameter.value));
    let (headers, query): (Vec<_>, Vec<_>) = (headers.collect(), query.collect());
    let mut condition = |part: Part, values: Vec<Value>| -> Option<Name> {
        if values.is_empty() {
            return None;
        }
        let name = names.after(&format!("{} {}", route.name, part.suffix), "ROUTE");
        conditions.push(Static {
            name: name.clone(),
            middleware: None,
            of: part.of,
            array: Some(values.len()),
            value: Value::Array(values),
        });
        Some(name)
    };
    let headers = condition(HEADER, headers);
    let query = condition(QUERY, query);
    let Place { stack, table, instance } = place;
    Route {
        label: route.name.clone(),
        timeout: route.timeout,
        idle: route.idle,
        total: route.total,
        stack,
        table,
        instance,
        methods: route.methods,
        keeps_path_parameters: route.path_parameters == model::PathParameters::Keep,
        headers,
        query,
    }
}

/// A kind of condition.
#[derive(Clone, Copy)]
struct Part {
    of: &'static str,
    new: &'static str,
    suffix: &'static str,
}

const HEADER: Part = Part { of: "HeaderMatch", new: "HeaderMatch::new", suffix: "headers" };
const QUERY: Part = Part { of: "QueryMatch", new: "QueryMatch::new", suffix: "query" };

fn pair(part: Part, name: &str, value: &str) -> Value {
    Value::Call(part.new, vec![Value::Text(name.to_owned()), Value::Text(value.to_owned())])
}
