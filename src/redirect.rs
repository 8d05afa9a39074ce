//! The end of a stack that sends the client elsewhere.

use castgate_contract::redirect::{Asked, Parts};
use castgate_contract::template;
use http::{HeaderValue, StatusCode, header};

use crate::asked;
use crate::error::{Error, Reason};
use crate::exchange::{Body, Context, Request, Response};
use crate::fields::Known;
use crate::forward::TemplatePiece;
use crate::service::Service;
use crate::value::RequestTarget;

pub use castgate_contract::redirect::Scheme;

/// The parts of a place that are other than the client asked.
pub type RedirectParts = Parts<&'static str>;

/// Where a redirect leads.
#[derive(Debug)]
pub enum Target {
    /// Always to the same place.
    Fixed(&'static str),
    /// To a place made of segments of the request's path.
    Template(&'static [TemplatePiece]),
    /// To a place made of what the request is and has.
    OfRequest(RequestTarget),
    /// To what the client has asked, but for these parts.
    Parts(RedirectParts),
}

/// Redirects, keeping the query.
#[derive(Debug)]
pub struct Redirect {
    status: StatusCode,
    to: Target,
}

impl Redirect {
    /// `status` is one of 301, 302, 303, 307, 308.
    pub const fn new(status: u16, to: Target) -> Self {
        // The compiler lets only valid codes through; an assertion makes that part of the build.
        match StatusCode::from_u16(status) {
            Ok(status) => Self { status, to },
            Err(_) => panic!("not a status code"),
        }
    }

    fn location(&self, request: &Request, cx: &Context<'_>) -> Result<String, Reason> {
        let mut location = String::new();
        match &self.to {
            Target::Fixed(to) => location.push_str(to),
            Target::Template(pieces) => {
                let host = || request.fields.first(Known::Host).unwrap_or_default();
                template::render(pieces, request.target.path(), host, |text| location.push_str(text));
            }
            Target::OfRequest(target) => return target.place(request, cx),
            Target::Parts(parts) => {
                let (host, port) = asked::authority(request, cx).unwrap_or_default();
                let (path, query) = (request.target.path(), request.target.query());
                let asked = Asked { scheme: asked::scheme(request, cx), host: &host, port, path, query };
                // HTTP/1.0 knows requests without Host.
                return parts.location(&asked).ok_or(Reason::ValueAbsent);
            }
        }
        if let Some(query) = request.target.query() {
            template::add_query(&mut location, query);
        }
        Ok(location)
    }
}

impl Service for Redirect {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        cx.not_refused()?;
        let location = self.location(&request, cx)?;
        let location = HeaderValue::try_from(location).map_err(|_| Error::new(Reason::BadRequest))?;
        let mut response = Response::new(self.status, Body::empty());
        response.fields.insert(&header::LOCATION, &location);
        Ok(response)
    }
}
