//! `rate_limit`: so many requests in a span of time, for each client or header value.

use super::several::{Repeated, Several};
use super::{
    Code, Column, Does, Facts, Family, Lower, Missed, Per, Prose, Refusal, Registered, Site, State, Touch,
};
use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::field::{Nature, Use};
use crate::language::kind::{FieldName, Number, PowerOfTwo, RateOf};
use crate::language::{Kind, section};
use crate::lint::Lint;
use crate::model::{HeaderName, Part, Rate, RequestText, Source};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::resolve::value::Braces;
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;

section! {
    /// `rate_limit: {rate: 100/s, burst: 200, key: client_ip}`
    ///
    /// Its state belongs to the entry: routes which inherit the top-level entry share one set of counters; a route
    /// with an entry of its own counts on its own.
    RateLimit / RateLimitSection {
        /// The steady rate (GCRA): `100/s`, `5000/m`, `/h`, `/d`, or of a span of up to 366 days, as `5/15m`. Required.
        rate: Rate = RateOf, required "for example `rate: 100/s`", example "100/s";
        /// How many may come at once, after a pause. A gateway that forwards to something which cannot take a span's worth at once
        /// says a smaller number.
        burst: u32 = Number(1, u64::from(u32::MAX)), default count(rate), said "the count of the rate: 5 of `5/15m`",
        example "200";
        /// Whose requests are counted together: `client_ip` (of an IPv6 client, its /64), `header:NAME` for those with the same
        /// value of a header field, or a text with values of the request, `"{client.ip}{request.path}"`; requests without one of
        /// them count together. A value of the query counts by what it stands for, decoded, and a segment without its parameters.
        key: RateLimitKey = LimitKey, default RateLimitKey::ClientIp, example "\"{header.X-Tenant} {query.account}\"";
        /// How many keys are remembered, 1 to 16777216, rounded up to a power of two; 16 bytes each, taken at start.
        max_keys: u32 = PowerOfTwo(1, 1 << 24), default 65_536, example "100000";
    }
}

/// Whoever may send five in a span may choose when in it, as with a window.
fn count(rate: Option<Rate>) -> u32 {
    rate.map_or(1, |rate| rate.count.get())
}

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RateLimitKey {
    /// Those of a client address.
    ClientIp,
    /// Those with the same value of this field; those without it count together.
    Header(HeaderName),
    /// Those with the same values; those that lack one count together.
    Values(RequestText),
}

impl RateLimitKey {
    /// As it is written.
    fn written(&self) -> String {
        match self {
            Self::ClientIp => "client_ip".to_owned(),
            Self::Header(name) => format!("header:{name}"),
            Self::Values(text) => show::of_request(text, Braces::Doubled),
        }
    }
}

/// A request is counted by what the field says.
const LIMIT_KEY: Use = Use {
    help: &[(
        Nature::Host,
        "one host is written in many ways (`A.com`, `a.com:80`); give the routes of a `host` limits of their own",
    )],
    ..Use::of("cannot be the key of a limit", Nature::OF_THE_HOP)
};

/// A cell of the runtime's table: a key and a time.
const CELL_BYTES: u64 = 16;

/// The runtime's table is made of sets of four.
fn cells(max_keys: u32) -> u32 {
    max_keys.max(4)
}

/// What identifies a client.
pub(crate) struct LimitKey;

impl Kind<RateLimitKey> for LimitKey {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<RateLimitKey> {
        if written == "client_ip" {
            return Some(RateLimitKey::ClientIp);
        }
        if written.contains(['{', '$']) || written.contains("%[") {
            return of_values(cx, at, written);
        }
        let Some(name) = written.strip_prefix("header:") else {
            let known = ["client_ip", "header:NAME"];
            cx.unknown(&codes::UNKNOWN_WORD, at, written, "rate limit key", known.into_iter());
            return None;
        };
        cx.field_name(at, name, LIMIT_KEY).map(RateLimitKey::Header)
    }
    fn tree(&self, value: &RateLimitKey) -> Tree {
        Tree::text(value.written())
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        let mut found = Kind::codes(&FieldName(LIMIT_KEY));
        found.extend([&codes::UNKNOWN_WORD, &codes::BAD_VALUE]);
        found
    }
}

