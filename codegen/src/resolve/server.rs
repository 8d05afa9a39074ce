//! `server:` and `admin:`.

use super::cx::DEFAULT_HELP;
use super::{Cx, top_level, units};
use crate::ast;
use crate::codes;
use crate::diagnostic::quoted;
use crate::language::Section;
use crate::model::{
    Admin, Cidr, Drain, Late, Limits, Listen, LogLevel, Piece, Server, ServerTimeouts, Workers,
};
use crate::parse::number_trap;
use crate::source::ConfigPath;
use crate::yaml;
use castgate_contract::level;
use castgate_contract::listen::{self, Mistake};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU16;

pub(super) fn server(cx: &mut Cx<'_>, written: Option<&ast::Server>) -> Server {
    let at = ConfigPath::root().key("server");
    let default = ast::Server::default();
    let server = written.unwrap_or(&default);
    if server.tls.0 {
        cx.sink
            .error_at_key(
                &codes::NOT_SUPPORTED,
                &at.key("tls"),
                "`tls` is not supported by this version",
                "would have no effect",
            )
            .help("leave it out");
    }
    let mut listen = listen(cx, &at, server.listen.as_ref());
    if listen.is_empty() {
        let address = Late { pieces: vec![Piece::Literal("0.0.0.0:8080".to_owned())] };
        listen.push(Listen { address, origin: top_level(cx, &at) });
    }
    let proxies = server.trusted_proxies.iter().flat_map(|list| list.iter());
    let proxies_at = at.key("trusted_proxies");
    let trusted_proxies: Vec<(ConfigPath, Cidr)> = proxies
        .filter_map(|(index, text)| {
            let at = proxies_at.index(index);
            cidr(cx, &at, text).map(|network| (at, network))
        })
        .collect();
    cx.each_once(&trusted_proxies);
    let trusted_proxies = trusted_proxies.into_iter().map(|(_, network)| network).collect();
    Server {
        listen,
        workers: workers(cx, &at.key("workers"), server.workers.as_ref()),
        log_level: log_level(cx, &at.key("log_level"), server.log_level.as_deref()),
        trusted_proxies,
        limits: limits(cx, at.key("limits"), server.limits.as_ref()),
        timeouts: ServerTimeouts::resolve(cx, at.key("timeouts"), server.timeouts.as_ref()),
        drain: Drain::resolve(cx, at.key("drain"), server.drain.as_ref()),
    }
}

pub(super) fn admin(cx: &mut Cx<'_>, written: Option<&ast::Admin>) -> Option<Admin> {
    let at = ConfigPath::root().key("admin");
    let listen = listen(cx, &at, written?.listen.as_ref());
    if listen.is_empty() {
        cx.missing(&at, "listen", "for example `listen: 127.0.0.1:9090`");
    }
    // Even without a usable address the built-in paths are meant to be elsewhere.
    Some(Admin { listen })
}

fn listen(cx: &mut Cx<'_>, section: &ConfigPath, written: Option<&ast::Strings>) -> Vec<Listen> {
    let at = section.key("listen");
    let addresses: Vec<(ConfigPath, &String)> = match written {
        None => return Vec::new(),
        Some(ast::Strings::One(text)) => vec![(at, text)],
        Some(ast::Strings::List(list)) => {
            if list.is_empty() {
                cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &at, "nothing to listen on", "this list is empty");
            }
            list.iter().map(|(index, text)| (at.index(index), text)).collect()
        }
    };
    // Two on one address are found with those of the other section.
    let listen = addresses.into_iter().filter_map(|(at, text)| {
        let address = address(cx, &at, text)?;
        Some(Listen { address, origin: top_level(cx, &at) })
    });
    listen.collect()
}

