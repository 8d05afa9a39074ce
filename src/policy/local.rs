//! What belongs to one worker alone: connections, caches, compressors. Each has a slot whose number is known at build, so that to
//! find one is an index and a comparison of types (an indirect call, paid by the layers that have one).

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

use super::Policy;

/// Where a policy keeps a `T` in each worker.
pub struct Slot<T> {
    number: usize,
    of: PhantomData<fn() -> T>,
}

impl<T: 'static> Slot<T> {
    /// The slot of this number; no other policy of the gateway has the same.
    pub const fn at(number: usize) -> Self {
        Self { number, of: PhantomData }
    }
}

// Not derived: `T` need be neither.
impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slot<T> {}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.number).finish()
    }
}

/// A worker's slots.
#[derive(Debug, Default)]
pub struct Locals(Vec<Option<Box<dyn Any>>>);

impl Locals {
    /// Those of a worker that starts, on its thread.
    pub(crate) fn of(policies: &[&'static dyn Policy]) -> Self {
        let mut locals = Self::default();
        policies.iter().for_each(|policy| policy.local(&mut locals));
        locals
    }

    /// Fills a slot. One that is filled stays as it is: two policies of one number are a defect, which is told.
    pub fn put<T: 'static>(&mut self, slot: Slot<T>, local: T) {
        if self.0.len() <= slot.number {
            self.0.resize_with(slot.number + 1, || None);
        }
        match &mut self.0[slot.number] {
            empty @ None => *empty = Some(Box::new(local)),
            Some(_) => {
                tracing::error!(slot = slot.number, "two policies have one slot: a defect of the gateway")
            }
        }
    }

    /// What is in a slot; `None` if nobody has filled it with a `T`.
    pub(crate) fn get<T: 'static>(&self, slot: Slot<T>) -> Option<&T> {
        self.0.get(slot.number)?.as_ref()?.downcast_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    /// Counts in a worker.
    struct Counting(Slot<Cell<u32>>);

    impl Policy for Counting {
        fn local(&'static self, locals: &mut Locals) {
            locals.put(self.0, Cell::new(0));
        }
    }

    static FIRST: Counting = Counting(Slot::at(2));
    static SECOND: Counting = Counting(Slot::at(0));

    #[test]
    fn each_worker_and_each_policy_has_its_own() {
        let workers = [Locals::of(&[&FIRST, &SECOND]), Locals::of(&[&FIRST, &SECOND])];
        let count = |worker: usize, policy: &Counting| workers[worker].get(policy.0).unwrap();
        count(0, &FIRST).set(1);
        count(1, &SECOND).set(2);
        let all = [(0, &FIRST), (0, &SECOND), (1, &FIRST), (1, &SECOND)];
        assert_eq!(all.map(|(worker, policy)| count(worker, policy).get()), [1, 0, 0, 2]);
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let mut locals = Locals::of(&[&FIRST]);
        assert!(locals.get(Slot::<Cell<u32>>::at(0)).is_none(), "a slot that nobody has filled");
        assert!(locals.get(Slot::<Cell<u32>>::at(9)).is_none(), "a slot beyond the last");
        assert!(locals.get(Slot::<String>::at(2)).is_none(), "a slot of something else");
        locals.put(Slot::at(2), "another's".to_owned());
        assert!(locals.get(FIRST.0).is_some(), "the first one stays");
    }
}
