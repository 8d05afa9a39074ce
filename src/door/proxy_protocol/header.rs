//! The header itself, from the bytes that have come so far. A parser of our own: those there are read no checksum, or
//! have it done by crates of their own, let through what the specification says must be refused, and know no bounds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::checksum::crc32c;
use crate::address::Ends;
use crate::door::refused::Refused;

/// Bytes of a header. Version 1 has at most 107; version 2 could have 64 KiB, of which nginx takes 4 KiB, too.
pub(super) const LONGEST: usize = 4096;
const LONGEST_V1: usize = 107;
const V1: &[u8] = b"PROXY ";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The signature of version 2, its version and command, family, and length.
const FIXED: usize = V2.len() + 4;
/// The type of a checksum among what follows the addresses.
const CHECKSUM: u8 = 0x03;

/// What has come so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// So far it is one, and more is to come.
    Partial,
    Whole {
        /// Its bytes; what is behind them is HTTP.
        length: usize,
        /// Whose connection it is, and where it has come in; nothing if it is the proxy's own (a health check of it), or if it does
        /// not say.
        ends: Option<Ends>,
    },
}

/// Reads a header of either version. What is none is refused with the first byte that shows it.
pub(super) fn read(bytes: &[u8]) -> Result<Header, Refused> {
    if begins(bytes, V1) {
        version_1(bytes)
    } else if begins(bytes, V2) {
        version_2(bytes)
    } else {
        Err(Refused::HeaderAbsent)
    }
}

/// As far as both go.
fn begins(bytes: &[u8], with: &[u8]) -> bool {
    let both = bytes.len().min(with.len());
    bytes[..both] == with[..both]
}

/// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n`
fn version_1(bytes: &[u8]) -> Result<Header, Refused> {
    let line = &bytes[..bytes.len().min(LONGEST_V1)];
    let Some(end) = line.iter().position(|byte| !matches!(byte, b' '..=b'~')) else {
        return if line.len() == LONGEST_V1 { Err(Refused::HeaderTooLong) } else { Ok(Header::Partial) };
    };
    let text = match line[end..] {
        [b'\r', b'\n', ..] => str::from_utf8(&line[..end]).map_err(|_| Refused::HeaderMalformed)?,
        [b'\r'] if line.len() < LONGEST_V1 => return Ok(Header::Partial),
        [b'\r'] => return Err(Refused::HeaderTooLong),
        _ => return Err(Refused::HeaderMalformed),
    };
    let words: Vec<&str> = text.split(' ').collect();
    let ends = match words[1..] {
        // Whatever else is said then means nothing.
        ["UNKNOWN", ..] => None,
        ["TCP4", source, to, port, to_port] => Some(pair::<Ipv4Addr>([source, to], [port, to_port])?),
        ["TCP6", source, to, port, to_port] => Some(pair::<Ipv6Addr>([source, to], [port, to_port])?),
        _ => return Err(Refused::HeaderMalformed),
    };
    Ok(Header::Whole { length: end + 2, ends })
}

/// The addresses with their ports, if all are right.
fn pair<A: std::str::FromStr + Into<IpAddr>>(
    addresses: [&str; 2],
    ports: [&str; 2],
) -> Result<Ends, Refused> {
    let malformed = |_| Refused::HeaderMalformed;
    let [Ok(source), Ok(destination)] = addresses.map(A::from_str) else {
        return Err(Refused::HeaderMalformed);
    };
    let port = |text: &str| -> Result<u16, Refused> {
        let port: u16 = text.parse().map_err(malformed)?;
        // No sign, and no zero in front.
        if port.to_string() == text { Ok(port) } else { Err(Refused::HeaderMalformed) }
    };
    Ok(Ends {
        source: SocketAddr::new(source.into(), port(ports[0])?),
        destination: SocketAddr::new(destination.into(), port(ports[1])?),
    })
}

fn version_2(bytes: &[u8]) -> Result<Header, Refused> {
    let malformed = Err(Refused::HeaderMalformed);
    let rest = bytes.get(V2.len()..).unwrap_or_default();
    let is_local = match rest.first() {
        None => return Ok(Header::Partial),
        Some(0x20) => true,
        Some(0x21) => false,
        Some(_) => return malformed,
    };
    // How many bytes the addresses take. A proxy's own connection has none, whatever is said.
    let addresses = match rest.get(1) {
        None => return Ok(Header::Partial),
        Some(_) if is_local => 0,
        // Of no family; IPv4, IPv6 and sockets of a machine, each as a stream or as datagrams.
        Some(0x00) => 0,
        Some(0x11 | 0x12) => 12,
        Some(0x21 | 0x22) => 36,
        Some(0x31 | 0x32) => 216,
        // "must be rejected as invalid by receivers"
        Some(_) => return malformed,
    };
    let &[_, family, high, low, ..] = rest else { return Ok(Header::Partial) };
    let length = FIXED + usize::from(u16::from_be_bytes([high, low]));
    if length > LONGEST {
        return Err(Refused::HeaderTooLong);
    }
    if length < FIXED + addresses {
        return malformed;
    }
    let Some(header) = bytes.get(..length) else { return Ok(Header::Partial) };
    // Where it is not said how long the addresses are, it is not known where anything else would begin.
    if addresses > 0 && !is_intact(header, FIXED + addresses) {
        return malformed;
    }
    let ends = if is_local { None } else { said(family, &header[FIXED..]) };
    Ok(Header::Whole { length, ends })
}

/// Only a stream of a family with addresses says whose connection it is.
fn said(family: u8, bytes: &[u8]) -> Option<Ends> {
    let (source, rest) = match family {
        0x11 => address::<Ipv4Addr, 4>(bytes)?,
        0x21 => address::<Ipv6Addr, 16>(bytes)?,
        _ => return None,
    };
    let (destination, ports) =
        if source.is_ipv4() { address::<Ipv4Addr, 4>(rest)? } else { address::<Ipv6Addr, 16>(rest)? };
    let &[high, low, to_high, to_low, ..] = ports else { return None };
    Some(Ends {
        source: SocketAddr::new(source, u16::from_be_bytes([high, low])),
        destination: SocketAddr::new(destination, u16::from_be_bytes([to_high, to_low])),
    })
}

/// The address in front, and what is behind it.
fn address<A: From<[u8; N]> + Into<IpAddr>, const N: usize>(bytes: &[u8]) -> Option<(IpAddr, &[u8])> {
    let (address, rest) = bytes.split_first_chunk::<N>()?;
    Some((A::from(*address).into(), rest))
}

/// Whether what follows the addresses is a list of types with their values, and the checksum among them, if there is one,
/// that of the header in which itself is zero.
fn is_intact(header: &[u8], begin: usize) -> bool {
    let (mut at, mut checksum) = (begin, None);
    while at < header.len() {
        let [of, high, low, ..] = header[at..] else { return false };
        let (value, end) = (at + 3, at + 3 + usize::from(u16::from_be_bytes([high, low])));
        let Some(value_bytes) = header.get(value..end) else { return false };
        if of == CHECKSUM {
            let Ok(sum) = <[u8; 4]>::try_from(value_bytes) else { return false };
            if checksum.replace((value..end, u32::from_be_bytes(sum))).is_some() {
                return false;
            }
        }
        at = end;
    }
    checksum.is_none_or(|(place, sum)| {
        let bytes = header.iter().enumerate();
        crc32c(bytes.map(|(at, byte)| if place.contains(&at) { 0 } else { *byte })) == sum
    })
}

#[cfg(test)]
mod tests;
