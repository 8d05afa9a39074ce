//! The process: how it starts and stops, and who watches its workers meanwhile.

mod command;
mod control;
mod files;
mod start;
mod supervise;

pub use command::{command, main};
pub use start::run;
