//! Slots against a naive model, and what balancers make of them.

use super::*;
use crate::late::{Late, Origin, Piece, Problems};
use crate::upstream::balancers::{LeastConnections, RandomChoice, RoundRobin};
use crate::upstream::testing::{Asked, cluster};
use crate::upstream::{Balance, Slots, Tried, Upstream};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn address(host: u8) -> SocketAddr {
    ([10, 0, 0, host], 80).into()
}

fn addresses(hosts: impl IntoIterator<Item = u8>) -> Vec<SocketAddr> {
    hosts.into_iter().map(address).collect()
}

proptest! {
    /// What may be said of slots without knowing how they are filled.
    #[test]
    fn what_stays_keeps_its_slot_and_the_lowest_of_the_others_fill_what_is_vacant(
        slots in 1usize..6,
        answers in prop::collection::vec(prop::collection::btree_set(0u8..12, 0..12), 1..20),
    ) {
        let mut seats = Seats::new(slots);
        let mut held: BTreeMap<SocketAddr, usize> = BTreeMap::new();
        let mut seen: Vec<Option<SocketAddr>> = vec![None; slots];
        for answer in answers {
            let found = addresses(answer.iter().copied());
            let (changes, left_out) = seats.settle(&found);
            let stay: BTreeMap<_, _> = held.iter().filter(|(one, _)| found.contains(one)).map(|(one, slot)| (*one, *slot)).collect();
            let mut wanted: Vec<SocketAddr> = found.iter().copied().filter(|one| !stay.contains_key(one)).collect();
            wanted.sort();
            wanted.truncate(slots - stay.len());
            for change in &changes {
                match *change {
                    Change::Comes(slot, one) => seen[slot] = Some(one),
                    Change::Leaves(slot) => seen[slot] = None,
                }
            }
            held = seen.iter().enumerate().filter_map(|(slot, one)| Some(((*one)?, slot))).collect();
            prop_assert_eq!(held.len(), seen.iter().flatten().count(), "no address has two slots");
            for (one, slot) in &stay {
                prop_assert_eq!(held.get(one), Some(slot), "it keeps its slot");
            }
            let came: Vec<SocketAddr> = held.keys().copied().filter(|one| !stay.contains_key(one)).collect();
            prop_assert_eq!(&came, &wanted);
            prop_assert_eq!(left_out, found.len() - held.len());
            prop_assert_eq!(changes.iter().any(|change| matches!(change, Change::Comes(slot, one) if stay.get(one) == Some(slot))), false);
        }
    }
}

#[test]
fn a_slot_that_has_just_become_vacant_is_filled_last() {
    let mut seats = Seats::new(3);
    seats.settle(&addresses([1, 2]));
    let (changes, _) = seats.settle(&addresses([2, 3]));
    assert_eq!(changes, [Change::Comes(2, address(3)), Change::Leaves(0)]);
    let (changes, left_out) = seats.settle(&addresses([4, 5, 6, 7]));
    assert_eq!(left_out, 1);
    let taken = [(0, 4), (1, 5), (2, 6)].map(|(slot, host)| Change::Comes(slot, address(host)));
    assert_eq!(changes, taken, "those are left out that are highest");
}

fn set(backends: &[Backend], status: Status) {
    for backend in backends {
        backend.health().set(status);
    }
}

fn resolve() -> Resolve {
    Resolve { interval: Duration::from_secs(1), filled: Filled::new() }
}

/// A name with three slots, and beside it a backend that is written by its address.
fn upstream() -> (&'static Cluster, Seating) {
    const NAME: Late = Late::new(&[Piece::Literal("http://users.test")]);
    const OTHER: Late = Late::new(&[Piece::Literal("http://10.9.9.9")]);
    const HERE: Origin = Origin::at("gateway.yml", 1);
    let of_name = Slots::new(HERE, 0, 1, NAME, 3);
    let other = Slots::whole(HERE, 3, 2, OTHER);
    let backends = Box::leak(Box::new(Backend::slots::<4>(&[of_name, other])));
    let cluster: &'static Cluster = Box::leak(Box::new(cluster(backends, Some(resolve()))));
    let mut problems = Problems::new();
    cluster.bind(&mut problems);
    assert!(problems.messages().is_empty());
    let slots = cluster.written().next().unwrap();
    (cluster, Seating::new(cluster, slots))
}

/// How often each address is chosen; `?` is the name's before it is known, `*` the other backend.
fn picks(
    cluster: &'static Cluster,
    balance: impl Balance,
    number: usize,
    tried: &[SocketAddr],
) -> BTreeMap<String, usize> {
    let (rosters, cx) = (Rosters::new(&[cluster]), Asked::new());
    let mut picks = BTreeMap::new();
    for _ in 0..number {
        let roster = rosters.of(cluster);
        let mut already = Tried::new();
        let has_failed = |slot: &&Backend| slot.address().is_some_and(|address| tried.contains(&address));
        cluster.backends.iter().filter(has_failed).for_each(|slot| already.add(slot));
        let Some(backend) = balance.pick(&roster.primaries(), &mut already, &cx) else { continue };
        let name = match backend.address() {
            Some(address) => address.ip().to_string(),
            None if backend.is_slot() => "?".to_owned(),
            None => "*".to_owned(),
        };
        *picks.entry(name).or_insert(0) += 1;
    }
    picks
}

