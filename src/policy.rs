//! The life of a policy: what a config sets up for a middleware, from the start of the gateway to its end. Generated code lists every
//! policy once (`Settings::policies`), and each takes part in what concerns it.
//!
//! | | when | where |
//! |---|---|---|
//! | [`Policy::bind`] | before a listener opens | the main thread |
//! | [`Policy::local`] | as a worker starts, before its first connection | that worker |
//! | [`Policy::start`] | once, as the workers start | the control thread |
//! | [`Policy::reload`] | at each SIGHUP, one after the other | a thread that may block |
//! | [`Policy::counted`] | before the first worker starts | the main thread |
//! | [`Policy::collect`] | when `/metrics` is read | the thread that renders it |
//! | [`Policy::stop`] | once, when the workers have ended and nothing reloads any more | a thread that may block, for a second |

mod local;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use local::{Locals, Slot};

use crate::error::Refusal;
use crate::late::Problems;
use crate::observe::Families;

/// What is set up for a middleware: shared by all workers, and a static of generated code.
pub trait Policy: Sync {
    /// Takes in late values, and the memory that it needs. Called once; what is wrong keeps the gateway from starting.
    fn bind(&self, _problems: &mut Problems) {}

    /// Begins what refreshes itself: keys that are fetched, a sweep. Called once, while the first requests may be there already.
    fn start(&'static self, _control: &Control) {}

    /// Puts what each worker has for itself, and need not be `Sync`, into its [`Slot`]. Called once in each worker.
    fn local(&'static self, _locals: &mut Locals) {}

    /// Reads again what may have changed: certificates, keys, secrets in files. A problem is told in the operational log; what
    /// was read before stays in use then.
    fn reload(&self, _problems: &mut Problems) -> Reloaded {
        Reloaded::Nothing
    }

    /// The refusals of its layer that are counted by route. Every route has the series then, also one without the layer.
    fn counted(&self) -> Vec<&'static Refusal> {
        Vec::new()
    }

    /// Adds its series, under names that the gateway itself has not. The label values have to be known at build, or else their
    /// number would be the clients' choice.
    fn collect(&self, _families: &mut Families) {}

    /// Lets go of what it holds back, such as spans that are not sent yet. Nobody asks it for anything any more: if it still
    /// reloads, it is not called before that is over. The exit does not wait for longer than a second for all of them.
    fn stop(&self) {}
}

/// What a policy has made of a SIGHUP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reloaded {
    /// It has nothing that could be read again.
    Nothing,
    /// It has read it again, or said why it could not.
    Done,
}

/// The control thread, for who starts there.
#[derive(Debug)]
pub struct Control(());

impl Control {
    /// The present thread.
    pub(crate) fn here() -> Self {
        Self(())
    }

    /// Runs a task beside probes and lookups until the exit. It must not block: signals are heard on the same thread.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        tokio::task::spawn_local(task);
    }
}

/// What all of these have made of a SIGHUP. One that panics keeps no other from it.
pub(crate) fn reload(policies: &[&dyn Policy]) -> (Reloaded, Problems) {
    let mut problems = Problems::new();
    let mut reload = |policy: &&dyn Policy| {
        catch_unwind(AssertUnwindSafe(|| policy.reload(&mut problems))).unwrap_or_else(|_| {
            problems.of_itself("a policy panicked as it was reloaded: a defect of the gateway");
            Reloaded::Done
        })
    };
    let reloaded = policies.iter().map(&mut reload).max();
    (reloaded.unwrap_or(Reloaded::Nothing), problems)
}

/// All of these let go of what they hold back. One that panics, which has its own line, keeps no other from it.
pub(crate) fn stop(policies: &[&dyn Policy]) {
    for policy in policies {
        let _ = catch_unwind(AssertUnwindSafe(|| policy.stop()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Fails at everything.
    struct Broken;

    impl Policy for Broken {
        fn reload(&self, _: &mut Problems) -> Reloaded {
            panic!("on purpose")
        }

        fn stop(&self) {
            panic!("on purpose")
        }
    }

    /// Counts what it is asked for.
    struct Whole(AtomicU32);

    impl Policy for Whole {
        fn reload(&self, _: &mut Problems) -> Reloaded {
            self.0.fetch_add(1, Ordering::Relaxed);
            Reloaded::Nothing
        }

        fn stop(&self) {
            self.0.fetch_add(100, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_policy_that_panics_keeps_no_other_from_its_life() {
        let (before, behind) = (Whole(AtomicU32::new(0)), Whole(AtomicU32::new(0)));
        let policies: [&dyn Policy; 3] = [&before, &Broken, &behind];
        let (reloaded, problems) = reload(&policies);
        assert_eq!((reloaded, problems.messages().len()), (Reloaded::Done, 1));
        stop(&policies);
        assert_eq!([before, behind].map(|whole| whole.0.into_inner()), [101, 101]);
    }
}
