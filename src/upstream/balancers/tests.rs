//! The balancers against straightforward models of what they promise.

use super::*;
use crate::late::{Late, Origin};
use crate::upstream::Status;
use crate::upstream::testing::Asked;
use http::HeaderName;
use proptest::prelude::*;
use std::net::IpAddr;

fn backends(weights: &[u16]) -> &'static [Backend] {
    let make = |(slot, &weight)| Backend::new(Origin::at("gateway.yml", 1), slot, weight, Late::new(&[]));
    Box::leak(weights.iter().enumerate().map(make).collect())
}

/// nginx's smooth weighted round robin, as a straightforward model.
fn smooth(weights: &[u16]) -> &'static [u16] {
    let total: i64 = weights.iter().map(|&weight| i64::from(weight)).sum();
    let mut current = vec![0_i64; weights.len()];
    let mut turns = Vec::new();
    for _ in 0..total {
        current.iter_mut().zip(weights).for_each(|(value, &weight)| *value += i64::from(weight));
        let best = (0..weights.len()).rev().max_by_key(|&index| current[index]).unwrap();
        current[best] -= total;
        turns.push(best as u16);
    }
    Box::leak(turns.into())
}

/// How many of so many requests each backend answers; all the attempts at a backend in `dead` fail.
fn shares(
    balance: &impl Balance,
    group: &Group<'_, impl Lineup>,
    number: usize,
    dead: &[usize],
) -> (Vec<usize>, Vec<usize>) {
    let cx = Asked::new();
    let slots = group.iter().map(|backend| backend.slot() + 1).max().unwrap_or(0);
    let (mut answered, mut failed) = (vec![0; slots], vec![0; slots]);
    for _ in 0..number {
        let mut tried = Tried::new();
        while let Some(backend) = balance.pick(group, &mut tried, &cx) {
            if !dead.contains(&backend.slot()) {
                answered[backend.slot()] += 1;
                break;
            }
            failed[backend.slot()] += 1;
            tried.add(backend);
        }
    }
    (answered, failed)
}

fn picks(balance: &impl Balance, group: &Group<'_, impl Lineup>, number: usize) -> Vec<usize> {
    shares(balance, group, number, &[]).0
}

proptest! {
    #[test]
    fn round_robin_gives_exact_shares_among_the_usable(
        weights in prop::collection::vec(1u16..8, 1..6),
        down in any::<u8>(),
    ) {
        let backends = backends(&weights);
        for (index, backend) in backends.iter().enumerate() {
            if down >> index & 1 == 1 && index > 0 {
                backend.health().set(Status::Unhealthy);
            }
        }
        let group = Group::new(backends, smooth(&weights));
        let usable = |index: usize| backends[index].is_usable();
        let rounds: usize = (0..weights.len()).filter(|&index| usable(index)).map(|index| usize::from(weights[index])).sum();
        let counts = picks(&RoundRobin::new(), &group, rounds * 3);
        for (index, count) in counts.iter().enumerate() {
            let share = if usable(index) { usize::from(weights[index]) * 3 } else { 0 };
            prop_assert_eq!(*count, share);
        }
    }

    #[test]
    fn least_connections_never_picks_a_busier_backend(loads in prop::collection::vec(0usize..9, 1..6)) {
        let backends = backends(&vec![1; loads.len()]);
        let occupied = backends.iter().zip(&loads).flat_map(|(backend, &load)| (0..load).map(|_| backend.occupy()));
        let _occupied: Vec<_> = occupied.collect();
        let group = Group::new(backends, &[]);
        let picked = LeastConnections::new().pick(&group, &mut Tried::new(), &Asked::new()).unwrap();
        prop_assert_eq!(loads[picked.slot()], *loads.iter().min().unwrap());
    }

    #[test]
    fn least_connections_compares_load_over_weight(
        pairs in prop::collection::vec((0usize..9, 0u16..5), 1..6),
        turn in 0usize..50,
    ) {
        let weights: Vec<u16> = pairs.iter().map(|(_, weight)| *weight).collect();
        prop_assume!(weights.iter().any(|weight| *weight != 0));
        let backends = backends(&weights);
        let occupied = backends.iter().zip(&pairs).flat_map(|(backend, (load, _))| (0..*load).map(|_| backend.occupy()));
        let _occupied: Vec<_> = occupied.collect();
        let group = Group::new(backends, smooth(&weights));
        let balance = LeastConnections(AtomicUsize::new(turn));
        let picked = balance.pick(&group, &mut Tried::new(), &Asked::new()).unwrap();
        prop_assert!(picked.weight() != 0);
        for backend in backends.iter().filter(|backend| backend.weight() != 0) {
            prop_assert!(!Load::of(backend).is_below(Load::of(picked)));
        }
    }

    #[test]
    fn idle_backends_get_their_weights_of_least_connections(weights in prop::collection::vec(0u16..8, 1..6)) {
        prop_assume!(weights.iter().any(|weight| *weight != 0));
        let group = Group::new(backends(&weights), smooth(&weights));
        let round: usize = weights.iter().map(|weight| usize::from(*weight)).sum();
        let counts = picks(&LeastConnections::new(), &group, round * 5);
        prop_assert_eq!(counts, weights.iter().map(|weight| usize::from(*weight) * 5).collect::<Vec<_>>());
    }

    /// The dead one meets its own turns alone, and the others share these as they share all turns.
    #[test]
    fn the_survivors_take_over_in_proportion_to_their_weights(
        weights in prop::collection::vec(1u16..5, 2..6),
        dead in any::<prop::sample::Index>(),
    ) {
        let dead = dead.index(weights.len());
        let total: usize = weights.iter().map(|weight| usize::from(*weight)).sum();
        let alive = total - usize::from(weights[dead]);
        let group = Group::new(backends(&weights), smooth(&weights));
        let (answered, failed) = shares(&RoundRobin::new(), &group, total * alive, &[dead]);
        for (index, weight) in weights.iter().enumerate() {
            let weight = usize::from(*weight);
            let expected = if index == dead { (0, weight * alive) } else { (weight * total, 0) };
            prop_assert_eq!((answered[index], failed[index]), expected);
        }
    }
}

