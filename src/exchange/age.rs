//! How old a client's connection may get: `timeouts.connection`. One that is older ends with the response that it gets next, and not
//! before: nothing is cut, and nobody has to look at the clock but who answers anyway. So clients that stay connected for ever come to a
//! new gateway, or to another address of it, in the end.

use std::time::{Duration, Instant};

/// When a connection is too old.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age(Option<Instant>);

impl Age {
    /// One that begins now. Of connections that begin together each is given another time, of nine tenths of it and more: so they do not
    /// all come back together.
    pub(super) fn new(now: Instant, most: Option<Duration>, random: &mut fastrand::Rng) -> Self {
        Self(most.and_then(|most| now.checked_add(most.mul_f64(0.9 + random.f64() / 10.0))))
    }

    pub(super) fn is_over(self, now: Instant) -> bool {
        self.0.is_some_and(|end| now >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_spread_over_the_last_tenth() {
        let (now, most) = (Instant::now(), Duration::from_secs(1000));
        let mut random = fastrand::Rng::with_seed(7);
        let ages: Vec<Age> = (0..1000).map(|_| Age::new(now, Some(most), &mut random)).collect();
        let over =
            |seconds| ages.iter().filter(|age| age.is_over(now + Duration::from_secs(seconds))).count();
        assert_eq!((over(899), over(1000)), (0, 1000));
        assert!((300..700).contains(&over(950)), "{}", over(950));
    }

    #[test]
    fn without_a_limit_none_is_too_old() {
        let age = Age::new(Instant::now(), None, &mut fastrand::Rng::with_seed(7));
        assert!(!age.is_over(Instant::now() + Duration::from_secs(1 << 30)));
    }
}
