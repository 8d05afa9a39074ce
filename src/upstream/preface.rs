//! What a connection to a backend begins with, before anything else, where an upstream has something like that. Generated code names
//! it, and nothing else does: a gateway without one has none of this in it.

mod proxy_header;

use std::fmt;
use std::io;

use tokio::io::AsyncWriteExt;

pub use self::proxy_header::ProxyHeader;
use crate::address::Ends;
use crate::stream::Stream;

/// For whom a connection is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// A client with this connection.
    Client(Ends),
    /// One of whom nobody knows the address.
    Unknown,
    /// The gateway itself, with this one; a socket of this machine has no ends.
    Gateway(Option<Ends>),
}

/// A beginning.
pub trait Preface: Sync + fmt::Debug {
    /// Appends it.
    fn write(&self, buffer: &mut Vec<u8>, by: Initiator);
}

/// Begins a connection.
pub(super) async fn send(preface: &dyn Preface, stream: &mut Stream, by: Initiator) -> io::Result<()> {
    let mut bytes = Vec::new();
    preface.write(&mut bytes, by);
    stream.write_all(&bytes).await
}
