//! Open files, which both sides share: every connection is one, of a client and to a backend. There are fewer of them than two for each
//! client that may be connected, since most clients idle. So a request may find none left; then it waits its turn, and takes the next one
//! that is closed before any newcomer does.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Those of a process.
#[derive(Clone, Debug)]
pub(crate) struct Files(Arc<Semaphore>);

/// One of them, until this is dropped.
#[derive(Debug)]
pub(crate) struct File(Files);

impl Files {
    /// So many for connections of both sides.
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))))
    }

    /// One, if any is left that nobody waits for.
    pub(crate) fn take(&self) -> Option<File> {
        self.borrow().then(|| File(self.clone()))
    }

    /// The same for who has no room to hold it: whether there was one, which is to be given back then.
    pub(super) fn borrow(&self) -> bool {
        self.0.try_acquire().map(SemaphorePermit::forget).is_ok()
    }

    pub(super) fn give_back(&self) {
        self.0.add_permits(1);
    }

    /// The next one, in the order in which it was asked for.
    pub(crate) async fn next(&self) -> File {
        if let Ok(taken) = self.0.acquire().await {
            taken.forget();
        }
        File(self.clone())
    }

    /// Whether none is left.
    pub(crate) fn are_used_up(&self) -> bool {
        self.0.available_permits() == 0
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn who_waits_comes_before_who_does_not() {
        let (files, mut cx) = (Files::new(2), Context::from_waker(Waker::noop()));
        let (one, two) = (files.take().unwrap(), files.take().unwrap());
        assert!(files.take().is_none() && files.are_used_up());
        let (mut first, mut second) = (pin!(files.next()), pin!(files.next()));
        assert!(first.as_mut().poll(&mut cx).is_pending() && second.as_mut().poll(&mut cx).is_pending());
        drop(one);
        assert!(files.take().is_none(), "it is somebody's already");
        assert!(second.as_mut().poll(&mut cx).is_pending());
        let Poll::Ready(taken) = first.poll(&mut cx) else { panic!("its turn has come") };
        drop(two);
        assert!(second.poll(&mut cx).is_ready());
        // The second one has it no more either.
        drop(taken);
        assert!(files.take().is_some() && !files.are_used_up());
    }
}
