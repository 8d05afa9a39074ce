//! Who makes way when there are as many sessions as there may be, or no file is left for another: the connection that has been
//! idle longest. A limit that only kept newcomers out would let whoever opens connections and sends nothing keep everybody out.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::Instant;

use super::session::{ON_ITS_WAY, Session};

/// One look through all connections finds so many that may go: looking costs as much as there are connections.
const AT_ONCE: usize = 64;

/// Connections in the order in which they make way, from the last look at all of them.
#[derive(Debug, Default)]
pub(super) struct Idlest {
    found: RefCell<VecDeque<(Instant, Weak<Session>)>>,
}

impl Idlest {
    /// The connection that has been idle longest, if one has been idle for long enough at `now`.
    pub(super) fn next<'a>(
        &self,
        now: Instant,
        sessions: impl Iterator<Item = &'a Rc<Session>>,
    ) -> Option<Rc<Session>> {
        let mut found = self.found.borrow_mut();
        // Who was idle at the last look and still is has been so for longer than anybody who was not.
        let still_idle = |found: &mut VecDeque<(Instant, Weak<Session>)>| {
            std::iter::from_fn(|| found.pop_front()).find_map(|(since, session)| {
                session.upgrade().filter(|session| session.idle_since() == Some(since))
            })
        };
        if let Some(session) = still_idle(&mut found) {
            return Some(session);
        }
        let idle = sessions.filter_map(|session| {
            let since = session.idle_since()?;
            (now.saturating_duration_since(since) >= ON_ITS_WAY).then(|| (since, Rc::downgrade(session)))
        });
        let mut idle: Vec<_> = idle.collect();
        idle.sort_unstable_by_key(|(since, _)| *since);
        found.extend(idle.into_iter().take(AT_ONCE));
        still_idle(&mut found)
    }
}
