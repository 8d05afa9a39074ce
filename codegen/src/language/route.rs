//! Sections of `routes:`.

use super::kind::{Fields, LateValue, Literal, MediaType, Number, OneOfNumbers, Plain};
use super::{Without, section};
use crate::field::Use;
use crate::model::{HeaderName, Late};

/// Of a body, if nothing is said.
pub(crate) const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

section! {
    /// `redirect: {to: /new, status: 308}`; the request's query is kept.
    Redirect / WrittenRedirect {
        /// A path or an absolute URL, required; may use the path's parameters: `/v2/{id}`. The request's query is kept; the host is
        /// always literal.
        to: String = Plain, required "a path or an absolute URL", example "\"https://example.com/new/{id}\"";
        /// The status: 301, 302, 303, 307 or 308.
        status: u16 = OneOfNumbers(&[301, 302, 303, 307, 308], "this is not the status of a redirect"),
        default 308, example "301";
    }
}

section! {
    /// `respond: {status: 200, content_type: text/plain, body: "..."}`
    Respond / WrittenRespond {
        /// The status, 200 to 599.
        status: u16 = Number(200, 599), default 200, example "404";
        /// The media type of the body.
        content_type: String = MediaType,
        optional Without::value(CONTENT_TYPE, " if there is a body"), example "application/json";
        /// What the client gets, as it stands.
        body: String = Literal, default String::new(), said "empty", example "not here";
        /// Further response header fields.
        headers: Vec<(HeaderName, Late)> = Fields<LateValue>(Use::ANSWER, LateValue),
        default Vec::new(), said "", example "{Cache-Control: max-age=3600}";
    }
}
