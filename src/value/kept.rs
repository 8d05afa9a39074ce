//! What a text reads of a request, for one that is made when the request itself has gone on.

use http::{HeaderName, header};

use super::{Part, RequestPart, RequestText};
use crate::asked::FORWARDED_PROTO;
use crate::exchange::{Context, Request};
use crate::fields::Fields;

impl RequestText {
    /// Adds the fields that the text reads to those which are kept. The method and the target are not fields.
    pub(crate) fn keep(&self, request: &Request, cx: &Context<'_>, kept: &mut Fields) {
        let mut keep = |name: &HeaderName| {
            if kept.contains(name) {
                return;
            }
            for value in cx.received(request, name) {
                kept.append(name, &cx.worker().header_value(value));
            }
            // What the gateway says of the client, and nobody has put into the request yet.
            if let (false, Some(value)) = (kept.contains(name), cx.first(request, name)) {
                kept.append(name, &cx.worker().header_value(value));
            }
        };
        for part in self.bound() {
            match part {
                Part::Header(name) => keep(name),
                Part::Request(RequestPart::Host) => keep(&header::HOST),
                Part::Request(RequestPart::Scheme) => keep(&FORWARDED_PROTO),
                Part::Request(RequestPart::Port) => {
                    keep(&header::HOST);
                    keep(&FORWARDED_PROTO);
                }
                Part::Request(RequestPart::Cookie(_)) => keep(&header::COOKIE),
                Part::Text(_) | Part::Request(_) => {}
            }
        }
    }
}
