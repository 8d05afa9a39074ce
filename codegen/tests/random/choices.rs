//! Where the generator's choices come from: a seed, or the bytes of a fuzzer.

/// A source of choices. Nothing but the seed or the bytes decides what it gives.
pub(crate) struct Choices<'a>(Source<'a>);

enum Source<'a> {
    Seed(u64),
    /// What is not there is zero, and zero is the simplest choice.
    Bytes(&'a [u8]),
}

impl<'a> Choices<'a> {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Source::Seed(seed))
    }

    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(Source::Bytes(bytes))
    }

    /// One of `0..count`; 0 if there are none.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let number = match &mut self.0 {
            // SplitMix64.
            Source::Seed(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
            Source::Bytes(bytes) => {
                let width = if count <= 256 { 1 } else { 2 };
                let (taken, rest) = bytes.split_at(width.min(bytes.len()));
                *bytes = rest;
                taken.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
            }
        };
        usize::try_from(number % (count.max(1) as u64)).unwrap_or(0)
    }

    /// One of `from..=to`.
    pub(crate) fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }

    /// Whether something happens that happens so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }

    /// So many of them at most, in their order.
    pub(crate) fn some<'t, T: ?Sized>(&mut self, from: &[&'t T], most: usize) -> Vec<&'t T> {
        let mut places: Vec<usize> = (0..from.len()).collect();
        self.shuffle(&mut places);
        places.truncate(self.below(most + 1));
        places.sort_unstable();
        places.into_iter().map(|place| from[place]).collect()
    }

    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for index in (1..list.len()).rev() {
            let other = self.below(index + 1);
            list.swap(index, other);
        }
    }
}
