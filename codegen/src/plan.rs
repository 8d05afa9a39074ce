//! What will exist: flat tables, deduplicated stacks, named statics. Nothing is left to decide, so that writing it
//! down as Rust ([`crate::emit`]) cannot fail and needs no other form.
//!
//! The shapes follow the runtime's facade; every number is the one that the generated file will show.

mod index;
mod stack;
mod upstream;
mod value;

pub use index::{Edge, Index, Listener, Node, Place, Roots, Route, Tries};
pub use stack::{End, Instance, Layer, Stack};
pub use upstream::{Balance, Upstream};
pub use value::{Name, Static, Value};

pub use crate::late::{Late, Piece};
pub use crate::model::{Part, RequestText, Source};
pub use crate::source::FileLine;
pub use castgate_contract::methods::Methods;
pub use castgate_contract::table::{NONE, Span, Spanned, Table};

/// Names that every generated file uses for itself; no static is named so after a thing of the config.
pub const FIXED_NAMES: &[&str] = &[
    "ADMIN",
    "CANDIDATES",
    "EDGES",
    "GATEWAY",
    "INDEX",
    "LISTEN",
    "LISTENERS",
    "NODES",
    "NONE",
    "NORMAL_CONFIG",
    "ROUTES",
    "ROUTE_SETTINGS",
    "SETTINGS",
    "TRUSTED_PROXIES",
    "UNMATCHED",
    "UPSTREAMS",
];

/// A whole gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The config's path as the user gave it.
    pub config_path: String,
    /// SHA-256 of the config, in lower-case hex.
    pub config_sha256: String,
    /// The normalised config, as YAML.
    pub normal_config: String,
    /// What the config says of the server: of the facade's `Settings`, all that no other part of the plan implies.
    pub settings: Vec<(&'static str, Value)>,
    /// The policies that take part in the gateway's life, in the order of their first use.
    pub life: Vec<Name>,
    /// Upstreams in the order of their ids.
    pub upstreams: Vec<Upstream>,
    /// The policies of middleware, and what they refer to.
    pub policies: Vec<Static>,
    /// The shapes of stacks and their instances.
    pub stacks: Vec<Stack>,
    /// What serves requests without a route.
    pub unmatched: Instance,
    /// Header and query conditions of routes.
    pub conditions: Vec<Static>,
    /// What routes allow an exchange, each once: `RouteSettings`.
    pub route_settings: Vec<Value>,
    /// The routes; a route's number is its place here.
    pub routes: Vec<Route>,
    /// The matcher's tries.
    pub tries: Tries,
    /// The route tables over them, each once.
    pub tables: Vec<Roots>,
    /// Where clients come in; at least one.
    pub listeners: Vec<Listener>,
    /// Whether a route answers preflights.
    pub answers_preflights: bool,
    /// Whether a listener speaks HTTP/2.
    pub speaks_http2: bool,
    /// What the library must have been built with.
    pub needs: Vec<Need>,
}

/// A feature of the library, and who needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Its name in Cargo.toml: `api-keys`. The facade has a constant of that name.
    pub feature: &'static str,
    /// A key of the config: `auth`.
    pub user: &'static str,
    /// Where it was first written.
    pub line: FileLine,
}
