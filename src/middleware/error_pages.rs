//! Pages in the place of errors: of the gateway's own, and of those of backends that a page is for, too.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::context::Context;
use crate::error::{Error, Reason};
use crate::message::{Body, Request, RequestBody, Response};
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
    fn replace(&self, response: &mut Response, request: &Request, cx: &Context<'_>) {
        let body = match &self.content {
            Content::Fixed(bytes) => Bytes::from_static(bytes),
            Content::OfRequest(escape, body) => body.body(request, cx, *escape),
        };
        let headers = response.headers_mut();
        remove_fields_of_the_body(headers);
        if !body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        if let Body::Streaming(unread) = std::mem::replace(response.body_mut(), Body::from(body)) {
            unread.forgo();
        }
    }
}

/// What is said of a representation (RFC 9110 section 8, RFC 9530) is not said of another. The length is told anew.
fn remove_fields_of_the_body(headers: &mut HeaderMap) {
    const FIELDS: [HeaderName; 14] = [
        header::ACCEPT_RANGES,
        header::CONTENT_DISPOSITION,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::CONTENT_LENGTH,
        header::CONTENT_LOCATION,
        header::CONTENT_RANGE,
        header::CONTENT_TYPE,
        HeaderName::from_static("content-digest"),
        HeaderName::from_static("content-md5"),
        HeaderName::from_static("digest"),
        header::ETAG,
        header::LAST_MODIFIED,
        HeaderName::from_static("repr-digest"),
    ];
    FIELDS.iter().for_each(|field| drop(headers.remove(field)));
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
        let status = response.status().as_u16();
        // What no error has made is a backend's, or a fixed response, which says what it means.
        let is_own = cx.record.reason != Reason::Ok;
        let page = self.pages.iter().find(|page| (page.first..=page.last).contains(&status))?;
        (is_own || page.is_for_backends && cx.record.backend.is_some()).then_some(page)
    }

    /// What the pages need to know of a request that will have gone on; nothing, if they are the same for all.
    fn kept(&self, request: &Request, cx: &Context<'_>) -> Request {
        let mut kept = Request::new(RequestBody::empty());
        if self.are_of_request {
            *kept.method_mut() = request.method().clone();
            *kept.uri_mut() = request.uri().clone();
            for page in self.pages {
                if let Content::OfRequest(_, body) = &page.content {
                    body.keep(request, cx, kept.headers_mut());
                }
            }
        }
        kept
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
        if response.status().as_u16() >= 400
            && let Some(page) = self.pages.of(&response, cx)
        {
            page.replace(&mut response, &kept, cx);
        }
        Ok(response)
    }
}
