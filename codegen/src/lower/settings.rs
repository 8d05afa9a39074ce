//! Listeners, limits and timeouts, as the runtime has them.

use super::late::late;
use crate::plan::Value;
use crate::{model, plan};
use std::net::IpAddr;

/// The settings, with these policies.
pub(super) fn settings(model: &model::Model, policies: Vec<plan::Name>) -> plan::Settings {
    let server = &model.server;
    let workers = match server.workers {
        model::Workers::Auto => None,
        model::Workers::Count(count) => Some(Value::Number(count.get().into())),
    };
    let admin: Vec<Value> = model.admin.iter().flat_map(|admin| &admin.listen).map(listen).collect();
    let server = vec![
        ("listen", Value::Slice(server.listen.iter().map(listen).collect())),
        ("admin", Value::Slice(admin)),
        ("workers", Value::option(workers)),
        ("trusted_proxies", Value::Slice(server.trusted_proxies.iter().map(cidr).collect())),
        ("log_level", log_level(&server.log_level)),
        ("limits", server.limits.value()),
        ("timeouts", server.timeouts.value()),
        ("drain", server.drain.value()),
    ];
    plan::Settings { server, policies }
}

fn listen(of: &model::Listen) -> Value {
    let (origin, address) = (Value::Origin(of.origin.line.clone()), Value::Late(late(&of.address)));
    Value::Struct("Listen", vec![("origin", origin), ("address", address)])
}

fn log_level(of: &model::LogLevel) -> Value {
    let (origin, level) = (Value::Origin(of.origin.line.clone()), Value::Late(late(&of.level)));
    Value::Struct("LogLevel", vec![("origin", origin), ("level", level)])
}

fn cidr(of: &model::Cidr) -> Value {
    let array = |parts: Vec<u64>| Value::Array(parts.into_iter().map(Value::Number).collect());
    let (function, address) = match of.address {
        IpAddr::V4(address) => ("Cidr::v4", array(address.octets().map(u64::from).to_vec())),
        IpAddr::V6(address) => ("Cidr::v6", array(address.segments().map(u64::from).to_vec())),
    };
    Value::Call(function, vec![address, Value::Number(of.prefix.into())])
}