#[test]
fn of_two_with_one_dead_every_second_request_meets_it() {
    let group = Group::new(backends(&[1, 1]), &[]);
    assert_eq!(shares(&RoundRobin::new(), &group, 40, &[1]), (vec![40, 0], vec![0, 20]));
}

#[test]
fn of_four_with_two_dead_the_survivors_get_the_same() {
    let group = Group::new(backends(&[1, 1, 1, 1]), &[]);
    let (answered, failed) = shares(&RoundRobin::new(), &group, 240, &[1, 2]);
    assert_eq!(answered, [120, 0, 0, 120]);
    // A quarter is theirs at first, and a third of each other's failures.
    assert_eq!(failed, [0, 80, 80, 0]);
}

#[test]
fn a_backend_without_weight_is_never_picked_and_takes_nothing_from_the_others() {
    for weights in [&[1, 0, 1][..], &[3, 1, 0], &[0, 1]] {
        let group = Group::new(backends(weights), smooth(weights));
        let total: usize = weights.iter().map(|weight| usize::from(*weight)).sum();
        let expected: Vec<usize> = weights.iter().map(|weight| usize::from(*weight) * 4).collect();
        assert_eq!(picks(&RoundRobin::new(), &group, total * 4), expected);
        assert_eq!(picks(&LeastConnections::new(), &group, total * 4), expected);
    }
    let nothing = Group::new(backends(&[0, 0]), &[]);
    assert!(RoundRobin::new().pick(&nothing, &mut Tried::new(), &Asked::new()).is_none());
    assert!(LeastConnections::new().pick(&nothing, &mut Tried::new(), &Asked::new()).is_none());
}

#[test]
fn random_follows_the_weights() {
    let group = Group::new(backends(&[1, 3]), smooth(&[1, 3]));
    let counts = picks(&RandomChoice, &group, 40_000);
    assert!((9_500..10_500).contains(&counts[0]), "{counts:?}");
}

#[test]
fn nobody_usable_is_nothing_and_tried_ones_are_skipped() {
    let backends = backends(&[1, 1]);
    let group = Group::new(backends, &[]);
    let mut tried = Tried::new();
    tried.add(&backends[0]);
    let cx = Asked::new();
    assert_eq!(RoundRobin::new().pick(&group, &mut tried, &cx).unwrap().slot(), 1);
    tried.add(&backends[1]);
    assert!(RoundRobin::new().pick(&group, &mut tried, &cx).is_none());
    assert!(LeastConnections::new().pick(&group, &mut tried, &cx).is_none());
    let nobody = Group::new(&backends[..0], &[]);
    assert!(RoundRobin::new().pick(&nobody, &mut Tried::new(), &cx).is_none());
}

