//! Stacks: one type for each shape, one instance for each way in which a shape is filled in.

use super::{Balance, Name, Value};

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

/// `middleware::NAME::Kind::new(&POLICY, ..)`, or `Kind::new(VALUE, ..)` of what belongs to the end that it is around.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    /// Its name in the registry, which is that of its runtime file, too; if `None`, it is in the facade.
    pub middleware: Option<&'static str>,
    /// The generic type there.
    pub kind: &'static str,
    /// What it is made of: of a middleware, the static with its policy.
    pub of: Value,
}

/// The innermost part of a stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// The facade's type: `Forward`, `Redirect`, `Respond`; for requests without a route `Reject`.
    pub of: &'static str,
    /// Of one that forwards: the type of the upstream's balancer, which is part of it.
    pub balance: Option<Balance>,
    /// What it is.
    pub value: Value,
}