fn counts(counts: &[(&str, usize)]) -> BTreeMap<String, usize> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn each_address_has_the_weight_that_is_written() {
    let (cluster, mut seating) = upstream();
    let round_robin = || Resolved::new(RoundRobin::new());
    assert_eq!(picks(cluster, round_robin(), 6, &[]), counts(&[("?", 2), ("*", 4)]), "nothing is known yet");
    assert!(seating.settle(&addresses([1, 2, 3])));
    let all = counts(&[("10.0.0.1", 2), ("10.0.0.2", 2), ("10.0.0.3", 2), ("*", 4)]);
    assert_eq!(picks(cluster, round_robin(), 10, &[]), all);
    assert!(!seating.settle(&addresses([3, 2, 1])), "the order is no news");
    assert_eq!(picks(cluster, Resolved::new(LeastConnections::new()), 10, &[]), all);
    assert!(seating.settle(&addresses([2])));
    assert_eq!(picks(cluster, round_robin(), 6, &[]), counts(&[("10.0.0.2", 2), ("*", 4)]));
    let by_chance = picks(cluster, Resolved::new(RandomChoice::new()), 3000, &[]);
    assert!((900..1100).contains(&by_chance["10.0.0.2"]), "{by_chance:?}");
}

#[test]
fn who_failed_is_followed_by_another_address_of_the_same_name() {
    let (cluster, mut seating) = upstream();
    seating.settle(&addresses([1, 2, 3]));
    let others = picks(cluster, Resolved::new(RoundRobin::new()), 40, &addresses([1, 2]));
    assert_eq!(others.keys().collect::<Vec<_>>(), ["*", "10.0.0.3"]);
}

#[test]
fn an_address_that_is_unhealthy_is_left_alone_and_what_comes_into_its_slot_is_new() {
    let (cluster, mut seating) = upstream();
    seating.settle(&addresses([1, 2, 3]));
    let slot = |host: u8| cluster.backends.iter().find(|slot| slot.address() == Some(address(host))).unwrap();
    set(cluster.backends, Status::Healthy);
    cluster.connect_failed(slot(1));
    assert_eq!(slot(1).health().status(), Status::Unhealthy);
    let without = picks(cluster, Resolved::new(RoundRobin::new()), 8, &[]);
    assert_eq!(without, counts(&[("10.0.0.2", 2), ("10.0.0.3", 2), ("*", 4)]));
    let (bad, well) = (slot(1), slot(2));
    assert!(seating.settle(&addresses([2, 3, 4])));
    assert_eq!((bad.address(), bad.health().status()), (Some(address(4)), Status::Unknown));
    assert_eq!(well.health().status(), Status::Healthy, "who stays keeps its state");
    seating.settle(&addresses([2]));
    assert_eq!((bad.health().status(), bad.is_present()), (Status::Vacant, false));
    cluster.connect_failed(bad);
    assert_eq!(bad.health().status(), Status::Vacant, "a request that comes late ejects nobody");
    assert_eq!(Cluster::best(cluster.written().next().unwrap()), Status::Healthy);
}

#[test]
fn more_addresses_than_slots_are_counted() {
    let (cluster, mut seating) = upstream();
    seating.settle(&addresses(1..=200));
    assert_eq!(cluster.backends[0].left_out(), 197);
    seating.settle(&addresses(190..=200));
    assert_eq!(cluster.backends[0].left_out(), 8);
    let taken = picks(cluster, Resolved::new(RoundRobin::new()), 5, &[]);
    assert_eq!(taken, counts(&[("10.0.0.190", 1), ("10.0.0.191", 1), ("10.0.0.192", 1), ("*", 2)]));
    seating.settle(&addresses([1]));
    assert_eq!(cluster.backends[0].left_out(), 0);
}

#[test]
fn a_worker_sees_what_has_changed_and_keeps_what_has_not() {
    let (cluster, mut seating) = upstream();
    let rosters = Rosters::new(&[cluster]);
    seating.settle(&addresses([1]));
    let before = std::ptr::from_ref::<Roster>(&rosters.of(cluster));
    assert!(std::ptr::eq(before, &*rosters.of(cluster)), "it is not copied again");
    seating.settle(&addresses([1, 2]));
    assert_eq!(rosters.of(cluster).primaries().iter().count(), 3);
}

#[test]
fn backups_are_asked_when_no_address_of_the_primaries_is_usable() {
    const HERE: Origin = Origin::at("gateway.yml", 1);
    const NAME: Late = Late::new(&[Piece::Literal("http://users.test")]);
    let slots = Backend::slots::<4>(&[Slots::new(HERE, 0, 1, NAME, 2), Slots::new(HERE, 2, 1, NAME, 2)]);
    let cluster = Cluster { primaries: 2, ..cluster(Box::leak(Box::new(slots)), Some(resolve())) };
    let upstream: &'static Upstream<_> =
        Box::leak(Box::new(Upstream::new(cluster, Resolved::new(RoundRobin::new()))));
    let cluster = upstream.cluster();
    cluster.bind(&mut Problems::new());
    for (slots, hosts) in cluster.written().zip([[1, 2], [8, 9]]) {
        Seating::new(cluster, slots).settle(&addresses(hosts));
    }
    let rosters = Rosters::new(&[cluster]);
    let choose = || {
        let chosen = upstream.choose(&mut Tried::new(), &rosters, &Asked::new());
        chosen.and_then(Backend::address).map(|address| address.ip().to_string())
    };
    assert_eq!([choose(), choose()].map(Option::unwrap), ["10.0.0.1", "10.0.0.2"]);
    set(&cluster.backends[..2], Status::Unhealthy);
    assert_eq!([choose(), choose()].map(Option::unwrap), ["10.0.0.8", "10.0.0.9"]);
    set(cluster.backends, Status::Unhealthy);
    assert_eq!(choose(), None);
}
