//! `ip_filter`: from which addresses somebody may come.

use super::{Code, Column, Facts, Lower, Prose, Refusal, Registered, Site, State};
use crate::addresses::Addresses;
use crate::codes;
use crate::diagnostic::Reporter;
use crate::language::kind::{Network, OneOrList};
use crate::language::section;
use crate::lint::Lint;
use crate::model::Cidr;
use crate::plan::Value;
use crate::source::ConfigPath;
use std::net::IpAddr;

section! {
    /// `ip_filter: {allow: [10.0.0.0/8], deny: [10.9.0.0/16]}`
    IpFilter / IpFilterSection {
        /// Networks (CIDR), or single addresses, that may come in: one or a list. All others are denied then.
        allow: Vec<Cidr> = OneOrList<Network>(Network, "nobody would be let in"), optional "everybody", example "[10.0.0.0/8, \"fd00::/8\"]";
        /// Networks, or single addresses, that may not come in, also if `allow` has them.
        deny: Vec<Cidr> = OneOrList<Network>(Network, "nobody would be denied"), optional "nobody", example "10.9.0.0/16";
    }
}

impl IpFilter {
    fn denied(&self) -> Addresses {
        Addresses::of(self.deny.iter().flatten())
    }

    fn allowed(&self) -> Addresses {
        self.allow.as_ref().map_or_else(Addresses::all, Addresses::of)
    }

    /// Who is let in.
    fn admitted(&self) -> Addresses {
        self.allowed().without(&self.denied())
    }
}

/// Networks in which a proxy may be. Whoever comes through it has its address, unless it is trusted.
fn is_near(network: &Cidr) -> bool {
    const NEAR: [([u16; 8], u8); 8] = [
        ([0, 0, 0, 0, 0, 0xffff, 0x0a00, 0], 104),
        ([0, 0, 0, 0, 0, 0xffff, 0xac10, 0], 108),
        ([0, 0, 0, 0, 0, 0xffff, 0xc0a8, 0], 112),
        ([0, 0, 0, 0, 0, 0xffff, 0x6440, 0], 106),
        ([0, 0, 0, 0, 0, 0xffff, 0x7f00, 0], 104),
        ([0, 0, 0, 0, 0, 0, 0, 1], 128),
        ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
        ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ];
    let near = |(segments, prefix)| castgate_contract::network::Network::v6(segments, prefix);
    NEAR.map(near).iter().any(|near| near.holds(network.network()))
}

impl Registered for IpFilter {
    const FACTS: Facts = Facts {
        called: &["ip_whitelist", "ip_allowlist", "ipallowlist", "allowlist", "whitelist"],
        refusals: &[Refusal { reason: "ip_denied", status: 403 }],
        column: Some(Column { heading: "addresses", without: "all" }),
        guards: true,
        loosened: Some("`ip_filter` lets an address in that it kept out"),
        reports: &[
            (&codes::IMPOSSIBLE_VALUE, &["allow", "deny"]),
            (&codes::OVERLAPPING_NETWORKS, &["allow", "deny"]),
            (&codes::IDLE_NETWORKS, &["", "allow", "deny"]),
            (&codes::FILTER_WITHOUT_PROXIES, &[""]),
            (&codes::FILTER_OF_SOCKET, &[""]),
        ],
        prose: Prose { before: include_str!("ip_filter.md"), after: include_str!("ip_filter_after.md") },
        ..Facts::of(
            "Answers 403 to whoever comes from an address that is not let in.",
            "{allow: [10.0.0.0/8], deny: [10.9.0.0/16]}",
            Code { layer: "IpFilter", policy: "Admitted", stem: "ADMITTED_", state: State::None },
        )
    };

    #[cfg(feature = "cli")]
    fn looser(&self, old: &Self) -> Option<String> {
        let first = self.admitted().without(&old.admitted()).first()?;
        Some(format!("lets {first} in"))
    }
}

impl Lower for IpFilter {
    fn policy(&self, _: &Site<'_>) -> Value {
        let edges = self.admitted().edges().into_iter().map(Value::Wide).collect();
        Value::Call("Admitted::new", vec![Value::Slice(edges)])
    }

    fn refuses(&self, client: IpAddr) -> bool {
        !castgate_contract::network::is_within(&self.admitted().edges(), client)
    }

    fn refuses_strangers(&self) -> bool {
        true
    }

    fn networks(&self) -> Vec<(&'static str, &[Cidr])> {
        let list = |networks: &'static str, of| (networks, of);
        let allow = self.allow.as_deref().map(|of| list(IpFilterSection::allow, of));
        let deny = self.deny.as_deref().map(|of| list(IpFilterSection::deny, of));
        allow.into_iter().chain(deny).collect()
    }

    fn if_all_come_from_a_proxy(&self) -> Option<&'static str> {
        // An `allow` of other people's networks lets nobody in then, which is noticed.
        let lets_proxies_in = self.allow.iter().flatten().any(is_near);
        match (&self.allow, &self.deny) {
            _ if lets_proxies_in => Some("whoever comes through a proxy of these networks is let in"),
            (None, Some(_)) => {
                Some("whoever comes through a proxy has its address, so that nobody is denied")
            }
            _ => None,
        }
    }

    fn lint(&self, at: &ConfigPath, sink: &mut Reporter<'_>) {
        let (allowed, denied) = (self.allowed(), self.denied());
        let is_all = |admitted: &Addresses| *admitted == Addresses::all();
        let what = match allowed.without(&denied) {
            admitted if is_all(&admitted) => Some(("this filter lets everybody in", "does nothing")),
            admitted if admitted.is_empty() && self.allow.is_none() => {
                Some(("this filter lets nobody in", "every address is denied"))
            }
            _ => None,
        };
        if let Some((title, label)) = what {
            sink.lint_at_key(Lint::IDLE_NETWORKS, at, title, label).help("`allow` and `deny` name networks");
            return;
        }
        let mut idle = |key: &str, index: usize, network: &Cidr, label: &str| {
            let at = at.key(key).index(index);
            // What a route has from the top level is told of there.
            if sink.source.is_written(&at) {
                let title = format!("`{network}` changes nothing");
                sink.lint_at(Lint::IDLE_NETWORKS, &at, title, label);
            }
        };
        for (index, network) in self.allow.iter().flatten().enumerate() {
            if Addresses::of([network]).without(&denied).is_empty() {
                idle(IpFilterSection::allow, index, network, "all of it is denied");
            }
        }
        for (index, network) in self.deny.iter().flatten().enumerate() {
            let of = Addresses::of([network]);
            if of.without(&allowed) == of {
                idle(IpFilterSection::deny, index, network, "nothing of it is allowed");
            }
        }
    }
}
