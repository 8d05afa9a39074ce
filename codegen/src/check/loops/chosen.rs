//! What a client chooses of a request besides its path and host, where a redirect is made of it.

use super::follow::ANY;
use crate::encoded;
use crate::model::{Route, Source};
use crate::pattern::ParamKind;
use crate::table::{Request, Step};
use castgate_contract::path;

/// Whether it is one of these: it goes along from redirect to redirect.
pub(super) const fn is_chosen(source: &Source) -> bool {
    matches!(source, Source::Query(_) | Source::Cookie(_) | Source::Header(_))
}

/// Whether one of the redirects on the way is made of it.
pub(super) fn is_of(source: &Source, trail: &[(&Route, Request)]) -> bool {
    let mut templates = trail.iter().filter_map(|(route, _)| route.template());
    templates.any(|(_, text)| text.sources().any(|known| known == source))
}

/// The request with these values; what it has to have anyway stays. `None` if it cannot have them.
pub(super) fn with<'s>(
    request: &Request,
    chosen: impl Iterator<Item = (&'s Source, &'s Step)>,
) -> Option<Request> {
    let mut query = request.query().map(str::to_owned);
    let mut headers = request.headers().to_vec();
    for (source, step) in chosen {
        let value = match step {
            Step::Literal(text) => String::from_utf8(path::decoded(text).collect()).ok()?,
            Step::Free(ParamKind::Any) => ANY.to_owned(),
            Step::Free(ParamKind::Uint) => "1".to_owned(),
            Step::Free(ParamKind::Uuid) => "00000000-0000-0000-0000-000000000000".to_owned(),
        };
        match source {
            Source::Query(name) if request.parameter(name).is_none() => {
                let parameter = encoded::parameter(name, &value);
                query = Some(query.map_or(parameter.clone(), |query| format!("{query}&{parameter}")));
            }
            Source::Cookie(name) => headers.push(("cookie".to_owned(), format!("{name}={value}"))),
            Source::Header(name) if headers.iter().all(|(known, _)| known != name.as_str()) => {
                headers.push((name.as_str().to_owned(), value));
            }
            _ => {}
        }
    }
    Request::new(request.method(), &request.authority(), request.path(), query.as_deref(), headers).ok()
}
