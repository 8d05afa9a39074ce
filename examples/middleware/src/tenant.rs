//! Whose request it is: `X-Tenant` says so, the backend is told the tenant's zone, and its pages have the tenant's name in them.

use castgate::bytes::Bytes;
use castgate::http::{HeaderName, HeaderValue, StatusCode};
use castgate::{Context, Error, Fields, Filter, Frames, Policy, Reason, Refusal, Request, Response, Service};

/// Who there is, and where. Of a real gateway this would be read by [`Policy::bind`], and again by `reload`.
static KNOWN: [(&str, HeaderValue); 2] =
    [("north-star", HeaderValue::from_static("west")), ("blue-door", HeaderValue::from_static("east"))];

/// Told to the backend, whatever a client says.
static ZONE: HeaderName = HeaderName::from_static("x-zone");

/// Nobody's request: 403, `"reason":"tenant_unknown"`, and a series by route.
static UNKNOWN: Refusal = Refusal::new("tenant_unknown", 403, "No such tenant")
    .counted("shop_tenant_unknown_total", "Requests of tenants that nobody knows.");

/// What in a page is the tenant's name.
const PLACE: &[u8] = b"{{tenant}}";

/// What is set up for the layer.
pub(crate) struct Tenants;

pub(crate) static TENANTS: Tenants = Tenants;

impl Policy for Tenants {
    fn counted(&self) -> Vec<&'static Refusal> {
        vec![&UNKNOWN]
    }
}

/// The layer.
pub(crate) struct Tenant<S> {
    inner: S,
}

impl<S> Tenant<S> {
    pub(crate) const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S: Service> Service for Tenant<S> {
    async fn serve(&self, mut request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        let said = request.fields.get("x-tenant").unwrap_or_default();
        let tenant = KNOWN.iter().find(|(name, _)| name.as_bytes() == said);
        request.fields.remove(&ZONE);
        match tenant {
            Some((_, zone)) => request.fields.insert(&ZONE, zone),
            None => cx.refuse(&UNKNOWN),
        }
        // A page that comes compressed has no places.
        request.fields.remove("accept-encoding");
        let mut response = self.inner.serve(request, cx).await?;
        if let Some((name, _)) = tenant
            && is_page(&response)
        {
            let speaks_of_other_bytes =
                ["etag", "last-modified", "accept-ranges", "content-digest", "repr-digest"];
            response.fields.retain(|field| !speaks_of_other_bytes.iter().any(|name| field.is(name)));
            response.body = response.body.filtered(Fill::new(name));
        }
        Ok(response)
    }
}

fn is_page(response: &Response) -> bool {
    let kind = response.fields.get("content-type").unwrap_or_default();
    response.status == StatusCode::OK
        && kind.starts_with(b"text/html")
        && !response.fields.contains("content-encoding")
}

/// Puts a name into the places of a page, however the page is cut.
struct Fill {
    name: &'static str,
    /// What may be the beginning of a place.
    held: Vec<u8>,
}

impl Fill {
    fn new(name: &'static str) -> Self {
        Self { name, held: Vec::new() }
    }
}

impl Filter for Fill {
    fn data(&mut self, data: Bytes, out: &mut Frames) -> Result<(), Reason> {
        let mut page = std::mem::take(&mut self.held);
        page.extend_from_slice(&data);
        let mut filled = Vec::with_capacity(page.len());
        let mut rest = page.as_slice();
        while let Some(at) = rest.windows(PLACE.len()).position(|window| window == PLACE) {
            filled.extend_from_slice(&rest[..at]);
            filled.extend_from_slice(self.name.as_bytes());
            rest = &rest[at + PLACE.len()..];
        }
        let is_begun = |from: &usize| PLACE.starts_with(&rest[*from..]);
        let whole =
            (rest.len().saturating_sub(PLACE.len() - 1)..rest.len()).find(is_begun).unwrap_or(rest.len());
        filled.extend_from_slice(&rest[..whole]);
        self.held = rest[whole..].to_vec();
        out.data(filled);
        Ok(())
    }

    fn end(&mut self, trailers: Option<Fields>, out: &mut Frames) -> Result<(), Reason> {
        out.data(std::mem::take(&mut self.held));
        if let Some(trailers) = trailers {
            out.trailers(trailers);
        }
        Ok(())
    }
}