fn address(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<Late> {
    let late = cx.late(at, text)?;
    let Some(known) = late.by_default() else { return Some(late) };
    let Err((message, mend)) = listen_address(&known) else { return Some(late) };
    let is_literal = late.literal().is_some();
    let title = format!("{} is not an address to listen on", quoted(&known));
    let default = cx.default_span(at, text);
    let whole = if is_literal { cx.sink.whole_span(at) } else { default.clone() };
    let problem = if is_literal {
        cx.sink.error_at(&codes::BAD_ADDRESS, at, title, message)
    } else {
        let problem = cx.sink.error(&codes::BAD_ADDRESS, title);
        if let Some(span) = default {
            problem.label(span, message);
        }
        problem
    };
    if !is_literal {
        problem.help(DEFAULT_HELP);
    }
    // Text in front of and behind a variable is part of the address, too.
    let is_whole = is_literal || matches!(late.pieces.as_slice(), [_]);
    if let (Some(span), Some(mend), true) = (whole, mend, is_whole) {
        let written = if is_literal { address_text(mend) } else { mend.to_string() };
        problem.suggest("write address and port", span, written);
    }
    None
}

/// What is wrong with an address to listen on, and what was most likely meant.
fn listen_address(text: &str) -> Result<SocketAddr, (&'static str, Option<SocketAddr>)> {
    listen::parse(text).map_err(|mistake| match mistake {
        Mistake::Mapped(address) => ("an IPv4 address is written as one", Some(address)),
        Mistake::NotAnAddress if text.trim().starts_with("localhost") => {
            ("`localhost` is two addresses, 127.0.0.1 and [::1]", mended_address(text))
        }
        Mistake::NotAnAddress => ("expected an IP address and a port", mended_address(text)),
    })
}

/// What was most likely meant by `8080`, `:8080`, `*:8080`, `localhost:8080`, `127.0.0.1` or `[::]`.
fn mended_address(text: &str) -> Option<SocketAddr> {
    let text = text.trim();
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest.strip_suffix('/').unwrap_or(rest));
    let ip = |host: &str| match host {
        "" | "*" => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => None,
    };
    if let Ok(address) = bare.parse() {
        return Some(address);
    }
    if let Ok(port) = bare.parse() {
        return Some(SocketAddr::new(ip("")?, port));
    }
    if let Some((host, port)) = bare.rsplit_once(':')
        && let (Some(ip), Ok(port)) = (ip(host), port.parse())
    {
        return Some(SocketAddr::new(ip, port));
    }
    let host = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(bare);
    let known = ip(host).filter(|_| !host.is_empty());
    host.parse().ok().or(known).map(|ip| SocketAddr::new(ip, 8080))
}

/// As YAML: one of IPv6 begins with a bracket.
fn address_text(address: SocketAddr) -> String {
    if address.is_ipv4() { address.to_string() } else { yaml::scalar(&address.to_string()) }
}

fn workers(cx: &mut Cx<'_>, at: &ConfigPath, written: Option<&ast::Workers>) -> Workers {
    let Some(ast::Workers(text)) = written else { return Workers::Auto };
    if text == "auto" {
        return Workers::Auto;
    }
    let is_decimal = !text.starts_with(['0', '+']);
    let count = text.parse().ok().filter(|count| is_decimal && *count <= 1024).and_then(NonZeroU16::new);
    count.map_or_else(
        || {
            // As everywhere, a text in quotes is meant to be one.
            let is_plain =
                cx.sink.whole_span(at).is_some_and(|span| cx.source.text().get(span) == Some(text));
            if let Some(trap) = number_trap(text).filter(|_| is_plain) {
                trap.report(at, cx.sink);
                return Workers::Auto;
            }
            let title = format!("{} is not a number of workers", quoted(text));
            cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, "expected `auto`, or 1 to 1024");
            Workers::Auto
        },
        Workers::Count,
    )
}

fn log_level(cx: &mut Cx<'_>, at: &ConfigPath, written: Option<&str>) -> LogLevel {
    let origin = top_level(cx, at);
    LogLevel { level: known_level(cx, at, written), origin }
}

