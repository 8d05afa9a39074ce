//! Upstreams: primaries before backups, a slot for each backend, whose turn it is.

use super::names::Names;
use crate::language::kind::{Statuses, Word};
use crate::language::upstream::ProxyHeader;
use crate::language::{Coded, Constant, Facade};
use crate::plan::Value;
use crate::{model, plan};
use castgate_contract::turns::turns;

/// All upstreams, in the order of their ids.
pub(super) fn upstreams(upstreams: &[model::Upstream], names: &mut Names) -> Vec<plan::Upstream> {
    let mut slot = 0;
    upstreams.iter().enumerate().map(|(id, upstream)| lower(id, upstream, &mut slot, names)).collect()
}

fn lower(id: usize, upstream: &model::Upstream, slot: &mut usize, names: &mut Names) -> plan::Upstream {
    let name = names.after(&upstream.name, "UPSTREAM");
    let backends_name = names.part(&name, "BACKENDS");
    let (backups, primaries): (Vec<_>, Vec<_>) =
        upstream.backends.iter().partition(|backend| backend.settings.backup);
    let resolve = upstream.settings.resolve.as_ref();
    // Of addresses that come and go the runtime makes the order.
    let turns = |group: &[&model::Backend]| match resolve {
        Some(_) => Value::Slice(Vec::new()),
        None => Value::numbers(&turns(&group.iter().map(|backend| backend.share).collect::<Vec<_>>())),
    };
    let most = |group: &[&model::Backend]| group.iter().map(|backend| backend.most()).sum::<usize>();
    let filled = || vec![("filled", Value::Call("Filled::new", Vec::new()))];
    let cluster = vec![
        ("origin", Value::Origin(upstream.origin.line.clone())),
        ("id", id.into()),
        ("name", Value::Text(upstream.name.clone())),
        ("backends", Value::Ref(backends_name.clone())),
        ("primaries", most(&primaries).into()),
        ("primary_turns", turns(&primaries)),
        ("backup_turns", turns(&backups)),
        ("health_check", Value::option(health_check(&upstream.checks, upstream.settings.proxy_protocol))),
        ("proxy_protocol", proxy_protocol(upstream.settings.proxy_protocol)),
        ("resolve", Value::option(resolve.map(|resolve| resolve.value_with(filled())))),
    ];
    let balancer = upstream.settings.strategy.code();
    plan::Upstream {
        name,
        backends_name,
        label: upstream.name.clone(),
        balance: plan::Balance { balancer, resolves: resolve.is_some() },
        most_backends: upstream.most_backends(),
        backends: primaries
            .into_iter()
            .chain(backups)
            .map(|one| backend(one, resolve.is_some(), slot))
            .collect(),
        cluster: upstream.settings.value_with(cluster),
    }
}

fn backend(backend: &model::Backend, resolves: bool, slot: &mut usize) -> Value {
    let url = match &backend.url {
        model::BackendUrl::Literal(url) => model::Late::of(&url.text),
        model::BackendUrl::Late(url) => url.clone(),
    };
    let (origin, share) = (Value::Origin(backend.origin.line.clone()), Value::Number(backend.share.into()));
    let mut arguments = vec![origin, (*slot).into(), share, Value::Late(url)];
    arguments.extend(backend.slots.map(|slots| Value::Number(slots.into())));
    *slot += backend.most();
    let new = match (resolves, backend.slots) {
        (false, _) => "Backend::new",
        (true, None) => "Slots::whole",
        (true, Some(_)) => "Slots::new",
    };
    Value::Call(new, arguments)
}

fn proxy_protocol(version: Option<ProxyHeader>) -> Value {
    Value::option(version.map(|version| Word.value(&version)))
}

/// A port of their own is not one where requests go, and need not speak what is spoken there.
fn health_check(checks: &model::Checks, version: Option<ProxyHeader>) -> Option<Value> {
    let (probe, settings) = match checks {
        model::Checks::Off => return None,
        model::Checks::Connect(settings) => (Value::Path("Probe::Connect"), settings),
        model::Checks::Ask(settings) => {
            let ask = vec![("request", request(settings)), ("expect", Statuses.value(&settings.expect))];
            (Value::Struct("Probe::Http", ask), settings)
        }
    };
    let port = Value::option(settings.port.map(|port| Value::Number(port.into())));
    let version = version.filter(|_| settings.port.is_none());
    let own = vec![("probe", probe), ("port", port), ("proxy_protocol", proxy_protocol(version))];
    Some(settings.value_with(own))
}

fn request(settings: &model::HealthCheck) -> Value {
    let field = |(name, value): &(model::HeaderName, model::Late)| {
        Value::Call("ProbeField::new", vec![name.into(), Value::Late(value.clone())])
    };
    let (path, host) = (Value::Text(settings.path.clone()), settings.host.clone().map(Value::Text));
    let fields = Value::Slice(settings.headers.iter().map(field).collect());
    Value::Call("ProbeRequest::new", vec![Word.value(&settings.method), path, Value::option(host), fields])
}
