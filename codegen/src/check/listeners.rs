//! `server` and `admin` cannot listen on the same address.

use crate::codes;
use crate::diagnostic::Diagnostics;
use crate::model::Model;

pub(super) fn check(model: &Model, sink: &mut Diagnostics) {
    for admin in model.admin.iter().flat_map(|admin| &admin.listen) {
        let Some(server) = model.server.listen.iter().find(|server| server.address == admin.address) else {
            continue;
        };
        // The default was not written anywhere.
        let is_written = sink.is_written(&server.origin.path);
        let first = sink.value_span(&server.origin.path).filter(|_| is_written);
        let title = "`admin` listens on the same address as `server`";
        let problem = sink.error_at(
            &codes::BAD_ADDRESS,
            &admin.origin.path,
            title,
            "taken by `server.listen` (0.0.0.0:8080 if left out)",
        );
        if let Some(first) = first {
            problem.label(first, "taken here");
        }
        problem.help("leave `admin` out to answer the built-in paths on `server.listen`");
    }
}
