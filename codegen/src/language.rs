//! The language, declared once: a section is its keys, a key is its name, what it means, its kind, its default and an
//! example. What is written, what it comes to, how one section is laid over another, the normal form, the constant of
//! the generated code and what editors and the reference are told follow from that.
//!
//! To add a key: one entry in a `section!`, and its field in the runtime. To add a word: one line in a `words!`.
//! To add a kind of value: one `impl` of [`Kind`].

pub(crate) mod kind;
mod meta;
mod section;
pub(crate) mod server;
pub(crate) mod upstream;
mod words;

pub(crate) use kind::{Kind, Words};
#[cfg(feature = "cli")]
pub(crate) use meta::section_schema;
pub(crate) use meta::{KeyMeta, Shape};
pub(crate) use section::{Section, read, section};
pub(crate) use words::words;
