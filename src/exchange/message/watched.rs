//! Telling a layer how an answer ended that was still streaming when the layer returned.

use crate::error::Reason;

/// Who wants to know how answers end. A layer's state, so that watching costs no allocation.
pub(crate) trait Observe: std::fmt::Debug + Sync {
    /// An answer has ended; `token` is what the layer said of it.
    fn answer_ended(&self, token: u64, reason: Reason);
}

/// An answer whose end somebody wants to know of. Dropped untold, its client has gone.
#[derive(Debug)]
pub(crate) struct Watched {
    by: &'static dyn Observe,
    token: u64,
    told: bool,
}

impl Watched {
    pub(crate) fn new(by: &'static dyn Observe, token: u64) -> Self {
        Self { by, token, told: false }
    }

    /// The answer has ended so.
    pub(crate) fn tell(mut self, reason: Reason) {
        self.told = true;
        self.by.answer_ended(self.token, reason);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.told {
            self.by.answer_ended(self.token, Reason::ClientClosed);
        }
    }
}
