//! GET without HEAD: who asks for the head alone (monitors, caches, download managers) gets 405.

use crate::diagnostic::{Reporter, quoted};
use crate::language::route::WrittenRoute;
use crate::lint::{Level, Lint};
use crate::model::{Methods, Route};
use crate::pattern::HostPattern;
use crate::place::Span;
use crate::source::Source;
use crate::table::{Answer, Fresh, Region, Table};
use std::collections::BTreeSet;

pub(super) fn check(tables: &[Table<'_>], sink: &mut Reporter<'_>) {
    if sink.levels.of(Lint::GET_WITHOUT_HEAD) == Level::Allow {
        return;
    }
    let mut reported = BTreeSet::new();
    tables.iter().for_each(|table| on_listener(table, &mut reported, sink));
}

fn on_listener<'m>(table: &Table<'m>, reported: &mut BTreeSet<&'m str>, sink: &mut Reporter<'_>) {
    let fresh = Fresh::of(&[table.model()]);
    // Nobody takes the plainest HEAD, on one of its hosts.
    let is_refused = |route, host| {
        let region = Region::of(route, host);
        let request = region.tails(0).next().map(|tail| fresh.request(&region, tail, "HEAD"));
        request.is_some_and(|request| matches!(table.ask(&request), Answer::NotAllowed(_)))
    };
    for route in &table.model().routes {
        let (get, head) = (Methods::of("GET"), Methods::of("HEAD"));
        let takes_one = route.methods.intersects(get) && !route.methods.intersects(head);
        if !takes_one
            || reported.contains(route.name.as_str())
            || !route.hosts.iter().any(|host: &HostPattern| is_refused(route, host))
        {
            continue;
        }
        reported.insert(&route.name);
        let at = route.origin.path.key(WrittenRoute::methods);
        let mend = with_head(sink.source, route);
        let title = format!("route {} takes GET and no HEAD", quoted(&route.name));
        let problem = sink.lint_at_key(Lint::GET_WITHOUT_HEAD, &at, title, "HEAD is 405 here");
        if let Some((span, text)) = mend {
            problem.suggest("take both", span, text);
        }
    }
}

/// The entry `GET`, and what stands in its place.
fn with_head(source: &Source, route: &Route) -> Option<(Span, String)> {
    let at = route.origin.path.key(WrittenRoute::methods);
    let whole = source.whole_span(&at)?;
    let text = source.text();
    let written = |span: &Span| text.get(span.clone()).map(|text| text.trim_matches(['"', '\'']));
    if written(&whole) == Some("GET") {
        return Some((whole, "[GET, HEAD]".to_owned()));
    }
    let entries = (0..7).filter_map(|index| source.whole_span(&at.index(index)));
    let entry = entries.into_iter().find(|entry| written(entry) == Some("GET"))?;
    if text[whole.start..].starts_with('[') {
        return Some((entry, "GET, HEAD".to_owned()));
    }
    // In a block the dash stands where that of the entry does.
    let line = text[..entry.start].rfind('\n').map_or(0, |at| at + 1);
    let dash = text[line..entry.start].rfind('-')?;
    Some((entry, format!("GET\n{}- HEAD", " ".repeat(dash))))
}
