//! Upstreams and their backends.

use super::stack::balance;
use super::value::{duration, late, option, origin, size, uint};
use crate::plan::{Backend, HealthCheck, Keepalive, Probe, Retries, Upstream, UpstreamTimeouts};
use proc_macro2::TokenStream;
use quote::quote;

/// The array of the backends, then the upstream.
pub(super) fn upstream((id, of): (usize, &Upstream)) -> TokenStream {
    let Upstream {
        name,
        backends_name,
        line,
        label,
        balance: strategy,
        backends,
        primaries,
        primary_turns,
        backup_turns,
        health_check: check,
        timeouts,
        keepalive,
        retries,
        preserve_host,
    } = of;
    let (len, backends) = (size(backends.len()), backends.iter().map(backend));
    let (id, origin, primaries) = (size(id), origin(line), size(*primaries));
    let (strategy, check) = (balance(*strategy), option(check.as_ref().map(health_check)));
    let (primary_turns, backup_turns) = (numbers(primary_turns), numbers(backup_turns));
    let UpstreamTimeouts { connect, response } = *timeouts;
    let (connect, response) = (duration(connect), duration(response));
    let Keepalive { idle, max_idle } = *keepalive;
    let (idle, max_idle) = (duration(idle), uint(max_idle));
    let Retries { attempts, connect_failure, stale_connection, reset, budget_basis_points } = *retries;
    let (attempts, budget_basis_points) = (uint(attempts), uint(budget_basis_points));
    let host_header = if *preserve_host { quote!(Preserve) } else { quote!(Backend) };
    quote! {
        static #backends_name: [Backend; #len] = [#(#backends),*];
        static #name: Upstream<#strategy> = Upstream::new(
            Members {
                origin: #origin,
                id: #id,
                name: #label,
                backends: &#backends_name,
                primaries: #primaries,
                primary_turns: #primary_turns,
                backup_turns: #backup_turns,
                health_check: #check,
                timeouts: UpstreamTimeouts { connect: #connect, response: #response },
                keepalive: Keepalive { idle: #idle, max_idle: #max_idle },
                retries: Retries {
                    attempts: #attempts,
                    connect_failure: #connect_failure,
                    stale_connection: #stale_connection,
                    reset: #reset,
                    budget_basis_points: #budget_basis_points,
                },
                host_header: HostHeader::#host_header,
            },
            #strategy::new(),
        );
    }
}

fn backend(of: &Backend) -> TokenStream {
    let Backend { line, slot, weight, url } = of;
    let (origin, slot, weight, url) = (origin(line), size(*slot), uint(*weight), late(url));
    quote!(Backend::new(#origin, #slot, #weight, #url))
}

fn health_check(of: &HealthCheck) -> TokenStream {
    let HealthCheck { probe, interval, timeout, healthy_after, unhealthy_after } = of;
    let probe = match probe {
        Probe::Connect => quote!(Probe::Connect),
        Probe::Http { path, expect } => {
            let expect = numbers(expect);
            quote!(Probe::Http { path: #path, expect: #expect })
        }
    };
    let (interval, timeout) = (duration(*interval), duration(*timeout));
    let (healthy_after, unhealthy_after) = (uint(*healthy_after), uint(*unhealthy_after));
    quote! {
        HealthCheck {
            probe: #probe,
            interval: #interval,
            timeout: #timeout,
            healthy_after: #healthy_after,
            unhealthy_after: #unhealthy_after,
        }
    }
}

fn numbers(of: &[u16]) -> TokenStream {
    let numbers = of.iter().map(|number| uint(*number));
    quote!(&[#(#numbers),*])
}
