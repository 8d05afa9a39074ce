//! Stacks: one type for each shape, one instance for each way in which a shape is filled in.

use super::Name;

/// A shape and its instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The type alias and the variant of the target enum: `Stack0`.
    pub alias: Name,
    /// The static array of instances: `STACK0`.
    pub table: Name,
    /// At least one; all of one shape, no two alike.
    pub instances: Vec<Instance>,
}

/// What serves a request: layers, outermost first, around an end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instance {
    /// Layers, outermost first.
    pub layers: Vec<Layer>,
    /// What answers.
    pub end: End,
}

/// `middleware::NAME::Kind::new(&POLICY, ..)`
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    /// Its name in the registry, which is that of its runtime file, too.
    pub middleware: &'static str,
    /// The generic type there.
    pub kind: &'static str,
    /// The static with its policy.
    pub policy: Name,
}

/// The innermost part of a stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// `Forward<B>`
    Forward {
        /// The facade's type of the upstream's balancer, which is part of the stack's.
        balance: &'static str,
        /// The upstream's static.
        upstream: Name,
        /// What happens to the path.
        path: PathEdit,
    },
    /// `Redirect`
    Redirect {
        /// The status.
        status: u16,
        /// Where to.
        to: Target,
    },
    /// `Respond`
    Respond {
        /// The status.
        status: u16,
        /// Empty if there is none.
        content_type: String,
        /// The body.
        body: String,
    },
    /// `Reject`: only for requests without a route.
    Reject,
}

/// The facade's `PathEdit`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathEdit {
    /// The path stays as it is.
    Keep,
    /// So many segments in front are cut off.
    Strip(usize),
    /// The path is put together anew.
    Rewrite(Vec<TemplatePiece>),
}

/// The facade's `RedirectTarget`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Always the same.
    Fixed(String),
    /// Made of the request's path.
    Template(Vec<TemplatePiece>),
}

/// The facade's `TemplatePiece`.
pub type TemplatePiece = castgate_contract::template::TemplatePiece<String>;
