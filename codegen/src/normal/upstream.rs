//! An upstream, written out; one that was written in place is one among the others here.

use crate::language::Section;
use crate::language::upstream::{
    UpstreamTimeouts, WrittenBackendSection, WrittenHealthCheck, WrittenUpstream, WrittenUpstreamTimeouts,
};
use crate::model::{Backend, BackendUrl, Checks, Upstream};
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use std::time::Duration;

pub(super) fn upstream(upstream: &Upstream, most: Option<Duration>) -> Tree {
    let at = &upstream.origin.path;
    let tree = upstream.settings.tree_with([
        (WrittenUpstream::backends, Tree::Set(upstream.backends.iter().map(backend).collect())),
        (WrittenUpstream::health_check, health(&upstream.checks, at)),
        (WrittenUpstream::timeouts, timeouts(&upstream.settings.timeouts, most)),
    ]);
    Tree::At(vec![at.clone()], Box::new(tree))
}

fn timeouts(timeouts: &UpstreamTimeouts, most: Option<Duration>) -> Tree {
    let UpstreamTimeouts { connect, response } = *timeouts;
    let keys = [(WrittenUpstreamTimeouts::connect, connect), (WrittenUpstreamTimeouts::response, response)];
    let mut idle = keys.to_vec();
    idle.retain(|(_, timeout)| most.is_some_and(|most| *timeout > most));
    let remark = |shown: String| Tree::Remark(format!("{shown}, more than any route leaves it"));
    if idle.len() == keys.len() {
        return remark(keys.map(|(key, timeout)| format!("{key} {}", show::duration(timeout))).join(", "));
    }
    timeouts.tree_with(idle.into_iter().map(|(key, timeout)| (key, remark(show::duration(timeout)))))
}

fn backend(backend: &Backend) -> Tree {
    let url = match &backend.url {
        BackendUrl::Literal(url) => Tree::text(&url.text),
        BackendUrl::Late(late) => Tree::Text(show::late(late)),
    };
    let (at, key) = (&backend.origin.path, WrittenBackendSection::url);
    // `- http://..` is the URL alone.
    let url = Tree::At(vec![at.key(key), at.clone()], Box::new(url));
    Tree::At(vec![at.clone()], Box::new(backend.settings.tree_with([(key, url)])))
}

fn health(checks: &Checks, upstream: &ConfigPath) -> Tree {
    // A key of the other way to probe would be a mistake.
    let (settings, idle): (_, &[&str]) = match checks {
        Checks::Off => return Tree::plain("off"),
        Checks::Connect(settings) => (
            settings,
            &[
                WrittenHealthCheck::path,
                WrittenHealthCheck::expect,
                WrittenHealthCheck::method,
                WrittenHealthCheck::headers,
            ],
        ),
        Checks::Ask(settings) => (settings, &[WrittenHealthCheck::tcp]),
    };
    let own = upstream.key(WrittenUpstream::health_check).key(WrittenHealthCheck::interval);
    let shorthand = ConfigPath::root().key("health_check_interval");
    let interval = Tree::Plain(show::duration(settings.interval));
    let interval = (WrittenHealthCheck::interval, Tree::At(vec![own, shorthand], Box::new(interval)));
    match settings.tree_with([interval]) {
        Tree::Map(mut keys) => {
            keys.retain(|(key, _)| !idle.contains(&key.as_str()));
            Tree::Map(keys)
        }
        other => other,
    }
}
