//! Requests of tests.

use super::{ConfigPath, Cx, Kind, Tree};
use crate::codes;
use crate::diagnostic::quoted;
use crate::table::Request;

/// `GET http://host/path`
pub(crate) struct RequestLine;

impl Kind<Request> for RequestLine {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Request> {
        let line = &cx.literal(at, written)?;
        let request = Request::parse(line);
        request
            .map_err(|message| {
                let title = format!("{} is not a request", quoted(line));
                cx.sink
                    .error_at(&codes::BAD_REQUEST_LINE, at, title, message)
                    .help("write `GET http://host/path`, or `GET /path` for a host which no route names");
            })
            .ok()
    }
    fn tree(&self, value: &Request) -> Tree {
        Tree::text(value.to_string())
    }
}