/// A key with values of the request; what has a short form is that.
fn of_values(cx: &mut Cx<'_>, at: &ConfigPath, written: &str) -> Option<RateLimitKey> {
    let text = cx.is_literal(at, written).then(|| cx.of_request(at, written, Braces::Doubled))??;
    for source in text.sources() {
        if let Source::Header(name) = source {
            cx.field_name(at, name.as_str(), LIMIT_KEY)?;
        }
    }
    let wrong = if text.sources().any(|source| *source == Source::Id) {
        "each request has another id, so that nothing is ever limited"
    } else if text.sources().next().is_none() {
        "this is the same for every request; `{client.ip}` is not"
    } else {
        return Some(match text.parts.as_slice() {
            [Part::Request(Source::ClientIp)] => RateLimitKey::ClientIp,
            [Part::Request(Source::Header(name))] => RateLimitKey::Header(name.clone()),
            _ => RateLimitKey::Values(text),
        });
    };
    cx.sink.error_at(
        &codes::BAD_VALUE,
        at,
        format!("{} cannot be the key of a limit", quoted(written)),
        wrong,
    );
    None
}

/// One limit or several: a request has to be let in by each.
pub type RateLimits = Several<RateLimit>;

impl Registered for RateLimits {
    const FACTS: Facts = Facts {
        called: &["limit_req", "ratelimit", "rate_limiting", "throttle"],
        refusals: &[Refusal { reason: "rate_limited", status: 429 }],
        guards: true,
        series: &[Family {
            name: "gateway_rate_limited_total",
            per: Per::Route,
            each: 1,
            of: "routes, limits of lists",
        }],
        reports: &[(&codes::LIMIT_BY_CHOICE, &["key"]), (&codes::IDLE_LIMIT, &[""])],
        memory: Some("limit tables"),
        missed: Some(Missed {
            lint: Lint::ROUTE_WITHOUT_RATE_LIMIT,
            label: "nothing keeps one client from taking all",
            help: "add `rate_limit`, here or at the top level",
        }),
        loosened: Some(
            "`rate_limit` has a higher rate or burst, counts by another key, or lacks a limit that it had",
        ),
        column: Some(Column { heading: "rate limit", without: "none" }),
        prose: Prose { before: "", after: include_str!("rate_limit.md") },
        ..Facts::of(
            "Answers 429 to whoever asks too often.",
            "{rate: 100/s, burst: 200}",
            Code { layer: "RateLimit", policy: "Limit", stem: "LIMIT_", state: State::Policy },
        )
    };

    #[cfg(feature = "cli")]
    fn looser(&self, old: &Self) -> Option<String> {
        super::several::looser(self, old)
    }
}

impl RateLimit {
    /// How many in how long, to be compared crosswise: 1/3s is no number.
    fn is_faster(&self, other: &Self) -> bool {
        let volume = |of: &Self, other: &Self| u128::from(of.rate.count.get()) * other.rate.per.as_nanos();
        volume(self, other) > volume(other, self)
    }

    /// Whether all that the other one refuses is refused by this one, as long as both remember the client.
    fn is_as_strict(&self, other: &Self) -> bool {
        let is_looser = self.key != other.key || self.is_faster(other) || self.burst > other.burst;
        !is_looser && self.max_keys >= other.max_keys
    }
}

