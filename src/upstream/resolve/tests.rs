//! Names that are looked up: answers come when a test likes.

use super::*;
use crate::late::{Late, Origin, Piece, Problems};
use crate::upstream::testing::cluster;
use crate::upstream::{Backend, Filled, Resolve, Slots};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// Answers that a test gives when it likes, in the order of the questions.
#[derive(Clone, Default)]
struct Scripted {
    asked: Rc<Cell<usize>>,
    open: Rc<RefCell<VecDeque<oneshot::Sender<Found>>>>,
}

impl Lookup for Scripted {
    fn start(&self, _: &'static str) -> io::Result<oneshot::Receiver<Found>> {
        let (answer, awaited) = oneshot::channel();
        self.asked.set(self.asked.get() + 1);
        self.open.borrow_mut().push_back(answer);
        Ok(awaited)
    }
}

impl Scripted {
    async fn answer(&self, found: Found) {
        let asked = loop {
            if let Some(asked) = self.open.borrow_mut().pop_front() {
                break asked;
            }
            tokio::task::yield_now().await;
        };
        asked.send(found).unwrap();
    }
}

const SOON: Duration = Duration::from_millis(1);
const QUICK: Pace = Pace { interval: SOON, again: SOON, timeout: Duration::from_secs(60) };

const HERE: Origin = Origin::at("gateway.yml", 1);
const URL: Late = Late::new(&[Piece::Literal("http://users.test:81")]);

fn upstream(backends: &'static [Backend], resolve: Option<Resolve>) -> &'static Cluster {
    let cluster: &'static Cluster = Box::leak(Box::new(cluster(backends, resolve)));
    let mut problems = Problems::new();
    cluster.bind(&mut problems);
    assert!(problems.messages().is_empty());
    cluster
}

/// Two backends of one name.
fn whole() -> &'static Cluster {
    upstream(Box::leak(Box::new([0, 1].map(|slot| Backend::new(HERE, slot, 1, URL)))), None)
}

/// One, of which every address is a backend of its own.
fn in_slots(interval: Duration) -> &'static Cluster {
    let slots = Backend::slots::<2>(&[Slots::new(HERE, 0, 1, URL, 2)]);
    upstream(Box::leak(Box::new(slots)), Some(Resolve { interval, filled: Filled::new() }))
}

fn ips(texts: &[&str]) -> Found {
    Ok(texts.iter().map(|text| text.parse().unwrap()).collect())
}

