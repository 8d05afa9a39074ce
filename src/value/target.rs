//! A place with values of the request: where a redirect leads, and what a backend is asked.

use castgate_contract::path::Disputed;
use castgate_contract::target::{Refused, Target, Value};

use super::{Absent, Bit, RequestText};
use crate::error::Reason;
use crate::exchange::{Context, Request};

/// A path or an absolute URL, parts of which are the request's. The compiler lets no value stand where a client could choose the host.
#[derive(Debug)]
pub struct RequestTarget {
    text: RequestText,
    keeps: Disputed,
}

impl RequestTarget {
    /// As it is written; of what backends may read differently, its path may have what is in `keeps`.
    pub const fn new(text: RequestText, keeps: Disputed) -> Self {
        Self { text, keeps }
    }

    /// The place for this request, whose query goes behind its own. One allocation, or more for a long one.
    pub(crate) fn place(&self, request: &Request, cx: &Context<'_>) -> Result<String, Reason> {
        let mut target = Target::new(self.keeps);
        let mut put = Ok(());
        let whole = self.text.each(request, cx, |bit| {
            if put.is_ok() {
                put = bit.put(&mut target);
            }
        });
        whole.map_err(|Absent| Reason::ValueAbsent)?;
        let made = put.and_then(|()| target.end(request.target.query()));
        made.map_err(|refused| match refused {
            Refused::Empty => Reason::ValueAbsent,
            Refused::Unfit => Reason::BadRequest,
        })
    }
}

impl Bit<'_> {
    fn put(self, target: &mut Target) -> Result<(), Refused> {
        match self {
            Self::Text(text) => target.literal(text),
            Self::Plain(text) => target.value(Value::Text(text)),
            Self::Address(address) => target.value(Value::Text(address.to_string().as_bytes())),
            Self::Segments(path) => target.value(Value::Segments(path)),
            Self::Path(path) => target.value(Value::Path(path)),
            Self::Form(text) => target.value(Value::Form(text)),
        }
    }
}
