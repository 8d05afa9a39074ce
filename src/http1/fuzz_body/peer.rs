//! Another reader of requests: hyper's server, over bytes that are all there.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};

/// The bodies that hyper finds in a request with this chunked body, and in the next one behind it.
pub(super) fn bodies(body: &[u8]) -> Vec<Vec<u8>> {
    let wire =
        [b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", body, b"GET / HTTP/1.1\r\n\r\n"].concat();
    let (tell, found) = mpsc::channel();
    let service = service_fn(async |request: Request<Incoming>| {
        if let Ok(body) = request.into_body().collect().await {
            let _ = tell.send(body.to_bytes().to_vec());
        }
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    // That nothing more comes is no reason for it to leave before it has answered.
    let serving = hyper::server::conn::http1::Builder::new()
        .half_close(true)
        .serve_connection(Wire(wire.into()), service);
    let (mut serving, mut task) = (pin!(serving), Context::from_waker(Waker::noop()));
    // All that it waits for is there: it need only be asked again.
    let over = (0..1_000).find(|_| serving.as_mut().poll(&mut task).is_ready());
    assert!(over.is_some(), "hyper waits for something");
    found.try_iter().collect()
}

/// Bytes that have arrived, and nobody who reads the answer.
struct Wire(Bytes);

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut room: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.0.len().min(room.remaining());
        room.put_slice(&self.0.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl Write for Wire {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
