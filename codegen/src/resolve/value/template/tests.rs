//! Templates, right and wrong.

use super::*;
use crate::pattern::{HostPattern, Hosts, MatchKind, PathPattern};

fn captures(hosts: &[&str]) -> Captures {
    let path = PathPattern::parse("/v1/{id}/{*rest}", MatchKind::Prefix).unwrap();
    let hosts: Hosts = hosts.iter().map(|host| HostPattern::parse(host).unwrap()).collect();
    Captures::Route(path, hosts)
}

fn parsed(text: &str) -> Result<RequestText, PatternError> {
    parse(text, Place::Anywhere, &captures(&["{tenant}.example.com"]))
}

fn error(text: &str) -> PatternError {
    parsed(text).expect_err(text)
}

#[test]
fn values_stand_in_each_part_of_a_url() {
    let literal = |text: &str| Part::Late(Piece::Literal(text.to_owned()));
    let label = || Part::Request(Source::Label { name: "tenant".to_owned() });
    let segment = || Part::Request(Source::Segment { name: "id".to_owned(), number: 1 });
    let query = || Part::Request(Source::Query("a/b?".to_owned()));
    for (text, parts) in [
        ("/v2/{id}/%20x", vec![literal("/v2/"), segment(), literal("/%20x")]),
        (
            "https://{tenant}.a.com:80/{id}",
            vec![literal("https://"), label(), literal(".a.com:80/"), segment()],
        ),
        ("/x?a={query.a/b?}&b=%20", vec![literal("/x?a="), query(), literal("&b=%20")]),
        ("{request.path}", vec![Part::Request(Source::Path)]),
        (
            "{request.scheme}://{request.host}:{request.port}{request.path}",
            vec![
                Part::Request(Source::Scheme),
                literal("://"),
                Part::Request(Source::Host),
                literal(":"),
                Part::Request(Source::Port),
                Part::Request(Source::Path),
            ],
        ),
        ("https://h", vec![literal("https://h")]),
    ] {
        assert_eq!(parsed(text).map(|text| text.parts), Ok(parts), "{text}");
    }
    for good in
        ["/v2/{*rest}?from={request.path}", "http://[::1]:80?{client.ip}", "https://www.{request.host}/"]
    {
        assert!(parsed(good).is_ok(), "{good}");
    }
}

#[test]
fn nobody_chooses_where_a_redirect_leads() {
    for text in [
        "{query.next}",
        "{header.x-next}/a",
        "{id}",
        "//{id}",
        "//evil.example",
        "{request.host}/x",
        "{query.scheme}://a.com/",
        "https://{query.host}/x",
        "https://{header.x-host}",
        "https://a.com{query.x}/",
        "https://{cookie.x}.a.com/",
        "https://{id}.a.com/",
        "https://{request.path}",
        "https://a.com:{query.port}/",
        "https://a.com:{request.port}0/",
        "https://u@a.com/",
        "https://{tenant}@a.com/",
        "https://{client.ip}/",
        "ftp://a.com/",
    ] {
        assert_eq!(error(text).canonical, None, "{text}");
    }
    let any = |text: &str| parse(text, Place::Anywhere, &captures(&[]));
    assert!(any("https://{request.host}/").unwrap_err().message.contains("whatever a client says"));
    assert!(any("/{request.host}").is_ok());
}

#[test]
fn what_is_wrong_is_mended_where_that_is_plain() {
    for (text, mended) in [
        ("/v2/{request.path}", Some("/v2{request.path}")),
        ("/{request.path}?x=1", Some("{request.path}?x=1")),
        ("/$request_uri", Some("/{request.path}")),
        ("/x?", Some("/x")),
        ("/a//b?x={id}", Some("/a/b?x={id}")),
        ("/caf\u{e9}{request.path}", Some("/caf%C3%A9{request.path}")),
        ("/{request.path}/x", None),
        ("/{*rest}/x", None),
        ("/{*rest}.html", None),
        ("/x#y", None),
        ("/x?y#z", None),
        ("/x?a=<{id}>", None),
        ("/x?a=%{id}", None),
        ("/.{id}", None),
        ("/..{request.path}", None),
        ("/;{request.path}", None),
        ("/{nope}", None),
        ("/{id", None),
        ("/}", None),
        ("/{*id}", Some("/{id}")),
        ("/{rest}", Some("/{*rest}")),
        ("/a\r\n", None),
    ] {
        assert_eq!(error(text).canonical.as_deref(), mended, "{text}");
    }
}

#[test]
fn a_label_is_a_value_if_every_host_has_it() {
    let of = |hosts: &[&str]| parse("/{tenant}/{id}", Place::Path, &captures(hosts));
    assert!(of(&["{tenant}.a.com", "{tenant}.b.com"]).is_ok());
    for partly in [&["{tenant}.a.com", "b.com"][..], &["{tenant}.a.com", "{other}.b.com"]] {
        assert!(of(partly).unwrap_err().message.contains("has no label `tenant`"));
    }
    assert!(of(&["*.a.com"]).unwrap_err().message.starts_with("no parameter"));
}

#[test]
fn what_a_template_makes_is_canonical() {
    for good in ["/", "/a/", "/a/{id}/", "/a-{id}.json", "/{id}{id}", "/.well-known/{id}", "/%20", "/..."] {
        assert!(parsed(good).is_ok(), "{good}");
    }
    for bad in [
        "/%zz/../x",
        "/%",
        "/%2",
        "/%{id}",
        "/a%2fb",
        "/%5c",
        "/%00",
        "/.",
        "/..",
        "/../a",
        "/a/.",
        "/%2e",
        "/.{id}",
        "/..{id}",
        "/..;a/b",
        "/..%3ba",
        "/;",
        "/;a/b",
        "/%3B{id}",
    ] {
        assert_eq!(error(bad).canonical, None, "{bad}");
    }
    for (written, right) in [
        ("/a//b", "/a/b"),
        ("/a///{id}//", "/a/{id}/"),
        ("/a b/{id}/%7e%c3%a9", "/a%20b/{id}/~%C3%A9"),
        ("/[{id}]", "/%5B{id}%5D"),
    ] {
        assert_eq!(error(written).canonical.as_deref(), Some(right), "{written}");
        assert!(parsed(right).is_ok(), "{right}");
    }
}

#[test]
fn a_label_is_of_a_domain_that_the_config_names() {
    for host in ["a.com", "a.com:8443", "of.{tenant}.a.com.", "localhost", "localhost:80", "{request.host}"] {
        assert!(parsed(&format!("https://{{tenant}}.{host}/")).is_ok(), "{host}");
        assert!(parsed(&format!("https://x-{{tenant}}-y.{host}/")).is_ok(), "{host}");
    }
    for host in [
        "{tenant}",
        "{tenant}:8443",
        "{tenant}.",
        "{tenant}.com",
        "x{tenant}.com:80",
        "www.{tenant}",
        "www.a{tenant}.com",
        "{tenant}.{tenant}.com",
        "127.0.0.{tenant}",
        "{tenant}com",
    ] {
        let error = error(&format!("https://{host}/"));
        assert!(error.message.contains("is of no domain"), "{host}: {}", error.message);
    }
}
