//! The route table, and the statics of what routes ask of header fields and query parameters.

use super::names::Names;
use crate::language::Constant;
use crate::language::Facade;
use crate::language::kind::{Protocols, SizeLimit};
use crate::language::route::WrittenRoute;
use crate::model::{self, Disputed, Model};
use crate::plan::{Name, Place, Route, Static, Value};

/// A route that is served by the stack at `place`; its conditions join `conditions`.
pub(super) fn route(
    route: &model::Route,
    (place, settings): (Place, usize),
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
    Route { label: route.name.clone(), settings, place, methods: route.methods, headers, query }
}

/// What it allows an exchange.
pub(super) fn settings(model: &Model, route: &model::Route) -> Value {
    route.settings.value_with(vec![
        ("keeps", disputed(route.settings.keeps())),
        ("body_limit", SizeLimit.value(&route.body_limit)),
        ("timeout", Value::Duration(route.timeout)),
        ("idle", Value::Duration(route.idle)),
        ("upgrades", upgrades(&route.upgrades)),
        ("answers_preflights", Value::Flag(route.answers_preflights(model))),
    ])
}

/// What may be switched to; the code of tunnels is named where there is anything, and nowhere else.
fn upgrades(to: &Vec<String>) -> Value {
    let tokens = || vec![("tokens", Protocols.value(to)), ("tunnels", Value::Path("Tunnels::OPENED"))];
    Value::option((!to.is_empty()).then(|| Value::Struct("Upgrades", tokens())))
}

pub(super) fn disputed(of: Disputed) -> Value {
    let names = [(Disputed::PARAMETERS, "Disputed::PARAMETERS"), (Disputed::SLASHES, "Disputed::SLASHES")];
    let names = names.into_iter().filter(|(one, _)| of.contains(*one)).map(|(_, name)| Value::Path(name));
    let all = names.reduce(|all, next| Value::Call("Disputed::union", vec![all, next]));
    all.unwrap_or(Value::Path("Disputed::NOTHING"))
}
