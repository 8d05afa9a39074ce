//! A host and perhaps a port, as a `Host` says it.

use super::{ConfigPath, Cx, Kind, Like, Verbatim};
use crate::codes;
use crate::diagnostic::quoted;
use castgate_contract::authority::Authority;

/// A name or an address, perhaps with a port; in lower case.
pub(crate) struct HostAndPort;

impl Like for HostAndPort {
    type Value = String;
    type Other = Verbatim;
    const OTHER: Verbatim = Verbatim;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        if !cx.is_literal(at, written) {
            return None;
        }
        let Err(why) = Authority::parse(written) else {
            return Verbatim.read(cx, at, &written.to_ascii_lowercase());
        };
        let title = format!("{} is no host", quoted(written));
        let label = format!("expected a name or an address, perhaps with a port: {why}");
        let span = cx.source.whole_span(at);
        let problem = cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, label);
        // A URL is what others ask for here.
        let bare =
            written.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(rest));
        if let (Some(bare), Some(span)) = (bare.filter(|bare| Authority::parse(bare).is_ok()), span) {
            problem.suggest("the host alone", span, crate::yaml::scalar(bare));
        }
        None
    }
}
