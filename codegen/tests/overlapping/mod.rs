//! Gateways over a vocabulary so small that routes overlap, tie and hide each other; and an oracle that tries every
//! request of a universe in which nothing is missing that could tell two of them apart.
//!
//! Nothing here knows the compiler: the oracle is the documented precedence, word for word.
// Every test takes in the whole module, and uses the part it needs.
#![allow(dead_code, unused_imports)]

mod condition;
mod gateway;
mod mutation;
pub(crate) mod oracle;
mod spelling;

pub(crate) use gateway::{Condition, Gateway, Route, Segment, gateway, listeners, route};
pub(crate) use mutation::{mutated, told_by_parameters};
pub(crate) use spelling::{Spelling, yaml};

/// A target that nothing is needed for.
pub(crate) const RESPOND: gateway::Target = gateway::Target::Respond(200);
