//! Sets of methods.

/// The names of the bits, in their order; the last stands for every other method.
pub const NAMES: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "_OTHER"];

/// A set of methods: one bit for each that HTTP registers and one for all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Methods(u16);

impl Methods {
    /// The empty set.
    pub const NONE: Self = Self(0);
    /// Every method, registered or not.
    pub const ALL: Self = Self((1 << NAMES.len()) - 1);
    /// GET.
    pub const GET: Self = Self::nth(0);
    /// HEAD.
    pub const HEAD: Self = Self::nth(1);
    /// POST.
    pub const POST: Self = Self::nth(2);
    /// PUT.
    pub const PUT: Self = Self::nth(3);
    /// DELETE.
    pub const DELETE: Self = Self::nth(4);
    /// OPTIONS.
    pub const OPTIONS: Self = Self::nth(5);
    /// PATCH.
    pub const PATCH: Self = Self::nth(6);
    /// How many of [`NAMES`], from the first, a route may name.
    const OF_ROUTES: usize = 7;

    /// The set of the method with this place in [`NAMES`].
    #[inline]
    pub const fn nth(place: usize) -> Self {
        Self(1 << place)
    }

    /// The set of just this method; the case counts.
    pub fn of(name: &str) -> Self {
        Self::nth(NAMES.iter().position(|known| *known == name).unwrap_or(NAMES.len() - 1))
    }

    #[inline]
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// Of [`Methods::bits`].
    #[inline]
    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The methods of both sets.
    #[inline]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The methods that are in both sets.
    #[inline]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The methods that are not in the other set.
    #[inline]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set has every method.
    #[inline]
    pub fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// Whether the sets share a method.
    #[inline]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those of the set that a route may name, in their order.
    pub fn named(self) -> impl Iterator<Item = &'static str> + Clone {
        let names = NAMES.iter().take(Self::OF_ROUTES).enumerate();
        names.filter(move |(place, _)| self.intersects(Self::nth(*place))).map(|(_, name)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_one_order() {
        let some = Methods::POST.union(Methods::GET).union(Methods::of("TRACE"));
        assert_eq!(some.named().collect::<Vec<_>>(), ["GET", "POST"]);
        assert!(!Methods::of("PUT").intersects(Methods::GET) && Methods::of("PATCH") == Methods::PATCH);
        assert!(Methods::ALL.intersects(Methods::of("PURGE")) && Methods::of("get") == Methods::of("PURGE"));
        assert_eq!(some.without(Methods::GET), some.intersection(Methods::of("TRACE").union(Methods::POST)));
        assert!(Methods::ALL.is_all() && !Methods::ALL.without(Methods::of("CONNECT")).is_all());
        assert_eq!(Methods::ALL.named().reduce(|_, last| last), Some("PATCH"));
    }
}
