//! Networks, and which addresses are in them. An address of IPv4 is compared as the one of IPv6 that is mapped to it: a
//! client is the same by either family.

use std::net::{IpAddr, Ipv6Addr};

/// The bits of an address, in which those of IPv4 are the ones of IPv6 that are mapped to them.
pub fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// Whether an address is in a set: `edges` are, in order, the first address that is in it, the next one that is not, and so on.
/// A search by halves: of ten thousand networks, fifteen comparisons.
pub fn is_within(edges: &[u128], address: IpAddr) -> bool {
    let bits = bits(address);
    edges.partition_point(|edge| *edge <= bits) % 2 == 1
}

/// A range of addresses that share their first bits. Networks either hold each other or have nothing in common; in order,
/// a larger one comes before those in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    bits: u128,
    mask: u128,
}

impl Network {
    /// The addresses that share the first `prefix` bits with an IPv4 address; more than 32 do not compile.
    pub const fn v4(octets: [u8; 4], prefix: u8) -> Self {
        assert!(prefix <= 32);
        let [a, b, c, d] = octets;
        Self::v6([0, 0, 0, 0, 0, 0xFFFF, (a as u16) << 8 | b as u16, (c as u16) << 8 | d as u16], prefix + 96)
    }

    /// The addresses that share the first `prefix` bits with an IPv6 address; more than 128 do not compile.
    pub const fn v6(segments: [u16; 8], prefix: u8) -> Self {
        assert!(prefix <= 128);
        let [a, b, c, d, e, f, g, h] = segments;
        let bits = Ipv6Addr::new(a, b, c, d, e, f, g, h).to_bits();
        let mask = if prefix == 0 { 0 } else { u128::MAX << (128 - prefix) };
        Self { bits: bits & mask, mask }
    }

    /// Of an address of either family; `prefix` is at most 32 or 128.
    pub const fn of(address: IpAddr, prefix: u8) -> Self {
        match address {
            IpAddr::V4(address) => Self::v4(address.octets(), prefix),
            IpAddr::V6(address) => Self::v6(address.segments(), prefix),
        }
    }

    /// Whether the address is one of them.
    pub fn contains(self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.bits
    }

    /// Its first address and its last.
    pub const fn ends(self) -> (u128, u128) {
        (self.bits, self.bits | !self.mask)
    }

    /// Whether all of the other network, or the same, is in this one.
    pub fn holds(self, other: Self) -> bool {
        self.mask & other.mask == self.mask && other.bits & self.mask == self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the bits, one after the other.
        #[test]
        fn what_is_held_is_contained(a: u128, b: u128, flips in 0_u32..128, long in 0_u8..=128, short in 0_u8..=128) {
            let agree = |one: u128, other: u128, count: u8| {
                (0..u32::from(count)).all(|place| one >> (127 - place) & 1 == other >> (127 - place) & 1)
            };
            let address = |bits: u128| IpAddr::V6(Ipv6Addr::from_bits(bits));
            for near in [b, a ^ 1 << flips] {
                let (one, other) = (Network::of(address(a), short), Network::of(address(near), long));
                prop_assert_eq!(one.contains(address(near)), agree(a, near, short));
                prop_assert_eq!(one.holds(other), short <= long && agree(a, near, short));
                prop_assert!(!(one.holds(other) && one != other) || one < other);
            }
        }
    }

    #[test]
    fn a_set_begins_and_ends_at_its_edges() {
        let address = |bits: u128| IpAddr::V6(Ipv6Addr::from_bits(bits));
        let within = |edges: &[u128], bits: [u128; 4]| bits.map(|bits| is_within(edges, address(bits)));
        assert_eq!(within(&[], [0, 1, 9, u128::MAX]), [false; 4]);
        assert_eq!(within(&[0], [0, 1, 9, u128::MAX]), [true; 4]);
        assert_eq!(within(&[1, 9], [0, 1, 8, 9]), [false, true, true, false]);
        assert_eq!(within(&[1, 2, 9], [1, 2, 9, u128::MAX]), [true, false, true, true]);
        let ten = Network::v4([10, 0, 0, 0], 8).ends();
        let edges = [ten.0, ten.1 + 1];
        for (text, is_in) in
            [("10.0.0.0", true), ("10.255.255.255", true), ("11.0.0.0", false), ("::a00:1", false)]
        {
            assert_eq!(is_within(&edges, text.parse().unwrap()), is_in, "{text}");
        }
        assert!(is_within(&edges, "::ffff:10.1.2.3".parse().unwrap()));
    }

    #[test]
    fn an_address_is_the_same_by_either_family() {
        let mapped: IpAddr = "::ffff:10.1.2.3".parse().unwrap();
        let ten = Network::v4([10, 0, 0, 0], 8);
        assert!(ten.contains(mapped) && ten.contains("10.1.2.3".parse().unwrap()));
        assert!(Network::v6([0; 8], 80).holds(Network::v4([0; 4], 0)));
        assert!(!Network::v6([0; 8], 96).holds(ten));
    }
}
