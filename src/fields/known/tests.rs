use super::table::{NAMES, Names};
use super::*;

fn class(name: &[u8]) -> Known {
    Known::of(name)
}

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
fn the_compiler_finds_the_same_class() {
    for name in names().chain(["x_real_ip", "content-a.b", "host!"].map(String::from)) {
        assert_eq!(Known::of_lower_case(name.as_bytes()), class(name.as_bytes()), "{name}");
    }
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
fn roles_are_what_is_written_here() {
    let of_requests =
        "connection keep-alive proxy-connection te trailer transfer-encoding upgrade http2-settings expect";
    let of_responses =
        "connection keep-alive proxy-connection te trailer transfer-encoding upgrade proxy-authenticate";
    let framing = "content-length transfer-encoding connection";
    let written = "x-forwarded-for x-forwarded-proto x-forwarded-host";
    let lasting =
        "host authorization cookie via x-request-id x-api-key cache-control range digest repr-digest";
    for name in names() {
        let known = class(name.as_bytes());
        let is_of = |list: &str| list.split(' ').any(|listed| listed == name);
        for (classes, list) in [
            (Classes::FRAMING, [framing, ""]),
            (Classes::ENDS_IN_REQUESTS, [framing, of_requests]),
            (Classes::ENDS_IN_RESPONSES, [framing, of_responses]),
            (Classes::WRITTEN, [written, ""]),
        ] {
            assert_eq!(classes.has(known), list.into_iter().any(is_of), "{name}");
        }
        assert_eq!(known.is_written(), is_of(written), "{name}");
        let is_lasting =
            is_of(lasting) || name.starts_with("content-") || is_of(written) || known.is_identity();
        assert_eq!(known.may_be_nominated(), !is_lasting, "{name}");
    }
}

#[test]
fn what_clients_send_of_themselves_is_no_proxy_s_word() {
    for name in [
        "accept",
        "authorization",
        "cookie",
        "cache-control",
        "content-type",
        "forward",
        "from",
        "host",
        "origin",
        "referer",
        "sec-fetch-site",
        "te",
        "traceparent",
        "user-agent",
        "via",
        "x-api-key",
        "x-csrf-token",
        "x-http-method-override",
        "x-request-id",
        "x-requested-with",
        "x-tenant",
        "x-user",
        "x-real-name",
        "x-",
    ] {
        let known = class(name.as_bytes());
        assert!(!known.is_identity() && !known.is_written(), "{name}");
    }
    for name in ["X-Real-IP", "Forwarded", "x-forwarded-port", "X-Envoy-Original-Path", "True-Client-IP"] {
        assert!(class(name.as_bytes()).is_identity(), "{name}");
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

/// `x-forwarded` and all that follows it have rows of their own. The other way round, that what is told is done, is `gateways::fields`.
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
