//! What was written: a serde mirror of `gateway.yml`, key for key, with no behaviour.
//!
//! The sections are declared in `language` and `middleware`; here are the types that their values are read as. Nothing is
//! resolved: a duration is still its text, an upstream is still a name. Every field is optional, so that one mistake never
//! hides the rest of the file; the stage after it decides what has to be there and what the defaults are.

mod backend;
mod switch;
mod text_or;
mod value;

pub use crate::language::gateway::WrittenGateway as Gateway;
pub use crate::language::route::WrittenRoute;
pub use crate::language::server::{WrittenAdmin, WrittenObservability, WrittenServer};
pub use crate::language::test::WrittenTest;
pub use crate::language::upstream::WrittenUpstream;
pub use backend::Backend;
pub use switch::{Sections, Switch, Switched};
pub use text_or::TextOr;
pub(crate) use value::LENIENT;
pub use value::{
    Duration, Lenient, Limit, List, Map, Percent, Rate, Size, Status, Strings, StringsOrOff, Workers,
};
