//! Sets of addresses: what networks have in common, and what is left of them.

use crate::model::Cidr;
#[cfg(any(test, feature = "cli"))]
use std::net::{IpAddr, Ipv6Addr};

/// Ranges in order, of which no two touch; both ends are in them. An address of IPv4 is the one of IPv6 that is mapped to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Addresses(Vec<(u128, u128)>);

impl Addresses {
    /// Every address.
    pub(crate) fn all() -> Self {
        Self(vec![(0, u128::MAX)])
    }

    /// Those of any of the networks.
    pub(crate) fn of<'a>(networks: impl IntoIterator<Item = &'a Cidr>) -> Self {
        let mut ranges: Vec<(u128, u128)> =
            networks.into_iter().map(|network| network.network().ends()).collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// Without those of `other`.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        // What ends before the first of these has nothing to take away.
        let from = self.0.first().map_or(0, |(first, _)| other.0.partition_point(|(_, to)| to < first));
        let mut others = other.0[from..].iter().peekable();
        for (first, last) in self.0.iter().copied() {
            let mut start = Some(first);
            // One that reaches beyond this range may also begin before the next.
            while let Some((from, to)) = others.peek().copied().copied().filter(|(from, _)| *from <= last) {
                if let Some(at) = start.filter(|at| to >= *at) {
                    if from > at {
                        left.push((at, from - 1));
                    }
                    start = to.checked_add(1).filter(|next| *next <= last);
                }
                if to > last {
                    break;
                }
                others.next();
            }
            left.extend(start.map(|start| (start, last)));
        }
        Self(left)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of them; one of IPv4 as such.
    #[cfg(feature = "cli")]
    pub(crate) fn first(&self) -> Option<IpAddr> {
        self.0.first().map(|(first, _)| IpAddr::V6(Ipv6Addr::from_bits(*first)).to_canonical())
    }

    /// As the runtime searches them: where they begin, where they end, and so on.
    pub(crate) fn edges(&self) -> Vec<u128> {
        self.0.iter().flat_map(|(first, last)| [Some(*first), last.checked_add(1)]).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use castgate_contract::network::is_within;
    use proptest::prelude::*;

    /// One of a few that lie close together at either end, in each other or side by side.
    fn network() -> impl Strategy<Value = Cidr> {
        (0_u128..32, 123_u8..=128, any::<bool>()).prop_map(|(bits, prefix, is_high)| {
            let bits = if is_high { u128::MAX - bits } else { bits };
            let mask = u128::MAX << (128 - prefix);
            Cidr { address: IpAddr::V6(Ipv6Addr::from_bits(bits & mask)), prefix }
        })
    }

    proptest! {
        /// Against each network, for every address near them.
        #[test]
        fn what_is_left_is_in_one_and_not_in_the_other(
            some in prop::collection::vec(network(), 0..6),
            others in prop::collection::vec(network(), 0..6),
        ) {
            let left = Addresses::of(&some).without(&Addresses::of(&others));
            let edges = left.edges();
            prop_assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(left.is_empty(), edges.is_empty());
            for bits in (0..40).chain((0..40).map(|below| u128::MAX - below)) {
                let address = IpAddr::V6(Ipv6Addr::from_bits(bits));
                let is_in = |networks: &[Cidr]| networks.iter().any(|of| of.network().contains(address));
                prop_assert_eq!(is_within(&edges, address), is_in(&some) && !is_in(&others), "{}", address);
            }
        }
    }

    #[test]
    fn all_without_nothing_is_all() {
        assert_eq!(Addresses::all().without(&Addresses::default()), Addresses::all());
        assert_eq!(Addresses::all().edges(), [0]);
        assert!(Addresses::all().without(&Addresses::all()).is_empty());
    }
}
