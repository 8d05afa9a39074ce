//! Addresses to listen on.

use super::{ConfigPath, Constant, Kind, LateText, Value};
use crate::codes;
use crate::diagnostic::quoted;
use crate::model::{Late, Placed};
use crate::resolve::cx::{Cx, DEFAULT_HELP};
use crate::yaml::{self, Tree};
use castgate_contract::listen::{self, Mistake};
use castgate_contract::unix;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// An IP address and a port, or a socket of this machine; may come at start.
pub(crate) struct Address;

impl Kind<Placed> for Address {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Placed> {
        let address = address(cx, at, written)?;
        Some(cx.placed(at, address))
    }
    fn tree(&self, value: &Placed) -> Tree {
        LateText.tree(&value.value)
    }
}

impl Constant<Placed> for Address {
    fn value(&self, value: &Placed) -> Value {
        value.constant("Listen", "address")
    }
}

fn address(cx: &mut Cx<'_>, at: &ConfigPath, text: &str) -> Option<Late> {
    let late = cx.late(at, text)?;
    let Some(known) = late.by_default() else { return Some(late) };
    let Err(mistake) = listen::parse(&known) else { return Some(late) };
    let (message, mend) = explained(&known, mistake);
    let is_literal = late.literal().is_some();
    let title = format!("{} is not an address to listen on", quoted(&known));
    let default = cx.default_span(at, text);
    let whole = if is_literal { cx.source.whole_span(at) } else { default.clone() };
    let problem = if is_literal {
        cx.sink.error_at(&codes::BAD_ADDRESS, at, title, message)
    } else {
        cx.sink.error(&codes::BAD_ADDRESS, title).label(default, message).help(DEFAULT_HELP)
    };
    // Text in front of and behind a variable is part of the address, too.
    let is_whole = is_literal || matches!(late.pieces.as_slice(), [_]);
    if let (Some(mend), true) = (mend, is_whole) {
        let is_path = mend.starts_with(unix::SCHEME);
        // As YAML: one of IPv6 begins with a bracket.
        let written = if is_literal && mend.starts_with('[') { yaml::scalar(&mend) } else { mend };
        problem.suggest(if is_path { "write the path so" } else { "write address and port" }, whole, written);
    }
    None
}

/// What is wrong with an address to listen on, and what was most likely meant.
fn explained(text: &str, mistake: Mistake) -> (String, Option<String>) {
    let address = |mend: Option<SocketAddr>| mend.map(|mend| mend.to_string());
    match mistake {
        Mistake::Unix(mistake) => {
            let path = text.trim_start_matches(unix::SCHEME).trim_matches('/');
            let mend = format!("{}/{path}", unix::SCHEME);
            let is_meant = matches!(mistake, unix::Mistake::Slashes) && listen::parse(&mend).is_ok();
            (mistake.to_string(), is_meant.then_some(mend))
        }
        Mistake::Mapped(mend) => ("an IPv4 address is written as one".to_owned(), address(Some(mend))),
        Mistake::NotAnAddress if text.trim().starts_with("localhost") => {
            ("`localhost` is two addresses, 127.0.0.1 and [::1]".to_owned(), address(mended_address(text)))
        }
        Mistake::NotAnAddress if text.starts_with('/') => {
            let mend = format!("{}{text}", unix::SCHEME);
            let mend = Some(mend).filter(|mend| listen::parse(mend).is_ok());
            ("a socket of this machine is written `unix:/path`".to_owned(), mend)
        }
        Mistake::NotAnAddress => {
            ("expected an IP address and a port".to_owned(), address(mended_address(text)))
        }
    }
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
