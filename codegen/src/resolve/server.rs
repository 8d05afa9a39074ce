//! `server:` and `admin:`.

use super::cx::DEFAULT_HELP;
use super::{Cx, top_level};
use crate::ast;
use crate::codes;
use crate::diagnostic::quoted;
use crate::model::{
    Admin, Cidr, Drain, Late, Limits, Listen, LogLevel, Piece, Server, ServerTimeouts, Workers,
};
use crate::source::ConfigPath;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU16;
use std::time::Duration;

const LOG_LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

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
        limits: limits(cx, &at.key("limits"), server.limits.clone().unwrap_or_default()),
        timeouts: timeouts(cx, &at.key("timeouts"), server.timeouts.clone().unwrap_or_default()),
        drain: drain(cx, &at.key("drain"), server.drain.clone().unwrap_or_default()),
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
    let span = if is_literal { cx.sink.value_span(at) } else { cx.default_span(at, text) };
    let title = format!("{} is not an address to listen on", quoted(&known));
    let problem = cx.sink.error(&codes::BAD_ADDRESS, title);
    if let Some(span) = span.clone() {
        problem.label(span, message);
    }
    if !is_literal {
        problem.help(DEFAULT_HELP);
    }
    // Text in front of and behind a variable is part of the address, too.
    let is_whole = is_literal || matches!(late.pieces.as_slice(), [_]);
    if let (Some(span), Some(mend), true) = (span, mend, is_whole) {
        problem.suggest("write address and port", span, mend);
    }
    None
}

/// What is wrong with an address to listen on, and what was most likely meant.
fn listen_address(text: &str) -> Result<SocketAddr, (&'static str, Option<String>)> {
    const EXPECTED: &str = "expected an IP address and a port";
    if let Ok(address) = text.parse::<SocketAddr>() {
        let IpAddr::V6(ip) = address.ip() else { return Ok(address) };
        let mapped = ip.to_ipv4_mapped();
        // An IPv6 listener takes IPv6 only.
        return match mapped {
            None => Ok(address),
            Some(ip) => Err(("an IPv4 address is written as one", Some(format!("{ip}:{}", address.port())))),
        };
    }
    let port = text.strip_prefix(':').unwrap_or(text);
    if port.parse::<u16>().is_ok() {
        return Err((EXPECTED, Some(format!("0.0.0.0:{port}"))));
    }
    if text.parse::<Ipv4Addr>().is_ok() {
        return Err((EXPECTED, Some(format!("{text}:8080"))));
    }
    let local = text.strip_prefix("localhost:").filter(|port| port.parse::<u16>().is_ok());
    match local {
        Some(port) => {
            Err(("`localhost` is two addresses, 127.0.0.1 and [::1]", Some(format!("127.0.0.1:{port}"))))
        }
        None => Err((EXPECTED, None)),
    }
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
    let default = || Late { pieces: vec![Piece::Literal("info".to_owned())] };
    let Some((text, late)) = written.and_then(|text| Some((text, cx.late(at, text)?))) else {
        return default();
    };
    let Some(level) = late.by_default().filter(|level| !LOG_LEVELS.contains(&level.as_str())) else {
        return late;
    };
    let span = if late.literal().is_some() { cx.sink.value_span(at) } else { cx.default_span(at, text) };
    cx.unknown_in(&codes::UNKNOWN_WORD, span, &level, "log level", LOG_LEVELS.into_iter());
    default()
}

fn cidr(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<Cidr> {
    let parsed = parse_cidr(text);
    if let Err(message) = &parsed {
        cx.sink.error_at(&codes::BAD_NETWORK, at, format!("{} is not a network", quoted(text)), message);
    }
    parsed.ok()
}

fn parse_cidr(text: &str) -> Result<Cidr, String> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| "expected CIDR such as `10.0.0.0/8`".to_owned())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => most,
        Some(text) => text
            .parse()
            .ok()
            .filter(|prefix| *prefix <= most)
            .ok_or_else(|| format!("the prefix length is 0 to {most}"))?,
    };
    let network = mask(address, prefix);
    if network != address {
        return Err(format!("bits beyond the prefix are set; `{network}/{prefix}`?"));
    }
    Ok(Cidr { address, prefix })
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

fn limits(cx: &mut Cx<'_>, at: &ConfigPath, written: ast::Limits) -> Limits {
    const KIB: u64 = 1024;
    let header_bytes = cx.size(&at.key("header_bytes"), written.header_bytes.as_ref(), 32 * KIB);
    if !(KIB..=16 * KIB * KIB).contains(&header_bytes) {
        out_of_range(cx, &at.key("header_bytes"), "must be 1KiB to 16MiB");
    }
    // Lowering only header_bytes should not make the default of uri a contradiction.
    let uri = cx.size(&at.key("uri"), written.uri.as_ref(), (8 * KIB).min(header_bytes));
    if uri == 0 || uri > header_bytes {
        out_of_range(cx, &at.key("uri"), "must be above 0, and not more than `header_bytes`");
    }
    Limits {
        header_bytes,
        headers: cx.number(&at.key("headers"), written.headers, 1..=10_000, 100),
        uri,
        body: cx.size(&at.key("body"), written.body.as_ref(), 10 * KIB * KIB),
        connections: cx.number(&at.key("connections"), written.connections, 1..=10_000_000, 10_000),
    }
}

fn out_of_range(cx: &mut Cx<'_>, at: &ConfigPath, label: &str) {
    cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, "this size is out of range", label);
}

fn timeouts(cx: &mut Cx<'_>, at: &ConfigPath, written: ast::ServerTimeouts) -> ServerTimeouts {
    let seconds = Duration::from_secs;
    ServerTimeouts {
        header_read: cx.timeout(&at.key("header_read"), written.header_read.as_ref(), seconds(10)),
        idle: cx.timeout(&at.key("idle"), written.idle.as_ref(), seconds(75)),
        request: cx.timeout(&at.key("request"), written.request.as_ref(), seconds(60)),
    }
}

fn drain(cx: &mut Cx<'_>, at: &ConfigPath, written: ast::Drain) -> Drain {
    Drain {
        delay: cx.duration(&at.key("delay"), written.delay.as_ref(), Duration::ZERO),
        grace: cx.duration(&at.key("grace"), written.grace.as_ref(), Duration::from_secs(25)),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_cidr;

    #[test]
    fn networks_have_no_bits_beyond_their_prefix() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "192.0.2.1", "::1"] {
            assert!(parse_cidr(good).is_ok(), "{good}");
        }
        for bad in ["10.0.0.1/8", "10.0.0.0/33", "::1/64", "10.0.0.0/", "x", "", "10.0.0.0/-1"] {
            assert!(parse_cidr(bad).is_err(), "{bad}");
        }
    }
}
