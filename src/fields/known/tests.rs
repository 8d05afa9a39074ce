use super::table::{NAMES, Names};
use super::*;

// The tables that this one takes the place of, as long as they are there.
#[allow(dead_code, clippy::duplicate_mod)]
#[path = "../../server/gate/identity.rs"]
mod identity;
#[allow(dead_code, clippy::duplicate_mod)]
#[path = "../../server/gate/kind.rs"]
mod kind;

fn class(name: &[u8]) -> Known {
    Known::of(name)
}

use kind::{HOP, Kind, WRITTEN, kind as kind_of};

const OTHERS: &[&str] = &[
    "accept",
    "x-tenant",
    "x-",
    "x",
    "y",
    "a-b",
    "x-y",
    "cf-ray",
    "contents",
    "content-foo",
    "content-md5",
    "hos",
    "hosts",
    "x-forwarde",
    "x-real-ipx",
    "remote",
    "forward",
    "x-ssl",
    "tea",
    "viax",
    "front-end-http",
    "x-forwarded-foo",
    "x-envoy-original-path",
    "x-request-id",
    "ssl-client-verify",
    "x-ms-client-principal-id",
];

/// Every name of the table, beginnings with something behind them, and some that are not in it.
fn names() -> impl Iterator<Item = String> {
    let of_table = NAMES.iter().flat_map(|(names, _)| match names {
        Names::Is(name) => vec![(*name).to_owned(), format!("{name}x"), name[1..].to_owned()],
        Names::Starts(text) => {
            vec![(*text).to_owned(), format!("{text}thing"), text[..text.len() - 1].to_owned()]
        }
    });
    of_table.chain(OTHERS.iter().map(ToString::to_string)).filter(|name| !name.is_empty())
}

#[test]
fn every_name_of_the_table_is_found_in_any_case() {
    for (names, known) in NAMES {
        let name = match names {
            Names::Is(name) => (*name).to_owned(),
            Names::Starts(text) => format!("{text}thing"),
        };
        let mut mixed = name.clone().into_bytes();
        mixed.iter_mut().step_by(2).for_each(|byte| byte.make_ascii_uppercase());
        assert_eq!(class(name.as_bytes()), *known, "{name}");
        assert_eq!(class(name.to_uppercase().as_bytes()), *known, "{name}");
        assert_eq!(class(&mixed), *known, "{name}");
    }
}

#[test]
fn names_are_written_as_the_search_needs_them() {
    for (names, _) in NAMES {
        let (Names::Is(text) | Names::Starts(text)) = names;
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(text.len() > 1 && text.bytes().all(fits), "{text}");
    }
}

#[test]
fn only_its_case_may_be_another() {
    for (names, known) in NAMES {
        let Names::Is(name) = names else { continue };
        for place in 0..name.len() {
            let byte = name.as_bytes()[place];
            for other in (0..=u8::MAX).filter(|other| !other.eq_ignore_ascii_case(&byte)) {
                let mut text = name.as_bytes().to_vec();
                text[place] = other;
                let is_the_same = known.is_one_name() && class(&text) == *known;
                assert!(!is_the_same, "{} is taken for {name}", text.escape_ascii());
            }
        }
    }
}

#[test]
fn a_character_that_may_hide_a_name_is_noticed() {
    for name in ["x_real_ip", "x.tenant", "content_length", "x-forwarded_for", "a!b", "_", "x-envoy-a.b"] {
        assert_eq!(class(name.as_bytes()), Known::Ambiguous, "{name}");
    }
}

#[test]
fn roles_are_what_the_tables_of_the_gate_say() {
    for name in names() {
        let (known, of_gate) = (class(name.as_bytes()), kind_of(&name));
        assert_eq!(known.ends_in_requests(), HOP.iter().any(|hop| *hop == *name), "{name}");
        assert_eq!(known.is_written(), WRITTEN.iter().any(|written| *written == *name), "{name}");
        let is_identity = identity::is_identity(&name) && !known.is_written();
        assert_eq!(known.is_identity(), is_identity, "{name}");
        match of_gate {
            Kind::Host => assert_eq!(known, Known::Host),
            Kind::Connection => assert_eq!(known, Known::Connection),
            Kind::TransferEncoding => assert_eq!(known, Known::TransferEncoding),
            Kind::Expect => assert_eq!(known, Known::Expect),
            Kind::Via => assert_eq!(known, Known::Via),
            Kind::ProxyAuthorization => assert_eq!(known, Known::ProxyAuthorization),
            Kind::Hop(_) => assert!(known.is_one_name() && known.ends_in_requests(), "{name}"),
            Kind::Written(_) | Kind::Identity => assert!(known.is_written() || known.is_identity(), "{name}"),
            Kind::EndToEnd => assert!(!known.ends_in_requests() && !known.is_identity(), "{name}"),
        }
        // As `may_be_nominated` of the gate's fields.
        let lasting =
            ["host", "authorization", "cookie", "via", "x-request-id", "x-api-key", "cache-control", "range"];
        let is_lasting =
            lasting.contains(&&*name) || name.starts_with("content-") || identity::is_identity(&name);
        assert_eq!(known.may_be_nominated(), !is_lasting, "{name}");
        // As `end_to_end` of the codec towards backends.
        let hop =
            "connection keep-alive proxy-connection te trailer transfer-encoding upgrade proxy-authenticate";
        assert_eq!(known.ends_in_responses(), hop.split(' ').any(|hop| hop == name), "{name}");
        // As `is_framing` of the head of a request.
        let framing = ["content-length", "transfer-encoding", "connection"];
        assert_eq!(known.is_framing(), framing.contains(&&*name), "{name}");
    }
}

#[test]
fn what_decides_anything_is_no_trailer() {
    for name in [
        "content-length",
        "transfer-encoding",
        "host",
        "authorization",
        "trailer",
        "te",
        "connection",
        "cookie",
        "set-cookie",
        "x-forwarded-for",
        "x-real-ip",
        "cache-control",
        "expect",
        "max-forwards",
        "if-none-match",
        "www-authenticate",
        "age",
        "vary",
        "content-encoding",
        "content-type",
        "content-range",
    ] {
        assert!(!class(name.as_bytes()).may_be_trailer(), "{name}");
    }
    for name in
        ["grpc-status", "grpc-message", "server-timing", "digest", "content-digest", "etag", "x-checksum"]
    {
        assert!(class(name.as_bytes()).may_be_trailer(), "{name}");
    }
}

/// `x-forwarded` and all that follows it have rows of their own.
#[test]
fn the_operator_is_told_every_name_that_is_a_proxy_s_word() {
    let manual = include_str!("../../../docs/operations.md").to_lowercase();
    let (_, table) = manual.split_once("\n## header fields\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let told = |names: &Names| match names {
        Names::Is(name) => table.contains(&format!("`{name}`")),
        Names::Starts(text) => *text == "x-forwarded" || table.contains(&format!("`{text}*`")),
    };
    let identities: Vec<&Names> =
        NAMES.iter().filter(|(_, known)| known.is_identity()).map(|(names, _)| names).collect();
    assert!(identities.len() >= 55);
    for names in identities {
        let (Names::Is(text) | Names::Starts(text)) = names;
        assert!(told(names), "{text} is not in docs/operations.md");
    }
}
