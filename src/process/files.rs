//! Open files: the soft limit is raised to the hard one, and who runs the gateway is told if even that is too few.
//! Every connection is a file, on both sides; a gateway without files can neither accept nor forward nor probe.

use std::io;

use rlimit::Resource;

/// Beside connections: listeners, logs, what each runtime needs, health checks, files read at start.
const RESERVE: u64 = 100;

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

/// How many clients may be connected: as many as `limits.connections` says, or as there can be files for, each with a connection to
/// a backend. Who runs the gateway is told if those are fewer.
pub(super) fn connections_that_fit(limit: u64, connections: usize) -> usize {
    let wanted = files_for(connections);
    if limit >= wanted {
        return connections;
    }
    let fit = fit(limit);
    tracing::warn!(
        limit,
        wanted,
        connections = fit,
        "too few open files are allowed for limits.connections, so fewer connections are; raise the hard limit (LimitNOFILE) or lower limits.connections"
    );
    fit
}

/// So many client connections leave files enough for all else. With very few files, a quarter of them.
fn fit(limit: u64) -> usize {
    let fit = (limit.saturating_sub(RESERVE) / 2).max(limit / 4).max(1);
    usize::try_from(fit).unwrap_or(usize::MAX)
}

/// Files that so many client connections may need.
fn files_for(connections: usize) -> u64 {
    (connections as u64).saturating_mul(2).saturating_add(RESERVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_needs_two_files_and_the_gateway_some() {
        assert_eq!(files_for(10_000), 20_100);
        assert_eq!(files_for(usize::MAX), u64::MAX);
        assert_eq!(connections_that_fit(20_100, 10_000), 10_000);
        assert_eq!(connections_that_fit(u64::MAX, 10_000), 10_000);
        assert_eq!(connections_that_fit(1_024, 10_000), 462);
        assert_eq!(connections_that_fit(64, 10_000), 16);
    }

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let limit = raise_limit();
        assert_eq!(Resource::NOFILE.get().unwrap(), (limit, limit));
    }
}
