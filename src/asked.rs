//! What a client has asked as it sees it: the scheme, the host and the port of its URL. Behind a proxy that is what the proxy
//! says, if it is trusted; nobody else's word is in the fields by now.

use castgate_contract::host;
use castgate_contract::redirect::Scheme;
use http::HeaderName;

use crate::exchange::{Context, Request};
use crate::fields::Known;
use crate::host::is_host;

pub(crate) static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The scheme; that of the connection if no proxy has said another.
pub(crate) fn scheme(request: &Request, cx: &Context<'_>) -> Scheme {
    let said = cx.first(request, &FORWARDED_PROTO).and_then(Scheme::read);
    said.unwrap_or_else(|| cx.exchange.peer().scheme())
}

/// The host, perhaps with a port; `None` if neither a proxy nor the client has named one. What a proxy says and is no host does not
/// count.
pub(crate) fn host<'r>(request: &'r Request, cx: &'r Context<'_>) -> Option<&'r [u8]> {
    let said = cx.first(request, &FORWARDED_HOST).filter(|said| is_host(said));
    said.or_else(|| request.fields.first(Known::Host))
}

/// The same in lower case, and the port, if it was written.
pub(crate) fn authority(request: &Request, cx: &Context<'_>) -> Option<(String, Option<u16>)> {
    let asked = host(request, cx)?;
    let name = std::str::from_utf8(host::name(asked)).ok().filter(|name| !name.is_empty())?;
    Some((name.to_ascii_lowercase(), host::port(asked)))
}
