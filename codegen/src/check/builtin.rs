//! A route must not have a path which the gateway answers itself.

use crate::codes;
use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::pattern::Segment;

/// Answered ahead of all routes, unless `admin` has a listener of its own.
const BUILT_IN: [&str; 4] = ["health", "livez", "readyz", "metrics"];

pub(super) fn check(model: &Model, sink: &mut Diagnostics) {
    if model.admin.is_some() {
        return;
    }
    for route in &model.routes {
        let [Segment::Literal(name)] = route.path.segments.as_slice() else { continue };
        if BUILT_IN.contains(&name.as_str()) {
            let at = route.origin.path.key("path");
            let title = format!("`/{name}` is answered by the gateway itself");
            sink.error_at(
                &codes::BUILT_IN_SHADOWED,
                &at,
                title,
                "no request for this path gets to the route",
            )
            .help("give the built-in paths a listener of their own: `admin: {listen: 127.0.0.1:9090}`");
        }
    }
}
