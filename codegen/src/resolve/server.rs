//! `server:` and `admin:`.

use super::Cx;
use crate::codes;
use crate::language::Section;
use crate::language::server::{WrittenAdmin, WrittenLimits, WrittenServer};
use crate::model::{Admin, Server};
use crate::source::ConfigPath;

pub(super) fn server(cx: &mut Cx<'_>, written: Option<&WrittenServer>) -> Server {
    let at = ConfigPath::root().key("server");
    let server = Server::with_defaults(cx, at.clone(), written);
    uri(cx, &at.key(WrittenServer::limits), &server);
    server
}

pub(super) fn admin(cx: &mut Cx<'_>, written: Option<&WrittenAdmin>) -> Option<Admin> {
    let admin = Admin::resolve(cx, ConfigPath::root().key("admin"), Some(written?));
    // Even without a usable address the built-in paths are meant to be elsewhere.
    Some(admin.unwrap_or(Admin { listen: Vec::new() }))
}

/// `limits.uri` is a part of `limits.header_bytes`.
fn uri(cx: &mut Cx<'_>, at: &ConfigPath, server: &Server) {
    let limits = &server.limits;
    let is_beyond =
        limits.uri > limits.header_bytes && !cx.sink.is_refused(&at.key(WrittenLimits::header_bytes));
    if limits.uri == 0 || is_beyond {
        let label = "must be above 0, and not more than `header_bytes`";
        let at = at.key(WrittenLimits::uri);
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &at, "this size is out of range", label);
    }
}
