//! Small values the rest of the model is made of.

use crate::source::{ConfigPath, FileLine};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::time::Duration;

/// Where in the file something was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// `routes[2]`, `upstreams.users.backends[0]`, `middleware.rate_limit`.
    pub path: ConfigPath,
    /// Its file and line.
    pub line: FileLine,
    /// Which part of the file it belongs to.
    pub scope: Scope,
}

/// To which part of the file something belongs; decides who shares state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Written outside any route.
    TopLevel,
    /// Written in the route of this index in the file.
    Route(u32),
}

/// An index into one of the model's tables.
pub struct Id<T> {
    index: u32,
    table: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id of the entry at `index`. A config is at most 4 MiB, so an index always fits.
    pub fn new(index: usize) -> Self {
        Self { index: u32::try_from(index).unwrap_or(u32::MAX), table: PhantomData }
    }

    /// The index into the table.
    pub fn index(self) -> usize {
        self.index as usize
    }
}

// Derived impls would ask the same of `T`, which is only a mark.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}
impl<T> Eq for Id<T> {}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.index)
    }
}

/// A valid header field name, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeaderName(pub(crate) String);

impl HeaderName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `count` in each `per`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    /// How many.
    pub count: NonZeroU32,
    /// A millisecond to 366 days.
    pub per: Duration,
}

/// A share from 0 to 100 %, exact to a hundredth of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio {
    /// 0 to 10000.
    pub basis_points: u16,
}

/// A file whose bytes are a value of the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// As diagnostics show it.
    pub path: String,
    /// What it has.
    pub bytes: std::sync::Arc<[u8]>,
}
