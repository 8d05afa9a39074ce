//! The route table, and the statics of what routes ask of header fields and query parameters.

use super::names::Names;
use crate::language::route::WrittenRoute;
use crate::model;
use crate::plan::{Name, Place, Route, Static, Value};

/// A route that is served by the stack at `place`; its conditions join `conditions`.
pub(super) fn route(
    route: &model::Route,
    place: Place,
    conditions: &mut Vec<Static>,
    names: &mut Names,
) -> Route {
    let mut condition = |asked: &str, of: &'static str, new: &'static str| -> Option<Name> {
        let fields = route.fields().filter(|(key, ..)| *key == asked);
        let pair = |(_, name, value): (_, &str, &str)| {
            vec![Value::Text(name.to_owned()), Value::Text(value.to_owned())]
        };
        let values: Vec<Value> = fields.map(|field| Value::Call(new, pair(field))).collect();
        if values.is_empty() {
            return None;
        }
        let name = names.after(&format!("{} {asked}", route.name), "ROUTE");
        let (array, value) = (Some(values.len()), Value::Array(values));
        conditions.push(Static { name: name.clone(), middleware: None, of, array, value });
        Some(name)
    };
    let headers = condition(WrittenRoute::headers, "HeaderMatch", "HeaderMatch::new");
    let query = condition(WrittenRoute::query, "QueryMatch", "QueryMatch::new");
    Route {
        label: route.name.clone(),
        timeout: route.timeout,
        idle: route.idle,
        total: route.total,
        place,
        methods: route.methods,
        keeps: route.keeps,
        body_limit: route.body_limit,
        headers,
        query,
    }
}