fn known_level(cx: &mut Cx<'_>, at: &ConfigPath, written: Option<&str>) -> Late {
    let default = || Late { pieces: vec![Piece::Literal(level::DEFAULT.to_owned())] };
    let Some((text, late)) = written.and_then(|text| Some((text, cx.late(at, text)?))) else {
        return default();
    };
    let Some(level) = late.by_default().filter(|level| !level::is_level(level)) else {
        return late;
    };
    if late.literal().is_some() {
        cx.unknown(&codes::UNKNOWN_WORD, at, &level, "log level", level::LEVELS.into_iter());
    } else {
        let default = cx.default_span(at, text);
        cx.unknown_in(&codes::UNKNOWN_WORD, default, &level, "log level", level::LEVELS.into_iter());
    }
    default()
}

fn cidr(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<Cidr> {
    let (message, mend) = match parse_cidr(text) {
        Ok(cidr) => return Some(cidr),
        Err(error) => error,
    };
    let span = cx.sink.whole_span(at);
    let title = format!("{} is not a network", quoted(text));
    let problem = cx.sink.error_at(&codes::BAD_NETWORK, at, title, message);
    if let (Some(span), Some(mend)) = (span, mend) {
        let written = if mend.contains(':') { yaml::scalar(&mend) } else { mend };
        problem.suggest("write the network", span, written);
    }
    None
}

/// Or what is wrong with it, and what was meant.
fn parse_cidr(text: &str) -> Result<Cidr, (String, Option<String>)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr =
        address.parse().map_err(|_| ("expected CIDR such as `10.0.0.0/8`".to_owned(), None))?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => most,
        Some(text) => prefix_length(address, text, most)?,
    };
    let network = mask(address, prefix);
    // Peers that come by IPv6 with such an address are known by their IPv4 address.
    if let IpAddr::V6(v6) = network
        && let (Some(v4), Some(prefix)) = (v6.to_ipv4_mapped(), prefix.checked_sub(96))
    {
        let mend = if prefix == 32 { v4.to_string() } else { format!("{v4}/{prefix}") };
        return Err(("an IPv4 network is written as one".to_owned(), Some(mend)));
    }
    if network != address {
        return Err(("bits beyond the prefix are set".to_owned(), Some(format!("{network}/{prefix}"))));
    }
    Ok(Cidr { address, prefix })
}

/// In decimal digits; others read a leading zero as octal, or not at all.
fn prefix_length(address: IpAddr, text: &str, most: u8) -> Result<u8, (String, Option<String>)> {
    let known = text.parse::<u8>().ok().filter(|prefix| *prefix <= most);
    let Some(prefix) = known else {
        return Err((format!("the prefix length is 0 to {most}"), None));
    };
    if prefix.to_string() != text {
        let mend = format!("{}/{prefix}", mask(address, prefix));
        return Err(("the prefix length is a number without zeros in front".to_owned(), Some(mend)));
    }
    Ok(prefix)
}

fn mask(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

fn limits(cx: &mut Cx<'_>, at: ConfigPath, written: Option<&ast::WrittenLimits>) -> Limits {
    let uri_at = at.key("uri");
    let limits = Limits::resolve(cx, at, written);
    // What was refused says nothing of the other.
    let most = match written.and_then(|written| written.header_bytes.as_ref()) {
        Some(ast::Size(text)) if units::size(text) != Ok(limits.header_bytes) => u64::MAX,
        _ => limits.header_bytes,
    };
    if limits.uri == 0 || limits.uri > most {
        let label = "must be above 0, and not more than `header_bytes`";
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, &uri_at, "this size is out of range", label);
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::parse_cidr;

    #[test]
    fn networks_have_no_bits_beyond_their_prefix() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "::/80", "fd00::/8", "192.0.2.1", "::1"] {
            assert!(parse_cidr(good).is_ok(), "{good}");
        }
        for bad in [
            "10.0.0.1/8",
            "10.0.0.0/33",
            "::1/64",
            "10.0.0.0/",
            "x",
            "",
            "10.0.0.0/-1",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "::ffff:10.0.0.0/104",
            "::ffff:10.0.0.1",
        ] {
            assert!(parse_cidr(bad).is_err(), "{bad}");
        }
    }
}