/// Runs a test beside the task that keeps the backend's name fresh.
fn with_resolver<F: Future<Output = ()>>(pace: Pace, test: impl FnOnce(&'static Addresses, Scripted) -> F) {
    let cluster = whole();
    with_upstreams(&[cluster], pace, |script| test(cluster.backends[0].addresses().unwrap(), script));
}

/// Runs a test beside the task that keeps the one name of these upstreams fresh.
fn with_upstreams<F: Future<Output = ()>>(
    upstreams: &[&'static Cluster],
    pace: Pace,
    test: impl FnOnce(Scripted) -> F,
) {
    let script = Scripted::default();
    let mut names = names(upstreams);
    assert_eq!(names.len(), 1);
    let name = Name { pace, ..names.remove(0) };
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async {
        tokio::task::spawn_local(name.keep_fresh(script.clone(), Rc::new(Semaphore::new(1))));
        test(script).await;
    });
}

async fn until(wanted: impl Fn() -> bool) {
    while !wanted() {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_name_is_looked_up_again_and_its_new_addresses_are_learnt() {
    with_resolver(QUICK, |addresses, script| async move {
        script.answer(ips(&["10.0.0.1", "10.0.0.1", "::1"])).await;
        let first = addresses.get().await.unwrap();
        assert_eq!(first[..], ["10.0.0.1:81".parse().unwrap(), "[::1]:81".parse().unwrap()]);
        let mut generation = addresses.generation();
        script.answer(Err(io::Error::other("no answer"))).await;
        script.answer(ips(&[])).await;
        script.answer(ips(&["10.0.0.2"])).await;
        until(|| addresses.generation() != generation).await;
        let then = addresses.get().await.unwrap();
        assert_eq!(then[..], ["10.0.0.2:81".parse().unwrap()]);
        assert!(!addresses.still_has(Some(first[0]), &mut generation));
    });
}

#[test]
fn however_many_wait_for_the_first_answer_there_is_one_lookup() {
    with_resolver(QUICK, |addresses, script| async move {
        let waiting: Vec<_> = (0..60).map(|_| tokio::task::spawn_local(addresses.get())).collect();
        until(|| script.asked.get() == 1).await;
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
        script.answer(ips(&["10.0.0.1"])).await;
        for waiting in waiting {
            assert_eq!(waiting.await.unwrap().unwrap().len(), 1);
        }
    });
}

#[test]
fn a_lookup_that_hangs_fails_in_time_is_alone_and_may_still_be_answered() {
    with_resolver(Pace { timeout: SOON, ..QUICK }, |addresses, script| async move {
        let why = addresses.get().await.unwrap_err();
        assert!(why.starts_with("no answer within"), "{why}");
        tokio::time::sleep(SOON * 20).await;
        assert_eq!(script.asked.get(), 1);
        script.answer(ips(&["10.0.0.1"])).await;
        until(|| addresses.is_known()).await;
    });
}

#[test]
fn a_shortage_of_our_own_is_no_answer() {
    with_resolver(QUICK, |addresses, script| async move {
        let waiting = tokio::task::spawn_local(addresses.get());
        script.answer(Err(io::Error::from_raw_os_error(libc::EMFILE))).await;
        until(|| script.asked.get() == 2).await;
        assert!(!waiting.is_finished());
        script.answer(ips(&["10.0.0.1"])).await;
        assert_eq!(waiting.await.unwrap().unwrap().len(), 1);
    });
}

fn hosts(cluster: &Cluster) -> Vec<Option<String>> {
    cluster.backends.iter().map(|slot| slot.address().map(|address| address.to_string())).collect()
}

#[test]
fn each_address_comes_into_a_slot_and_stays_until_an_answer_has_it_no_more() {
    let (slots, whole) = (in_slots(SOON), whole());
    with_upstreams(&[slots, whole], QUICK, |script| async move {
        assert_eq!(hosts(slots), [None, None]);
        assert!(slots.backends[0].is_present() && !slots.backends[1].is_present());
        script.answer(ips(&["10.0.0.2", "::1", "10.0.0.1"])).await;
        let some = |text: &str| Some(text.to_owned());
        until(|| slots.backends[1].is_present()).await;
        assert_eq!(hosts(slots), [some("10.0.0.1:81"), some("10.0.0.2:81")]);
        assert_eq!(slots.backends[0].left_out(), 1);
        assert_eq!(whole.backends[0].addresses().unwrap().get().await.unwrap().len(), 3);
        // Neither an empty answer nor a failure takes anything away.
        script.answer(ips(&[])).await;
        script.answer(Err(io::Error::other("no such host"))).await;
        let asked = script.asked.get();
        until(|| script.asked.get() > asked).await;
        assert_eq!(hosts(slots), [some("10.0.0.1:81"), some("10.0.0.2:81")]);
        script.answer(ips(&["10.0.0.2"])).await;
        until(|| !slots.backends[0].is_present()).await;
        assert_eq!(hosts(slots)[1], some("10.0.0.2:81"));
        assert_eq!(slots.backends[0].left_out(), 0);
    });
}

#[test]
fn a_name_that_was_never_found_is_one_backend_that_says_why() {
    let cluster = in_slots(SOON);
    with_upstreams(&[cluster], QUICK, |script| async move {
        script.answer(Err(io::Error::other("no such host"))).await;
        let why = cluster.backends[0].addresses().unwrap().get().await.unwrap_err();
        assert_eq!((&*why, hosts(cluster)), ("no such host", vec![None, None]));
    });
}

#[test]
fn the_shortest_interval_of_all_who_have_a_name_holds_for_it() {
    let pace = |upstreams: &[&'static Cluster]| names(upstreams)[0].pace.interval;
    let [second, minute] = [1, 60].map(Duration::from_secs);
    assert_eq!(pace(&[whole()]), PACE.interval);
    assert_eq!(pace(&[in_slots(minute)]), minute);
    assert_eq!(pace(&[in_slots(minute), whole()]), PACE.interval);
    assert_eq!(pace(&[in_slots(minute), in_slots(second)]), second);
}

#[test]
fn the_system_finds_localhost() {
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    let found = runtime.block_on(async { System.start("localhost").unwrap().await }).unwrap().unwrap();
    assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
}
