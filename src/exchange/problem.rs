//! An error as a response, in one place: problem+json (RFC 9457), with the reason left in the record for the log.

use bytes::Bytes;
use http::{HeaderValue, header};

use super::context::Context;
use super::message::Response;
use crate::error::{Error, Reason};

impl Error {
    /// The one mapping to a response: problem+json (RFC 9457), with the reason left in the context for the log.
    pub fn into_response(self, cx: &mut Context<'_>) -> Response {
        let (reason, field) = self.into_parts();
        cx.record.reason = reason;
        if let Reason::Refused(refusal) = reason {
            cx.worker().metrics().refused(cx.record.route, refusal);
        }
        let status = reason.status();
        let document = match cx.record.request_id {
            Some(ref id) => problem(reason, Some(id.as_str())),
            None => problem(reason, None),
        };
        let mut response = Response::new(status, document);
        let fields = &mut response.fields;
        fields.append(&header::CONTENT_TYPE, &HeaderValue::from_static("application/problem+json"));
        fields.append(&header::CACHE_CONTROL, &HeaderValue::from_static("no-store"));
        if let Some((name, value)) = field {
            fields.insert(&name, &value);
        }
        if reason.closes() {
            cx.exchange.close_after();
        }
        response
    }
}

/// The problem document of a reason. Titles hold no character that JSON escapes; ids are checked when taken in.
pub(crate) fn problem(reason: Reason, request_id: Option<&str>) -> Bytes {
    let status = reason.status().as_u16();
    let (title, reason) = (reason.title(), reason.as_str());
    let id = request_id.map(|id| format!(r#","request_id":"{id}""#)).unwrap_or_default();
    Bytes::from(format!(r#"{{"status":{status},"title":"{title}"{id},"reason":"{reason}"}}"#))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Refusal;

    #[test]
    fn problems_are_json_with_the_promised_members() {
        static REFUSAL: Refusal = Refusal::new("too_early", 425, "Not yet");
        let document: serde_json::Value =
            serde_json::from_slice(&problem(Reason::Refused(&REFUSAL), Some("abc"))).unwrap();
        assert_eq!(document["status"], 425);
        assert_eq!(document["reason"], "too_early");
        assert_eq!(document["request_id"], "abc");
        assert!(document["title"].is_string());
    }
}
