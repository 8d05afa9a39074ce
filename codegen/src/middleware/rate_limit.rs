//! `rate_limit`: so many requests in a span of time, for each client or header value.

use super::{
    At, Code, Column, Facts, Family, Lower, Missed, Per, Refusal, Registered, Settings, Site, State, Touch,
};
use crate::ast;
use crate::codes;
use crate::field::{Nature, Use};
use crate::language::kind::Number;
use crate::language::read;
use crate::lint::Lint;
use crate::model::{HeaderName, Rate};
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::show;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use serde::Deserialize;
use std::num::NonZeroU32;

/// `rate_limit: {rate: 100/s, burst: 200, key: client_ip}`
///
/// Its state belongs to the entry: routes which inherit the top-level entry share one set of counters; a route
/// with an entry of its own counts on its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RateLimitSection {
    /// The steady rate (GCRA): `100/s`, `5000/m` or `/h`. Required.
    /// Example: `100/s`.
    pub rate: Option<ast::Rate>,
    /// How many may come at once. Default: the rate per second, rounded up.
    /// Example: `200`.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 4_294_967_295_u32)))]
    pub burst: Option<u64>,
    /// Whose requests are counted together: `client_ip` (of an IPv6 client, its /64), or `header:NAME` for those with the same
    /// value of a header field; requests without it count together. Default: `client_ip`.
    /// Example: `header:X-Tenant`.
    pub key: Option<String>,
    /// How many keys are remembered, 1 to 16777216, rounded up to a power of two; 16 bytes each, taken at start. Default: 65536.
    /// Example: `100000`.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 16_777_216)))]
    pub max_keys: Option<u64>,
}

/// Answers 429 to whoever asks too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// How many in how long.
    pub rate: Rate,
    /// How many at once.
    pub burst: NonZeroU32,
    /// Whose requests are counted together.
    pub key: RateLimitKey,
    /// A power of two, at most 2^24.
    pub max_keys: u32,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RateLimitKey {
    /// Those of a client address.
    ClientIp,
    /// Those with the same value of this field; those without it count together.
    Header(HeaderName),
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

impl Settings for RateLimit {
    type Section = RateLimitSection;

    fn lay_over(own: RateLimitSection, base: RateLimitSection) -> RateLimitSection {
        RateLimitSection {
            rate: own.rate.or(base.rate),
            burst: own.burst.or(base.burst),
            key: own.key.or(base.key),
            max_keys: own.max_keys.or(base.max_keys),
        }
    }

    fn resolve(cx: &mut Cx<'_>, at: &At, section: &RateLimitSection) -> Option<Self> {
        let rate = match &section.rate {
            Some(rate) => {
                let at = at.key(cx, "rate");
                cx.rate(&at, rate)
            }
            None => {
                at.missing(cx, "rate", "for example `rate: 100/s`");
                None
            }
        };
        let per_second =
            rate.map_or(1, |rate| u64::from(rate.count.get()).div_ceil(rate.per.as_secs().max(1)));
        let burst_at = at.key(cx, "burst");
        let burst: u32 =
            cx.number(&burst_at, section.burst.unwrap_or(per_second), 1..=u64::from(u32::MAX)).unwrap_or(1);
        let key_at = at.key(cx, "key");
        let key = key(cx, &key_at, section.key.as_deref());
        let max_keys: u32 =
            read(cx, at, "max_keys", (&Number(1, 1 << 24), section.max_keys.as_ref())).unwrap_or(65_536);
        Some(Self {
            rate: rate?,
            burst: NonZeroU32::new(burst)?,
            key: key?,
            max_keys: max_keys.next_power_of_two(),
        })
    }
}

fn key(cx: &mut Cx<'_>, at: &ConfigPath, written: Option<&str>) -> Option<RateLimitKey> {
    match written {
        None | Some("client_ip") => Some(RateLimitKey::ClientIp),
        Some(text) => match text.strip_prefix("header:") {
            Some(name) => cx.field_name(at, name, LIMIT_KEY).map(RateLimitKey::Header),
            None => {
                let known = ["client_ip", "header:NAME"];
                cx.unknown(&codes::UNKNOWN_WORD, at, text, "rate limit key", known.into_iter());
                None
            }
        },
    }
}

impl Registered for RateLimit {
    const FACTS: Facts = Facts {
        refusals: &[Refusal { reason: "rate_limited", status: 429 }],
        series: &[Family { name: "gateway_rate_limited_total", per: Per::Route, each: 1, of: "routes" }],
        memory: Some("limit tables"),
        missed: Some(Missed {
            lint: Lint::RouteWithoutRateLimit,
            label: "nothing keeps one client from taking all",
            help: "add `rate_limit`, here or at the top level",
        }),
        column: Some(Column { heading: "rate limit", without: "none" }),
        reports: &[
            (&codes::UNKNOWN_WORD, &["key"]),
            (&codes::HEADER_NAME, &["key"]),
            (&codes::MANAGED_HEADER, &["key"]),
        ],
        ..Facts::of(
            "Answers 429 to whoever asks too often.",
            "{rate: 100/s, burst: 200}",
            Code { layer: "RateLimit", policy: "Limit", stem: "LIMIT_", state: State::Policy },
        )
    };
}

impl Lower for RateLimit {
    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { rate, burst, key, max_keys } = self;
        let key = match key {
            RateLimitKey::ClientIp => Value::Path("LimitKey::ClientIp"),
            RateLimitKey::Header(name) => Value::Call("LimitKey::header", vec![name.into()]),
        };
        // Beyond a thousand million a second the clock has no finer step.
        let interval = (rate.per.as_nanos() / u128::from(rate.count.get())).max(1);
        Value::Call(
            "Limit::new",
            vec![
                Value::Origin(site.line.clone()),
                key,
                Value::Number(u64::try_from(interval).unwrap_or(u64::MAX)),
                Value::Number(burst.get().into()),
                Value::Number(cells(*max_keys).into()),
            ],
        )
    }

    fn written(&self) -> Tree {
        let Self { rate, burst, key, max_keys } = self;
        let key = match key {
            RateLimitKey::ClientIp => "client_ip".to_owned(),
            RateLimitKey::Header(name) => format!("header:{name}"),
        };
        Tree::map([
            ("rate", Tree::Plain(show::rate(*rate))),
            ("burst", Tree::plain(burst)),
            ("key", Tree::text(key)),
            ("max_keys", Tree::plain(max_keys)),
        ])
    }

    fn memory(&self) -> u64 {
        u64::from(cells(self.max_keys)) * CELL_BYTES
    }

    fn touches(&self) -> Vec<Touch<'_>> {
        let clash =
            |carried: &str| format!("each request has another {carried}, so that nothing is ever limited");
        match &self.key {
            RateLimitKey::ClientIp => Vec::new(),
            RateLimitKey::Header(field) => vec![Touch { path: &["key"], field, clash }],
        }
    }
}
