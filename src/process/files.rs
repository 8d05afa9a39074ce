//! Open files: the soft limit is raised to the hard one, and who runs the gateway is told if even that is too few.
//! Every connection is a file, on both sides; a gateway without files can neither accept nor forward nor probe.

use std::io;

use rlimit::Resource;

use crate::worker::Capacity;

/// Beside connections: logs, the admin, health checks, lookups, files read at start.
const RESERVE: u64 = 100;
/// What each worker's runtime and listeners need.
const PER_WORKER: u64 = 8;
/// One in so many is for connections to backends, whatever there is of clients.
const FOR_BACKENDS: usize = 5;

/// Raises the soft limit of open files to the hard one. The soft limit is low (often 1,024) for the sake of programs that use
/// `select`; this one does not. Gives what the limit is now; the largest number if there is none.
pub(super) fn raise_limit() -> u64 {
    let raised = || -> io::Result<u64> {
        let (soft, hard) = Resource::NOFILE.get()?;
        if soft != hard {
            Resource::NOFILE.set(hard, hard)?;
        }
        Ok(hard)
    };
    raised().unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot raise the limit of open files");
        Resource::NOFILE.get_soft().unwrap_or(u64::MAX)
    })
}

/// How many connections there may be: of clients as many as `limits.connections` says, as long as a share of the files is left for backends,
/// or as many as leave that. Most clients idle, and need no backend; if too many do at once, idle ones make way for them. Who runs the
/// gateway is told if those are fewer.
pub(super) fn capacity(limit: u64, workers: usize, connections: usize) -> Capacity {
    let reserve = RESERVE + PER_WORKER * workers as u64;
    // With very few files, half of them.
    let files = usize::try_from(limit.saturating_sub(reserve).max(limit / 2).max(2)).unwrap_or(usize::MAX);
    let fit = (files - files / FOR_BACKENDS).max(1);
    if connections > fit {
        tracing::warn!(
            limit,
            wanted = wanted(connections) + reserve,
            connections = fit,
            "too few open files are allowed for limits.connections, so fewer connections are; raise the hard limit (LimitNOFILE) or lower limits.connections"
        );
    }
    Capacity { clients: connections.min(fit), files }
}

/// Files that leave room for so many clients.
fn wanted(connections: usize) -> u64 {
    let clients = FOR_BACKENDS - 1;
    (connections as u64).saturating_mul(FOR_BACKENDS as u64).div_ceil(clients as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_files_is_for_backends_and_some_for_the_gateway() {
        assert_eq!(capacity(20_000, 1, 15_000), Capacity { clients: 15_000, files: 19_892 });
        assert_eq!(capacity(20_000, 1, 19_000), Capacity { clients: 15_914, files: 19_892 });
        assert_eq!(capacity(1_024, 2, 10_000), Capacity { clients: 727, files: 908 });
        assert_eq!(capacity(64, 2, 10_000), Capacity { clients: 26, files: 32 });
        assert_eq!(capacity(1, 1, 10), Capacity { clients: 2, files: 2 });
        assert_eq!(capacity(u64::MAX, 1, 10_000).clients, 10_000);
        assert_eq!(capacity(wanted(10_000) + 108, 1, 10_000).clients, 10_000);
        assert_eq!(capacity(wanted(10_000) + 106, 1, 10_000).clients, 9_999);
    }

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let limit = raise_limit();
        assert_eq!(Resource::NOFILE.get().unwrap(), (limit, limit));
    }
}
