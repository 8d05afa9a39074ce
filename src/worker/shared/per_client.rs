//! How many connections each client has open, over all workers: `limits.connections_per_client`. Asked when a connection comes
//! and when it goes, never by a request. A client has an entry only while it has a connection, so there are never more entries
//! than `limits.connections`; and a lock is held by one worker in so many.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A power of two. Far more than there are workers, so that two of them seldom want the same one.
const SHARDS: usize = 64;

/// Open connections by client.
#[derive(Debug)]
pub(crate) struct PerClient {
    most: Option<u32>,
    hasher: RandomState,
    shards: [Mutex<HashMap<Client, u32>>; SHARDS],
}

/// Whose connection it is. Of IPv6 it is the network of 64 bits: that is what one subscriber has at the least (RFC 6177), and one machine
/// may take any address of it (RFC 8981). The limit of rates goes by the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl Client {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
            address => address,
        })
    }
}

impl PerClient {
    /// Without a limit nothing is counted.
    pub(super) fn new(most: Option<u32>) -> Self {
        Self { most, hasher: RandomState::new(), shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Counts a connection in, unless its client has as many as it may have. What is returned is owed to [`PerClient::leave`].
    pub(crate) fn enter(&self, address: IpAddr) -> Result<Option<Client>, Full> {
        let Some(most) = self.most else { return Ok(None) };
        let client = Client::of(address);
        let mut open = self.shard(client);
        let count = open.entry(client).or_insert(0);
        // An entry that is new is below the limit, which is at least 1.
        if *count >= most {
            return Err(Full);
        }
        *count += 1;
        Ok(Some(client))
    }

    /// Counts a connection out.
    pub(crate) fn leave(&self, client: Client) {
        if let Entry::Occupied(mut open) = self.shard(client).entry(client) {
            *open.get_mut() -= 1;
            if *open.get() == 0 {
                open.remove();
            }
        }
    }

    fn shard(&self, client: Client) -> MutexGuard<'_, HashMap<Client, u32>> {
        let place = self.hasher.hash_one(client) as usize % SHARDS;
        // Nobody who holds it leaves anything half done.
        self.shards[place].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client has as many connections as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn enter(open: &PerClient, address: &str) -> Result<Option<Client>, Full> {
        open.enter(address.parse().unwrap())
    }

    fn clients(open: &PerClient) -> usize {
        open.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }

    #[test]
    fn a_client_has_as_many_as_it_may_have_and_who_leaves_makes_room() {
        let open = PerClient::new(Some(2));
        let first = enter(&open, "192.0.2.1").unwrap().unwrap();
        enter(&open, "::ffff:192.0.2.1").unwrap();
        assert_eq!(enter(&open, "192.0.2.1"), Err(Full));
        // Another one is nobody's neighbour.
        assert!(enter(&open, "192.0.2.2").is_ok());
        open.leave(first);
        assert!(enter(&open, "192.0.2.1").is_ok());
        assert_eq!(enter(&open, "192.0.2.1"), Err(Full));
    }

    #[test]
    fn of_ipv6_the_network_of_64_bits_is_one_client() {
        let open = PerClient::new(Some(1));
        assert!(enter(&open, "2001:db8:0:1::1").is_ok());
        assert_eq!(enter(&open, "2001:db8:0:1:ffff::2"), Err(Full));
        assert!(enter(&open, "2001:db8:0:2::1").is_ok());
        // It is nobody of IPv4 either.
        assert!(enter(&open, "::192.0.2.1").is_ok() && enter(&open, "192.0.2.1").is_ok());
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let open = PerClient::new(None);
        assert_eq!(enter(&open, "192.0.2.1"), Ok(None));
        assert_eq!(clients(&open), 0);
    }

    #[test]
    fn whoever_has_gone_takes_no_memory() {
        let open = PerClient::new(Some(3));
        let held: Vec<_> = (0..=255u8)
            .flat_map(|last| (0..3).map(move |_| IpAddr::from([192, 0, 2, last])))
            .map(|address| open.enter(address).unwrap().unwrap())
            .collect();
        assert_eq!(clients(&open), 256);
        held.into_iter().for_each(|client| open.leave(client));
        assert_eq!(clients(&open), 0);
    }

    #[test]
    fn however_many_come_at_once_no_more_are_let_in() {
        let open = PerClient::new(Some(7));
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut held = Vec::new();
                    for turn in 0..2000 {
                        if let Ok(client) = enter(&open, "192.0.2.1") {
                            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            held.extend(client);
                        }
                        if turn % 3 == 0
                            && let Some(client) = held.pop()
                        {
                            inside.fetch_sub(1, Ordering::SeqCst);
                            open.leave(client);
                        }
                    }
                    for client in held {
                        inside.fetch_sub(1, Ordering::SeqCst);
                        open.leave(client);
                    }
                });
            }
        });
        assert_eq!((most.into_inner(), clients(&open)), (7, 0));
    }
}
