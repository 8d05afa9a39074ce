//! The smooth weighted round-robin order of nginx: each turn goes to the backend that is furthest behind its share,
//! so that weights 5, 1, 1 give `a a b a c a a` and never `a a a a a b c`. The compiler lays it out; where addresses come and
//! go, the runtime does.

/// One round of turns over backends of these weights; empty if all weigh the same.
///
/// A backend of weight 0 takes no turn.
pub fn turns(weights: &[u16]) -> Vec<u16> {
    if weights.windows(2).all(|pair| pair[0] == pair[1]) {
        return Vec::new();
    }
    let weights: Vec<i64> = weights.iter().map(|weight| i64::from(*weight)).collect();
    let total: i64 = weights.iter().sum();
    let mut lead = vec![0; weights.len()];
    let mut turns = Vec::new();
    for _ in 0..total {
        let mut next = 0;
        for (index, weight) in weights.iter().enumerate() {
            lead[index] += weight;
            // Equals go in the order of the file.
            if lead[index] > lead[next] {
                next = index;
            }
        }
        lead[next] -= total;
        turns.push(u16::try_from(next).unwrap_or(u16::MAX));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_order_is_nginx_s() {
        assert_eq!(turns(&[5, 1, 1]), [0, 0, 1, 0, 2, 0, 0]);
        assert_eq!(turns(&[1, 2]), [1, 0, 1]);
        assert_eq!(turns(&[1, 0, 1]), [0, 2]);
        assert!(turns(&[7, 7, 7]).is_empty());
        assert!(turns(&[3]).is_empty());
        assert!(turns(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn every_backend_gets_its_share_and_never_lags(weights in prop::collection::vec(0u16..20, 1..8)) {
            let turns = turns(&weights);
            let total: u32 = weights.iter().map(|weight| u32::from(*weight)).sum();
            prop_assume!(!turns.is_empty());
            let mut taken = vec![0u32; weights.len()];
            for (number, turn) in turns.iter().enumerate() {
                taken[usize::from(*turn)] += 1;
                for (taken, weight) in taken.iter().zip(&weights) {
                    let due = f64::from(u32::from(*weight)) * (number + 1) as f64 / f64::from(total);
                    prop_assert!((f64::from(*taken) - due).abs() <= 2.0, "{weights:?}: {turns:?}");
                }
            }
            for (taken, weight) in taken.iter().zip(&weights) {
                prop_assert_eq!(*taken, u32::from(*weight));
            }
        }
    }
}
