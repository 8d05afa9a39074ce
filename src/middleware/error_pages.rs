//! Pages in the place of errors: of the gateway's own, and of those of backends that a page is for, too.

use bytes::Bytes;
use http::{HeaderValue, header};

use crate::error::{Error, Reason};
use crate::exchange::{Body, Context, Request, RequestBody, Response};
use crate::fields::{Field, Fields, Known};
use crate::policy::Policy;
use crate::service::Service;
use crate::value::RequestText;

pub use crate::value::Escape;

/// What a client gets in the place of errors.
#[derive(Debug)]
pub struct Page {
    first: u16,
    last: u16,
    is_for_backends: bool,
    content_type: &'static str,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Fixed(&'static [u8]),
    OfRequest(Escape, RequestText),
}

impl Page {
    /// For the statuses `first` to `last` (400 to 599), of backends too if it is for them; the same for every request. Without
    /// bytes it has no type either.
    pub const fn fixed(
        first: u16,
        last: u16,
        is_for_backends: bool,
        content_type: &'static str,
        bytes: &'static [u8],
    ) -> Self {
        Self::new(first, last, is_for_backends, content_type, Content::Fixed(bytes))
    }

    /// The same with values of the request, which are escaped so.
    pub const fn of_request(
        first: u16,
        last: u16,
        is_for_backends: bool,
        content_type: &'static str,
        escape: Escape,
        body: RequestText,
    ) -> Self {
        Self::new(first, last, is_for_backends, content_type, Content::OfRequest(escape, body))
    }

    const fn new(
        first: u16,
        last: u16,
        is_for_backends: bool,
        content_type: &'static str,
        content: Content,
    ) -> Self {
        assert!(400 <= first && first <= last && last <= 599, "a page is for errors");
        Self { first, last, is_for_backends, content_type, content }
    }

    /// Takes the place of the body; the status stays, and what speaks of it.
    fn replace(&self, response: &mut Response, request: Option<&Request>, cx: &Context<'_>) {
        let body = match (&self.content, request) {
            (Content::Fixed(bytes), _) => Bytes::from_static(bytes),
            (Content::OfRequest(escape, body), Some(request)) => body.body(request, cx, *escape),
            // It is kept if a page is of the request.
            (Content::OfRequest(..), None) => Bytes::new(),
        };
        response.fields.retain(|field| !is_of_the_body(field));
        if !body.is_empty() {
            response.fields.append(&header::CONTENT_TYPE, &HeaderValue::from_static(self.content_type));
        }
        std::mem::replace(&mut response.body, Body::from(body)).forgo();
    }
}

/// What is said of a representation (RFC 9110 section 8, RFC 9530) is not said of another. The length is told anew.
fn is_of_the_body(field: &Field<'_>) -> bool {
    const OTHERS: [&str; 10] = [
        "accept-ranges",
        "content-digest",
        "content-disposition",
        "content-language",
        "content-location",
        "content-md5",
        "digest",
        "etag",
        "last-modified",
        "repr-digest",
    ];
    match field.known() {
        Known::ContentType | Known::ContentEncoding | Known::ContentRange => true,
        _ => OTHERS.iter().any(|name| field.is(name)),
    }
}

/// The pages of an entry.
#[derive(Debug)]
pub struct Pages {
    pages: &'static [Page],
    /// One of them has values of the request.
    are_of_request: bool,
}

impl Pages {
    /// Of several that are for a status it is the first.
    pub const fn new(pages: &'static [Page]) -> Self {
        let (mut are_of_request, mut at) = (false, 0);
        while at < pages.len() {
            are_of_request |= matches!(pages[at].content, Content::OfRequest(..));
            at += 1;
        }
        Self { pages, are_of_request }
    }

    /// The page that stands for this response.
    fn of(&self, response: &Response, cx: &Context<'_>) -> Option<&'static Page> {
        let status = response.status.as_u16();
        // What no error has made is a backend's, or a fixed response, which says what it means.
        let is_own = cx.record.reason != Reason::Ok;
        let page = self.pages.iter().find(|page| (page.first..=page.last).contains(&status))?;
        (is_own || page.is_for_backends && cx.record.backend.is_some()).then_some(page)
    }

    /// What the pages need to know of a request that will have gone on; nothing, if they are the same for all.
    fn kept(&self, request: &Request, cx: &Context<'_>) -> Option<Request> {
        if !self.are_of_request {
            return None;
        }
        let mut fields = Fields::default();
        for page in self.pages {
            if let Content::OfRequest(_, body) = &page.content {
                body.keep(request, cx, &mut fields);
            }
        }
        let (method, target) = (request.method.clone(), request.target.clone());
        Some(Request { method, target, version: request.version, fields, body: RequestBody::empty() })
    }
}

/// All of it is known at build.
impl Policy for Pages {}

/// The layer that puts pages in the place of errors.
#[derive(Debug)]
pub struct ErrorPages<S> {
    pages: &'static Pages,
    inner: S,
}

impl<S> ErrorPages<S> {
    /// Looks at the answers of `inner`.
    pub const fn new(pages: &'static Pages, inner: S) -> Self {
        Self { pages, inner }
    }
}

impl<S: Service> Service for ErrorPages<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        let kept = self.pages.kept(&request, cx);
        let mut response = self.inner.answer(request, cx).await;
        if response.status.as_u16() >= 400
            && let Some(page) = self.pages.of(&response, cx)
        {
            page.replace(&mut response, kept.as_ref(), cx);
        }
        Ok(response)
    }
}
