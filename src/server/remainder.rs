//! What is left of a request's body when its answer is ready. A small rest is read away, so that the connection stays
//! fit for the next request; if it is large, slow or was never asked for, the answer says that the connection closes
//! (RFC 9112 sections 9.3 and 9.6, RFC 9110 section 10.1.1). A client that is not told would send its next request
//! into a connection that is gone.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use http::{HeaderValue, header};
use http_body::Body as _;
use hyper::body::Incoming;

use super::client::Client;
use crate::message::Response;

/// More than this is not read for an answer that does not need it.
const MOST: u64 = 64 * 1024;
/// Nor is anything waited for longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads the rest of the request's body away, or lets the answer say that the connection closes.
pub(super) async fn settle(client: &Client, response: &mut Response) {
    if !client.body_is_unread() || response.headers().contains_key(header::CONNECTION) {
        return;
    }
    // A streamed answer may still take its request in; whether it will is not known when its head is sent.
    let whole = match client.take_rest() {
        Some(rest) => Box::pin(read_away(rest, client)).await,
        None => false,
    };
    if !whole {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// Whether the body has ended.
async fn read_away(mut rest: Incoming, client: &Client) -> bool {
    if rest.size_hint().lower() > MOST {
        return false;
    }
    client.linger(PATIENCE);
    let mut allowed = MOST;
    poll_fn(|cx| {
        loop {
            match Pin::new(&mut rest).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                    client.body_discarded(length);
                    match allowed.checked_sub(length) {
                        Some(left) => allowed = left,
                        None => return Poll::Ready(false),
                    }
                }
                Poll::Ready(Some(Err(_))) => return Poll::Ready(false),
                Poll::Ready(None) => {
                    client.body_ended();
                    return Poll::Ready(true);
                }
                Poll::Pending if client.late().is_some() => return Poll::Ready(false),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await
}
