//! A route must not have a path which the gateway answers itself.

use crate::codes;
use crate::diagnostic::Reporter;
use crate::model::Model;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    if model.admin.is_some() {
        return;
    }
    for route in &model.routes {
        if let Some(built_in) = route.path.built_in() {
            let at = route.origin.path.key("path");
            let title = format!("`{}` is answered by the gateway itself", built_in.path());
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
