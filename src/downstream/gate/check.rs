//! What the codec does not know of a request, and an intermediary must: Host, the form of the target (RFC 9110,
//! RFC 9112). The built-in paths are held to it like everything else.

use std::borrow::Cow;

use bytes::Bytes;
use castgate_contract::path::{self, Disputed};
use castgate_contract::redirect::Scheme;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Version};

use super::fields::Findings;
use super::forwards::{self, EVERYTHING};
use super::target::Elsewhere;
use super::via::MOST_PASSES;
use crate::error::Reason;
use crate::exchange::{Peer, Request, RequestBody};
use crate::introduction::Via;
use crate::settings::Settings;

/// What a request that may go on looks like, and what is to be changed of it.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) fields: Findings,
    /// Seldom there.
    pub(super) target: Option<Box<OriginForm>>,
    /// What of the path others may read differently.
    pub(super) disputed: Disputed,
    /// Whether the path is matched as another text.
    pub(super) is_spelled: bool,
}

/// The target in origin form with a canonical path, where the request has it differently.
#[derive(Debug)]
pub(super) struct OriginForm {
    pub(super) canonical: PathAndQuery,
    /// RFC 9112 section 3.2.2: with an absolute target, Host is what the target says.
    pub(super) host: Option<HeaderValue>,
}

/// Refuses what has no one meaning. `elsewhere` is what the target names besides.
pub(super) fn check(
    request: &Request,
    elsewhere: Option<&Elsewhere>,
    settings: &Settings,
    peer: &Peer,
) -> Result<Checked, Reason> {
    // Neither is a gateway's business (RFC 9110 sections 9.3.6 and 9.3.8); TRACE would echo credentials.
    if matches!(request.method, Method::CONNECT | Method::TRACE) {
        return Err(Reason::NotImplemented);
    }
    if request.target.as_str().len() > settings.limits.uri {
        return Err(Reason::UriTooLong);
    }
    let fields = Findings::of(&request.fields, peer.is_trusted_proxy())?;
    // What does not say its name cannot know it again.
    if fields.passes > MOST_PASSES && settings.via == Via::On {
        return Err(Reason::LoopDetected);
    }
    // Only HTTP/1.0 knows requests without Host, also where the target has a host of its own (RFC 9112 section 3.2).
    if fields.host.is_none() && request.version != Version::HTTP_10 {
        return Err(Reason::BadRequest);
    }
    if request.method == Method::OPTIONS
        && forwards::are_over(request)?
        && request.target.as_str() == EVERYTHING
    {
        let (disputed, is_spelled) = (Disputed::NOTHING, false);
        return Ok(Checked { fields, target: None, disputed, is_spelled });
    }
    let canonical = path::canonical(request.target.path()).map_err(|why| {
        tracing::debug!(why, "path refused");
        Reason::BadRequest
    })?;
    let (disputed, is_spelled) = (canonical.disputed, canonical.is_spelled);
    let target = target(request, (elsewhere, peer.scheme()), canonical.text, settings.limits.uri)?;
    Ok(Checked { fields, target, disputed, is_spelled })
}

/// Refuses a body that says it is longer than this many bytes.
pub(super) fn check_length(body: &RequestBody, limit: Option<u64>) -> Result<(), Reason> {
    let is_longer = |limit| body.length().is_some_and(|length| length > limit);
    if limit.is_some_and(is_longer) { Err(Reason::BodyTooLarge) } else { Ok(()) }
}

fn target(
    request: &Request,
    (elsewhere, scheme): (Option<&Elsewhere>, Scheme),
    canonical: Cow<'_, str>,
    limit: usize,
) -> Result<Option<Box<OriginForm>>, Reason> {
    let host = match elsewhere {
        Some(elsewhere) => Some(elsewhere.host(scheme).ok_or(Reason::BadRequest)?),
        None => None,
    };
    if let (Cow::Borrowed(_), None) = (&canonical, &host) {
        return Ok(None);
    }
    let text = match request.target.query() {
        Some(query) => format!("{canonical}?{query}"),
        None => canonical.into_owned(),
    };
    // Escaping has made it longer.
    if text.len() > limit {
        return Err(Reason::UriTooLong);
    }
    let canonical = PathAndQuery::from_maybe_shared(Bytes::from(text)).map_err(|_| Reason::BadRequest)?;
    Ok(Some(OriginForm { canonical, host }.into()))
}
