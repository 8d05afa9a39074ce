//! A response body that arrives while it is being sent on. It is read only as fast as the client takes it, and ends
//! the exchange's record when it ends.

use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::connection::Connection;
use super::http1::Decoder;
use crate::context::Record;
use crate::error::Reason;
use crate::service::BodyError;

/// The rest of a response.
#[derive(Debug)]
pub struct Streaming {
    /// Gone when the body has ended.
    connection: Option<Box<Connection>>,
    decoder: Decoder,
    /// What came with the head.
    early: [Bytes; 2],
    /// Between two reads.
    patience: Duration,
    record: Option<Record>,
}

impl Streaming {
    pub(super) fn new(connection: Box<Connection>, decoder: Decoder, early: [Bytes; 2]) -> Self {
        Self { patience: connection.patience(), connection: Some(connection), decoder, early, record: None }
    }

    /// Gives the body the record that it is to end.
    pub(crate) fn carry(&mut self, record: Record) {
        record.client.extend(self.patience);
        self.record = Some(record);
    }

    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let (Some(record), Some(connection)) = (&mut self.record, &mut self.connection) else {
            return Poll::Ready(None);
        };
        let early = self.early.iter_mut().find(|data| !data.is_empty()).map(std::mem::take);
        let next = match early {
            Some(data) => Poll::Ready(Ok(Some(data))),
            None => connection.poll_body(&mut self.decoder, &record.client, cx),
        };
        match next {
            Poll::Ready(Ok(Some(data))) => {
                record.bytes_out += data.len() as u64;
                record.client.extend(self.patience);
                // hyper does not ask again once it has as much as was announced.
                if self.size_hint().exact() == Some(0) {
                    self.end(Reason::Ok);
                }
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
            Poll::Ready(Ok(None)) => {
                self.end(Reason::Ok);
                Poll::Ready(None)
            }
            Poll::Ready(Err(reason)) => Poll::Ready(Some(Err(self.fail(reason)))),
            Poll::Pending if record.client.is_expired() => {
                Poll::Ready(Some(Err(self.fail(Reason::UpstreamTimeout))))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn end(&mut self, reason: Reason) {
        if let (Some(mut record), Some(connection)) = (self.record.take(), self.connection.take()) {
            connection.release(&record.client);
            record.end(reason);
        }
    }

    /// hyper then closes the client's connection without the end of the body, so that the truncation shows.
    fn fail(&mut self, reason: Reason) -> BodyError {
        self.connection = None;
        if let Some(mut record) = self.record.take() {
            record.end(reason);
        }
        reason.as_str().into()
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.connection.is_none()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        let early: usize = self.early.iter().map(Bytes::len).sum();
        self.decoder.remaining().map_or_else(SizeHint::new, |rest| SizeHint::with_exact(rest + early as u64))
    }
}
