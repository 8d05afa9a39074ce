//! A body that can be read again from its beginning, as far as it is kept. It is kept in memory of its own: the blocks that it came in
//! are the worker's.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;

use super::RequestBody;
use super::layer::Layer;
use crate::error::Reason;
use crate::exchange::Exchange;
use crate::fields::Fields;

/// What is read at a time of what was kept.
const PIECE: usize = 16 * 1024;

/// One reading of a body that may be read again.
#[derive(Debug)]
pub(super) struct Replayed {
    shared: Rc<RefCell<Shared>>,
    /// How much it has read.
    at: u64,
}

/// What all readings have in common.
#[derive(Debug)]
struct Shared {
    /// What nobody has read yet.
    rest: RequestBody,
    /// How much of the body is not the rest.
    read: u64,
    kept: Kept,
    trailers: Option<Box<Fields>>,
}

/// What has been read.
#[derive(Debug)]
enum Kept {
    /// All of it, as long as that is no more than so many bytes.
    All { bytes: Vec<u8>, most: usize },
    /// It is gone.
    Nothing,
}

impl Replayed {
    /// Keeps at most so many bytes.
    pub(super) fn new(body: RequestBody, most: usize) -> Self {
        let kept = Kept::All { bytes: Vec::new(), most };
        let shared = Shared { rest: body, read: 0, kept, trailers: None };
        Self { shared: Rc::new(RefCell::new(shared)), at: 0 }
    }
}

impl Shared {
    /// What was kept from there on.
    fn kept_from(&self, at: u64) -> Option<&[u8]> {
        match &self.kept {
            Kept::All { bytes, .. } => bytes.get(usize::try_from(at).ok()?..),
            Kept::Nothing => None,
        }
    }

    fn keep(&mut self, data: &[u8]) {
        self.read += data.len() as u64;
        match &mut self.kept {
            Kept::All { bytes, most } if bytes.len() + data.len() <= *most => bytes.extend_from_slice(data),
            Kept::All { .. } | Kept::Nothing => self.kept = Kept::Nothing,
        }
    }
}

impl Layer for Replayed {
    fn poll_data(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes, Reason>>> {
        let is_alone = Rc::strong_count(&self.shared) == 1;
        let mut shared = self.shared.borrow_mut();
        if self.at < shared.read {
            // Only a defect would read on where another reading has let go of it.
            let Some(again) = shared.kept_from(self.at) else {
                return Poll::Ready(Some(Err(Reason::Internal)));
            };
            let piece = Bytes::copy_from_slice(&again[..again.len().min(PIECE)]);
            self.at += piece.len() as u64;
            return Poll::Ready(Some(Ok(piece)));
        }
        let next = ready!(shared.rest.poll_data(cx));
        match &next {
            Some(Ok(data)) => {
                if is_alone {
                    shared.kept = Kept::Nothing;
                }
                shared.keep(data);
                self.at = shared.read;
            }
            Some(Err(_)) => {}
            None => {
                let trailers = shared.rest.take_trailers();
                shared.trailers = shared.trailers.take().or(trailers);
            }
        }
        Poll::Ready(next)
    }

    fn left(&self) -> Option<u64> {
        let shared = self.shared.borrow();
        // Only chunks have something behind them.
        let rest = shared.rest.length().filter(|_| shared.trailers.is_none())?;
        Some(rest + (shared.read - self.at))
    }

    fn take_trailers(&mut self) -> Option<Box<Fields>> {
        self.shared.borrow().trailers.clone()
    }

    fn failed(&mut self, reason: Reason) {
        self.shared.borrow_mut().rest.fail(reason);
    }

    fn exchange(&self) -> Option<Rc<Exchange>> {
        self.shared.borrow().rest.exchange()
    }

    fn again(&self) -> Option<Box<dyn Layer>> {
        let shared = self.shared.borrow();
        let is_whole = matches!(shared.kept, Kept::All { .. }) && !shared.rest.has_failed();
        is_whole.then(|| Box::new(Self { shared: self.shared.clone(), at: 0 }) as _)
    }
}
