//! The language, declared once: a section is its keys, a key is its name, what it means, its kind, its default and an
//! example. What is written, what it comes to, how one section is laid over another, the normal form, the constant of
//! the generated code and what editors and the reference are told follow from that.
//!
//! To add a key: one entry in a `section!`, and its field in the runtime. To add a word: one line in a `words!`.
//! To add a kind of value: one `impl` of [`Kind`].
#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, reason = "what there is to know of keys is for the command line")
)]

pub(crate) mod gateway;
pub(crate) mod kind;
pub(crate) mod lints;
mod meta;
pub(crate) mod route;
mod section;
pub(crate) mod server;
pub(crate) mod test;
pub(crate) mod upstream;
mod words;

pub(crate) use kind::{Coded, Constant, Kind, Like, Words};
pub(crate) use meta::{KeyMeta, SectionMeta, Shape, Without};
pub(crate) use section::{Facade, Reported, Section, checked, placed, read, required, section};
pub(crate) use words::words;
