//! An upstream, written out; one that was written in place is one among the others here.

use crate::language::upstream::{WrittenHealthCheck, WrittenUpstream};
use crate::language::{Section, Words};
use crate::model::{Backend, BackendUrl, Checks, Upstream, UpstreamTimeouts};
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use std::time::Duration;

pub(super) fn upstream(upstream: &Upstream, most: Option<Duration>) -> Tree {
    let Upstream { name: _, origin, strategy, backends, checks, timeouts, keepalive, retries, host_header } =
        upstream;
    let tree = Tree::map([
        ("strategy", Tree::plain(strategy.as_str())),
        ("backends", Tree::Set(backends.iter().map(backend).collect())),
        ("health_check", health(checks, &origin.path)),
        ("timeouts", timeouts_section(timeouts, most)),
        ("keepalive", keepalive.tree()),
        ("retries", retries.tree()),
        ("host_header", Tree::plain(host_header.as_str())),
    ]);
    Tree::At(vec![origin.path.clone()], Box::new(tree))
}

fn timeouts_section(timeouts: &UpstreamTimeouts, most: Option<Duration>) -> Tree {
    let UpstreamTimeouts { connect, response } = timeouts;
    let is_idle = |timeout| most.is_some_and(|most| timeout > most);
    let timeout = |timeout| match show::duration(timeout) {
        shown if is_idle(timeout) => Tree::Remark(format!("{shown}, more than any route leaves it")),
        shown => Tree::Plain(shown),
    };
    if is_idle(*connect) && is_idle(*response) {
        let both = format!("connect {}, response {}", show::duration(*connect), show::duration(*response));
        return Tree::Remark(format!("{both}, more than any route leaves it"));
    }
    Tree::map([("connect", timeout(*connect)), ("response", timeout(*response))])
}

fn backend(backend: &Backend) -> Tree {
    let Backend { url, weight, share: _, backup, origin } = backend;
    let url = match url {
        BackendUrl::Literal { text, .. } => Tree::text(text),
        BackendUrl::Late(late) => Tree::Text(show::late(late)),
    };
    // `- http://..` is the URL alone.
    let url = Tree::At(vec![origin.path.key("url"), origin.path.clone()], Box::new(url));
    let tree = Tree::map([("url", url), ("weight", Tree::plain(weight)), ("backup", Tree::plain(backup))]);
    Tree::At(vec![origin.path.clone()], Box::new(tree))
}

fn health(checks: &Checks, upstream: &ConfigPath) -> Tree {
    let settings = match checks {
        Checks::Off => return Tree::plain("off"),
        // What is checked where nothing is written has no spelling of its own.
        Checks::Connect(settings) => {
            return Tree::Remark(format!("connects every {}", show::duration(settings.interval)));
        }
        Checks::Get(settings) => settings,
    };
    let own = upstream.key(WrittenUpstream::health_check).key(WrittenHealthCheck::interval);
    let shorthand = ConfigPath::root().key("health_check_interval");
    settings.tree().placed(WrittenHealthCheck::interval, vec![own, shorthand])
}
