//! Where a redirect leads: a template, or the parts of what was asked that are other.

use super::path::{beginning, prefix, template};
use crate::codes;
use crate::language::route::{self, WrittenRedirect};
use crate::model::{Leads, Redirect};
use crate::pattern::{Hosts, MatchKind, Parameters, PathPattern};
use crate::resolve::cx::Cx;
use crate::resolve::value::{Captures, Place};
use crate::source::ConfigPath;
use castgate_contract::redirect::Parts;
use castgate_contract::template::Prefix;

const PARTS: [&str; 4] =
    [WrittenRedirect::scheme, WrittenRedirect::host, WrittenRedirect::port, WrittenRedirect::prefix];

pub(super) fn redirect(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    over: Option<Parameters<'_>>,
    section: &route::Redirect,
) -> Option<Redirect> {
    let is_written = |cx: &Cx<'_>, key: &str| cx.source.is_written(&at.key(key));
    let parts: Vec<&str> = PARTS.into_iter().filter(|key| is_written(cx, key)).collect();
    let leads = match (is_written(cx, WrittenRedirect::to), parts.as_slice()) {
        (true, []) => {
            // What a name stands for is not known if the route's path is wrong.
            over?;
            let at = at.key(WrittenRedirect::to);
            Leads::To(template(cx, &at, section.to.as_ref()?, Place::Anywhere)?)
        }
        (true, [first, ..]) => {
            let other = cx.source.key_span(&at.key(WrittenRedirect::to));
            let title = format!("`{first}` and `to` cannot be together");
            let label = "this changes a part of what was asked";
            cx.sink
                .error_at_key(&codes::KEY_DOES_NOT_APPLY, &at.key(first), title, label)
                .label(other, "this is the whole place");
            return None;
        }
        // A listener's redirect may be the scheme alone.
        (false, []) if section.scheme.is_some() && !is_written(cx, "<<") => {
            Leads::Parts(Parts { scheme: section.scheme, host: None, port: None, prefix: None })
        }
        (false, []) => {
            let is_known = !is_written(cx, "<<");
            if is_known {
                cx.sink
                    .error_at_key(
                        &codes::MISSING_KEY,
                        at,
                        "a redirect to where the client is already",
                        "names no place",
                    )
                    .help("name a place with `to`, or what is other there: `scheme`, `host`, `port` or `prefix`");
            }
            return None;
        }
        (false, _) => Leads::Parts(self::parts(cx, at, over?.path, section, &parts)?),
    };
    Some(Redirect { leads, status: section.status })
}

/// Where a listener sends everybody.
pub(in crate::resolve) fn of_listener(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    section: &route::Redirect,
) -> Option<Redirect> {
    let path = PathPattern::parse("/", MatchKind::Prefix).ok()?;
    let hosts = Hosts::any();
    cx.captures = Captures::Route(path.clone(), hosts.clone());
    let redirect = redirect(cx, at, Some(Parameters::of(&path, &hosts)), section);
    cx.captures = Captures::TopLevel;
    redirect
}

fn parts(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    path: &PathPattern,
    section: &route::Redirect,
    written: &[&str],
) -> Option<Parts<String>> {
    let new = match &section.prefix {
        Some(text) => {
            let put = prefix(cx, &at.key(WrittenRedirect::prefix), text)?;
            Some(Prefix { taken: beginning(path).matches('/').count(), put })
        }
        None => None,
    };
    let parts = Parts { scheme: section.scheme, host: section.host.clone(), port: section.port, prefix: new };
    let read = [parts.scheme.is_some(), parts.host.is_some(), parts.port.is_some(), parts.prefix.is_some()];
    // What could not be read has been reported; without it the redirect would lead elsewhere.
    let is_whole = read.into_iter().filter(|is_read| *is_read).count() == written.len();
    is_whole.then_some(parts)
}