/// The same backend for the same value of a field; without it for the same client and path. So much is a balancer of one's own.
struct HashOf(HeaderName);

impl Balance for HashOf {
    fn pick(
        &self,
        group: &Group<'_, impl Lineup>,
        tried: &mut Tried,
        cx: &impl BalancerContext,
    ) -> Option<&'static Backend> {
        let ours = || format!("{:?} {}", cx.client_ip(), cx.target().path()).into_bytes();
        let key = cx.first(&self.0).map_or_else(ours, <[u8]>::to_vec);
        let turn = tried.turn(|| castgate_contract::segment::hash(&key) as usize);
        group.turn(turn, tried, Backend::is_usable)
    }
}

#[test]
fn a_balancer_can_ask_for_the_request_and_has_what_its_config_says() {
    let backends = backends(&[1, 1, 1, 1]);
    let group = Group::new(backends, &[]);
    let balance = HashOf(HeaderName::from_static("x-tenant"));
    let pick = |cx: &Asked, tried: &mut Tried| balance.pick(&group, tried, cx).unwrap();
    let of = |tenant: &str, client: u8| {
        let mut cx = Asked { client_ip: IpAddr::from([10, 0, 0, client]), ..Asked::new() };
        if !tenant.is_empty() {
            cx.fields.insert(&balance.0, &tenant.parse().unwrap());
        }
        cx
    };
    let slots = |tenants: &[String], client: u8| -> Vec<usize> {
        tenants.iter().map(|tenant| pick(&of(tenant, client), &mut Tried::new()).slot()).collect()
    };
    let tenants: Vec<String> = (0..40).map(|number| format!("tenant-{number}")).collect();
    assert_eq!(slots(&tenants, 1), slots(&tenants, 2), "the field alone decides");
    let nobody: Vec<usize> = (0..40).flat_map(|client| slots(&[String::new()], client)).collect();
    for slot in 0..4 {
        assert!(slots(&tenants, 1).contains(&slot) && nobody.contains(&slot), "backend {slot}");
    }
    // Who fails is not asked again.
    let (cx, mut tried) = (of("tenant-1", 1), Tried::new());
    let first = pick(&cx, &mut tried);
    tried.add(first);
    assert_ne!(pick(&cx, &mut tried).slot(), first.slot());
}

/// How many of a hundred requests each of four backends gets, the first `usable` of which are usable.
fn in_panic_below(below: u32, usable: usize, balance: &impl Balance) -> Vec<usize> {
    let backends = backends(&[1; 4]);
    for backend in &backends[usable..] {
        backend.health().set(Status::Unhealthy);
    }
    picks(balance, &Group::new(backends, &[]).with_panic(below), 100)
}

#[test]
fn below_the_threshold_all_take_requests_and_from_it_on_only_the_usable_ones() {
    for (below, usable, all) in
        [(5000, 3, false), (5000, 2, false), (5000, 1, true), (10_000, 3, true), (1, 1, false), (0, 1, false)]
    {
        for counts in [
            in_panic_below(below, usable, &RoundRobin::new()),
            in_panic_below(below, usable, &RandomChoice::new()),
            in_panic_below(below, usable, &LeastConnections::new()),
        ] {
            let taking = counts.iter().filter(|count| **count > 0).count();
            assert_eq!(taking, if all { 4 } else { usable }, "{below} {usable} {counts:?}");
        }
    }
    assert_eq!(in_panic_below(5000, 1, &RoundRobin::new()), [25; 4]);
    assert_eq!(in_panic_below(10_000, 0, &RoundRobin::new()), [0; 4], "the backups come first");
}

#[test]
fn whoever_there_is_takes_requests_if_nobody_is_usable_but_for_who_has_no_weight() {
    let backends = backends(&[2, 1, 0]);
    for backend in backends {
        backend.health().set(Status::Unhealthy);
    }
    let group = Group::new(backends, &[0, 1, 0]).with_panic(1).whoever();
    assert_eq!(picks(&RoundRobin::new(), &group, 30), [20, 10, 0]);
    assert_eq!(picks(&LeastConnections::new(), &group, 30), [20, 10, 0]);
    let (answered, failed) = shares(&RoundRobin::new(), &group, 30, &[0]);
    assert_eq!((answered, failed), (vec![0, 30, 0], vec![20, 0, 0]), "what was tried is not tried again");
}
