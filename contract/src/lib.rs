//! What the compiler and the runtime must agree on, once for both: what is checked, matched or laid out at build is what
//! the gateway does at run time. A room a subject; none knows a config, a request or a socket.

pub mod authority;
pub mod backend;
pub mod built_in;
pub mod cookie;
pub mod cross_origin;
pub mod host;
pub mod level;
pub mod limits;
pub mod listen;
pub mod methods;
pub mod network;
pub mod origin;
pub mod path;
pub mod query;
pub mod redirect;
pub mod search;
pub mod segment;
pub mod table;
pub mod target;
pub mod template;
pub mod turns;
pub mod unix;
