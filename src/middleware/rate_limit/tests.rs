//! Several limits, in virtual time, against something slower and plainer.

use std::thread;

use proptest::prelude::*;

use super::*;

/// Limits of these intervals and bursts, for as long as the process lives.
fn limits(paces: &[(u64, u64)]) -> LimitList {
    let origin = Origin::at("gateway.yml", 1);
    let each = |&(interval, burst): &(u64, u64)| {
        Labelled::new("a limit", Limit::new(origin, LimitKey::ClientIp, interval, burst, 4))
    };
    LimitList::new(paces.iter().map(each).collect::<Vec<_>>().leak())
}

/// Every request that was let in, and when: of any `burst + n` in a row the last comes n intervals after the first.
struct Oracle {
    paces: Vec<(u64, u64)>,
    /// By limit and client.
    admitted: Vec<[Vec<u64>; 2]>,
}

impl Oracle {
    fn new(paces: &[(u64, u64)]) -> Self {
        Self { paces: paces.to_vec(), admitted: paces.iter().map(|_| [Vec::new(), Vec::new()]).collect() }
    }

    /// How long the limit keeps a request that comes now from this client.
    fn wait(&self, limit: usize, client: usize, now: u64) -> u64 {
        let (interval, burst) = self.paces[limit];
        let earlier = &self.admitted[limit][client];
        let wait = |(place, first): (usize, &u64)| {
            let more = ((earlier.len() - place + 1) as u64).saturating_sub(burst);
            (first + more * interval).saturating_sub(now)
        };
        earlier.iter().enumerate().map(wait).max().unwrap_or(0)
    }

    /// The longest wait of those that refuse, and the first limit that has it; if none does, it is let in.
    fn ask(&mut self, clients: &[usize], now: u64) -> Option<(usize, u64)> {
        let waits: Vec<u64> =
            clients.iter().enumerate().map(|(limit, client)| self.wait(limit, *client, now)).collect();
        let longest = waits.iter().copied().max().filter(|wait| *wait > 0);
        if longest.is_none() {
            clients.iter().enumerate().for_each(|(limit, client)| self.admitted[limit][*client].push(now));
        }
        longest.map(|longest| (waits.iter().position(|wait| *wait == longest).unwrap(), longest))
    }
}

proptest! {
    #[test]
    fn a_request_is_let_in_by_all_of_them_or_takes_nothing_of_any(
        paces in prop::collection::vec((1u64..20, 1u64..6), 1..=4),
        requests in prop::collection::vec((0u64..12, prop::collection::vec(0usize..2, 4)), 1..150),
    ) {
        let (limits, mut oracle) = (limits(&paces), Oracle::new(&paces));
        let mut now = 0;
        for (gap, clients) in requests {
            now += gap;
            let clients = &clients[..paces.len()];
            let asked: Vec<Asked> =
                clients.iter().map(|client| Asked { hash: *client as u64 * 2, now }).collect();
            let refused = limits.take_all(&asked).err().map(|(each, wait)| {
                let limit = limits.0.iter().position(|known| std::ptr::eq(known, each)).unwrap();
                (limit, wait.as_nanos() as u64)
            });
            prop_assert_eq!(refused, oracle.ask(clients, now), "at {}", now);
        }
    }
}

/// The first of two limits has room for a hundred, the second for sixty; whoever wins, the other one's token is given back.
#[test]
fn workers_that_race_take_what_there_is_and_leave_no_trace() {
    const WORKERS: usize = 4;
    for _ in 0..50 {
        let limits = &limits(&[(1_000_000, 100), (2_000_000, 60)]);
        let asked = [Asked { hash: 2, now: 1 }; 2];
        let admitted: usize = thread::scope(|scope| {
            let worker = || (0..60).filter(|_| limits.take_all(&asked).is_ok()).count();
            let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        // One that gives back may have kept another out for that moment; nothing is lost by it.
        let admitted = admitted + (0..60).filter(|_| limits.take_all(&asked).is_ok()).count();
        assert_eq!(admitted, 60);
        let first = &limits.0[0].limit;
        let left = (0..100).filter(|_| first.table().take(first.pace, asked[0]).is_ok()).count();
        assert_eq!(left, 40, "what the second refused was given back to the first");
    }
}

#[test]
fn refusals_of_one_label_are_one_series_and_of_another_a_second() {
    static SAME: [Labelled; 2] = [
        Labelled::new("1/s client_ip", Limit::new(Origin::at("gateway.yml", 1), LimitKey::ClientIp, 1, 1, 4)),
        Labelled::new("1/s client_ip", Limit::new(Origin::at("gateway.yml", 2), LimitKey::ClientIp, 1, 1, 4)),
    ];
    static OTHER: Labelled =
        Labelled::new("2/s client_ip", Limit::new(Origin::at("gateway.yml", 3), LimitKey::ClientIp, 1, 1, 4));
    assert_eq!(SAME[0].refusal, SAME[1].refusal);
    assert_ne!(SAME[0].refusal, OTHER.refusal);
    assert_ne!(SAME[0].refusal, LIMITED);
}