impl Repeated for RateLimit {
    const CALLED: [&'static str; 2] = ["limit", "limits"];
    const TWICE: &'static str = "of two limits with one rate and key only the smaller burst counts";

    fn label(&self) -> String {
        format!("{} {}", show::rate(self.rate), self.key.written())
    }

    fn code_of_several(of_one: Code) -> Code {
        Code { layer: "RateLimits", policy: "LimitList", ..of_one }
    }

    fn policy_of_several(sections: &[Self], site: &Site<'_>) -> Value {
        let labelled =
            |each: &Self| Value::Call("Labelled::new", vec![Value::Text(each.label()), each.policy(site)]);
        let limits = Value::Cells("Labelled", sections.iter().map(labelled).collect());
        Value::Call("LimitList::new", vec![limits])
    }

    #[cfg(feature = "cli")]
    fn looser(&self, old: &Self) -> Option<String> {
        let what = [
            (self.key != old.key).then(|| "counts by another key".to_owned()),
            self.is_faster(old)
                .then(|| format!("rate {} -> {}", show::rate(old.rate), show::rate(self.rate))),
            (self.burst > old.burst).then(|| format!("burst {} -> {}", old.burst, self.burst)),
        ];
        let what: Vec<String> = what.into_iter().flatten().collect();
        (!what.is_empty()).then(|| what.join(", "))
    }

    fn lint_beside(list: &[Self], index: usize, at: &ConfigPath, sink: &mut Reporter<'_>) {
        let own = &list[index];
        // Of two that are the same the later one is too many.
        let stricter = list.iter().enumerate().position(|(place, other)| {
            place != index && other.is_as_strict(own) && (place < index || !own.is_as_strict(other))
        });
        if let Some(stricter) = stricter {
            let other = sink.source.value_span(&at.index(stricter));
            let title = format!("the limit of {} refuses nobody", own.label());
            let label = "whoever is let in by the other one is let in here";
            sink.lint_at(Lint::IDLE_LIMIT, &at.index(index), title, label)
                .label(other, "this one refuses first")
                .help("leave it out, or give it a smaller burst or another key");
        }
    }
}

impl Lower for RateLimit {
    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { rate, burst, key, max_keys } = self;
        let key = match key {
            RateLimitKey::ClientIp => Value::Path("LimitKey::ClientIp"),
            RateLimitKey::Header(name) => Value::Call("LimitKey::header", vec![name.into()]),
            RateLimitKey::Values(text) => {
                Value::Call("LimitKey::Values", vec![Value::OfRequest(text.clone())])
            }
        };
        // Beyond a thousand million a second the clock has no finer step.
        let interval = (rate.per.as_nanos() / u128::from(rate.count.get())).max(1);
        Value::Call(
            "Limit::new",
            vec![
                Value::Origin(site.line.clone()),
                key,
                Value::Number(u64::try_from(interval).unwrap_or(u64::MAX)),
                Value::Number((*burst).into()),
                Value::Number(cells(*max_keys).into()),
            ],
        )
    }

    fn told_apart_by_choice(&self) -> Option<&'static [&'static str]> {
        let is_chosen = |source: &Source| {
            matches!(
                source,
                Source::Header(_)
                    | Source::Query(_)
                    | Source::Cookie(_)
                    | Source::Segment { .. }
                    | Source::Rest { .. }
            )
        };
        let is_chosen = match &self.key {
            RateLimitKey::ClientIp => false,
            RateLimitKey::Header(_) => true,
            RateLimitKey::Values(text) => {
                !text.sources().any(|source| *source == Source::ClientIp) && text.sources().any(is_chosen)
            }
        };
        is_chosen.then_some(&["key"])
    }

    fn memory(&self) -> u64 {
        u64::from(cells(self.max_keys)) * CELL_BYTES
    }

    fn touches(&self) -> Vec<Touch<'_>> {
        let clash =
            |carried: &str| format!("each request has another {carried}, so that nothing is ever limited");
        let touch = |field| Touch { path: &["key"], field, does: Does::Read, clash };
        match &self.key {
            RateLimitKey::ClientIp => Vec::new(),
            RateLimitKey::Header(field) => vec![touch(field)],
            RateLimitKey::Values(text) => {
                let fields = text.sources().filter_map(|source| match source {
                    Source::Header(field) => Some(touch(field)),
                    _ => None,
                });
                fields.collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::num::NonZeroU32;
    use std::time::Duration;

    fn limit((count, seconds, burst): (u32, u64, u32)) -> RateLimit {
        let rate = Rate { count: NonZeroU32::new(count).unwrap(), per: Duration::from_secs(seconds) };
        RateLimit { rate, burst, key: RateLimitKey::ClientIp, max_keys: 4 }
    }

    /// Whether it lets in somebody who comes as soon as the other one lets them in: all at once, and then one by one.
    fn lets_in(limit: &RateLimit, other: &RateLimit) -> bool {
        let interval = |of: &RateLimit| of.rate.per.as_nanos() / u128::from(of.rate.count.get());
        let (mut arrival, own) = (0, interval(limit));
        (0..2000).all(|number: u32| {
            let now = u128::from((number + 1).saturating_sub(other.burst)) * interval(other);
            let due = now.max(arrival);
            arrival = due + own;
            due - now <= own * u128::from(limit.burst - 1)
        })
    }

    proptest! {
        /// What `idle-limit` says of two limits, and `diff` of a change.
        #[test]
        fn a_limit_is_as_strict_exactly_if_the_other_one_lets_in_whom_it_lets_in(
            one in (1u32..6, 1u64..6, 1u32..6),
            other in (1u32..6, 1u64..6, 1u32..6),
        ) {
            let (one, other) = (limit(one), limit(other));
            prop_assert_eq!(one.is_as_strict(&other), lets_in(&other, &one));
        }
    }
}
