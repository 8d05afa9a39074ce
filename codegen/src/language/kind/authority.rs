//! A host and perhaps a port, as a `Host` says it.

use super::{ConfigPath, Constant, Cx, Kind, Like, Shape, Tree, Value, Verbatim};
use crate::codes::{self, Code};
use crate::diagnostic::{nearest, quoted};
use crate::model::HostHeader;
use castgate_contract::authority::Authority;

/// A name or an address, perhaps with a port; in lower case.
pub(crate) struct HostAndPort;

/// Which `Host` is sent: one of two words, or a host.
pub(crate) struct SentHost;

const SENT: [(&str, HostHeader); 2] = [("preserve", HostHeader::Preserve), ("backend", HostHeader::Backend)];

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

impl Kind<HostHeader> for SentHost {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<HostHeader> {
        if let Some((_, word)) = SENT.into_iter().find(|(word, _)| word == written) {
            return Some(word);
        }
        // A slip of the pen would be sent to every backend.
        let is_plain = written.bytes().all(|byte| byte.is_ascii_alphabetic());
        let meant = nearest(written, SENT.iter().map(|(word, _)| *word)).filter(|_| is_plain);
        let Some(meant) = meant else {
            return HostAndPort.read(cx, at, written).map(HostHeader::Name);
        };
        let span = cx.source.whole_span(at);
        let title = format!("{} is hardly a host", quoted(written));
        let problem = cx.sink.error_at(&codes::UNKNOWN_WORD, at, title, "almost a word, and not one");
        if let Some(span) = span {
            problem.guess(meant, span, meant.to_owned());
        }
        problem.help("a host that is called so is written with its port");
        None
    }
    fn tree(&self, value: &HostHeader) -> Tree {
        match value {
            HostHeader::Preserve => Tree::plain("preserve"),
            HostHeader::Backend => Tree::plain("backend"),
            HostHeader::Name(name) => Tree::text(name),
        }
    }
    fn shape(&self) -> Shape {
        Shape::AnyOf(vec![Shape::Words(SENT.iter().map(|(word, _)| *word).collect()), Shape::Text])
    }
    fn codes(&self) -> Vec<&'static Code> {
        let mut codes = Kind::codes(&HostAndPort);
        codes.extend([&codes::UNKNOWN_WORD, &codes::IMPOSSIBLE_VALUE]);
        codes
    }
}

impl Constant<HostHeader> for SentHost {
    fn value(&self, value: &HostHeader) -> Value {
        match value {
            HostHeader::Preserve => Value::Path("HostHeader::Preserve"),
            HostHeader::Backend => Value::Path("HostHeader::Backend"),
            HostHeader::Name(name) => Value::Call("HostHeader::Name", vec![Value::Text(name.clone())]),
        }
    }
}
