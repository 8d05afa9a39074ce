//! Against a reader of URLs that shares nothing with what makes them.

use super::*;
use crate::segment::nth;
use crate::template::{TemplatePiece, render};
use proptest::prelude::*;

const ALL: Disputed = Disputed::PARAMETERS.union(Disputed::SLASHES);

/// `Ok` is a text of the config, `Err` a value.
type Bit<'a> = Result<&'a str, Value<'a>>;

fn made(keeps: Disputed, bits: &[Bit<'_>], query: Option<&str>) -> Result<String, Refused> {
    let mut target = Target::new(keeps);
    for bit in bits {
        match bit {
            Ok(text) => target.literal(text)?,
            Err(value) => target.value(*value)?,
        }
    }
    target.end(query)
}

fn text(text: &str) -> Bit<'_> {
    Err(Value::Text(text.as_bytes()))
}

#[test]
fn a_value_stays_where_it_stands() {
    let (path, rest, form) =
        (Err(Value::Path("/a%20b/c")), Err(Value::Segments("a%20b/c")), Err(Value::Form("a+%26b%3D%2f")));
    for (bits, expected) in [
        (vec![Ok("/x/"), text("a b%41"), Ok("/y")], "/x/a%20b%2541/y"),
        (vec![Ok("/x"), path], "/x/a%20b/c"),
        (vec![path], "/a%20b/c"),
        (vec![Ok("https://"), text("a.example"), path], "https://a.example/a%20b/c"),
        (vec![text("https"), Ok("://a.example:"), text("8443"), Ok("?x")], "https://a.example:8443?x"),
        (vec![Ok("https://"), text("shop"), Ok(".example/"), rest], "https://shop.example/a%20b/c"),
        (vec![Ok("/?next="), path], "/?next=/a%2520b/c"),
        (vec![Ok("/?file="), rest, Ok("&x=1")], "/?file=a%20b/c&x=1"),
        (vec![Ok("/?q="), form], "/?q=a%20%26b%3D/"),
        (vec![Ok("/?q="), text(""), Ok("&r="), text("\r\n\0\u{e9}+#")], "/?q=&r=%0D%0A%00%C3%A9%2B%23"),
        (vec![Ok("/"), text("a\r\nb\"'\u{e9}:@")], "/a%0D%0Ab%22'%C3%A9:@"),
    ] {
        assert_eq!(made(Disputed::NOTHING, &bits, None).as_deref(), Ok(expected), "{bits:?}");
        let behind = if expected.contains('?') { '&' } else { '?' };
        let whole = made(Disputed::NOTHING, &bits, Some("a=b?"));
        assert_eq!(whole, Ok(format!("{expected}{behind}a=b?")), "{bits:?}");
    }
}

#[test]
fn what_would_mean_something_else_is_refused() {
    let long = "x".repeat(MOST_BYTES);
    for (bits, refused) in [
        (vec![Ok("/"), text("")], Refused::Empty),
        (vec![Ok("/"), Err(Value::Form(""))], Refused::Empty),
        (vec![Ok("/"), text("..")], Refused::Unfit),
        (vec![Ok("/"), text("."), text("."), Ok("/x")], Refused::Unfit),
        (vec![Ok("/"), Err(Value::Form("%2e%2E")), Ok("?x")], Refused::Unfit),
        (vec![Ok("/"), text("/evil.example")], Refused::Unfit),
        (vec![Ok("/"), text("\\evil.example")], Refused::Unfit),
        (vec![Ok("/"), text("a;b=c")], Refused::Unfit),
        (vec![Ok("/"), text("a\0b")], Refused::Unfit),
        (vec![Ok("/"), text(&long)], Refused::Unfit),
        (vec![Ok("/x/"), Err(Value::Path("/a"))], Refused::Unfit),
        (vec![text("//evil.example")], Refused::Unfit),
        (vec![Ok("https://"), text("a@evil.example"), Ok("/")], Refused::Unfit),
        (vec![Ok("https://"), text("a.example:80:80"), Ok("/")], Refused::Unfit),
        (vec![Ok("https://"), text("a.example/x"), Ok("/")], Refused::Unfit),
        (vec![Ok("https://"), text(""), Ok("/")], Refused::Unfit),
        (vec![Ok("https://"), Err(Value::Segments("a.example")), Ok("/")], Refused::Unfit),
        (vec![Ok("https://a.example:"), text("0"), Ok("?x")], Refused::Unfit),
        (vec![Ok("https://"), text("a!b")], Refused::Unfit),
    ] {
        assert_eq!(made(Disputed::NOTHING, &bits, Some("q")), Err(refused), "{bits:?}");
    }
    // What a route keeps goes on escaped, so that it is a part of the segment.
    let kept = made(ALL, &[Ok("/"), text("a/b\\c;d"), Ok("/x")], None);
    assert_eq!(kept.as_deref(), Ok("/a%2Fb%5Cc%3Bd/x"));
    assert_eq!(made(ALL, &[Ok("/"), text("../x")], None), Err(Refused::Unfit));
}

/// What the escapes of a text stand for, by hand.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut read = Vec::new();
    while let Some(byte) = bytes.next() {
        read.push(match byte {
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    read
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let odd = prop::sample::select(b"./\\;%?#&=+@:[]\r\n\0 \"'<>\xff\xc3a2e".to_vec());
    prop::collection::vec(prop_oneof![3 => odd, 1 => any::<u8>()], 0..8)
}

proptest! {
    /// Whatever the values are: a reader finds them where the config has put them, whole, and nothing else.
    #[test]
    fn no_value_is_anything_but_itself(a in bytes(), b in bytes(), c in bytes(), keeps in prop::sample::select(vec![Disputed::NOTHING, ALL])) {
        let bits = [
            Ok("/p/x-"), Err(Value::Text(&a)), Ok("/"), Err(Value::Text(&b)), Ok("?q="), Err(Value::Text(&c)), Ok("&r=1"),
        ];
        let Ok(target) = made(keeps, &bits, Some("own=1")) else { return Ok(()) };
        prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>".contains(&byte)), "{}", target);
        let (path, query) = target.split_once('?').unwrap();
        let segments: Vec<&str> = path.split('/').collect();
        prop_assert_eq!(segments.len(), 4, "{}", target);
        prop_assert_eq!(segments[1], "p");
        prop_assert_eq!(unescaped(segments[2]), [b"x-", &a[..]].concat());
        prop_assert_eq!(unescaped(segments[3]), &b[..]);
        prop_assert!(![&b""[..], b".", b".."].contains(&&b[..]));
        if keeps == Disputed::NOTHING {
            prop_assert!(!a.iter().chain(&b).any(|byte| b"/\\;\0".contains(byte)));
        }
        let pairs: Vec<&str> = query.split('&').collect();
        prop_assert_eq!(pairs.len(), 3, "{}", target);
        let (name, value) = pairs[0].split_once('=').unwrap();
        prop_assert!(name == "q" && !value.contains(['=', '+']));
        prop_assert_eq!(unescaped(value), c);
        prop_assert_eq!(&pairs[1..], ["r=1", "own=1"]);
    }

    /// And wherever a redirect leads, it is the place that was written, or the one that was checked.
    #[test]
    fn no_value_leads_to_another_host(host in bytes(), rest in bytes()) {
        let bits = [Ok("https://"), Err(Value::Text(&host)), Ok(".example.com/"), Err(Value::Text(&rest))];
        if let Ok(target) = made(ALL, &bits, None) {
            let (authority, _) = target["https://".len()..].split_once('/').unwrap();
            prop_assert!(authority.ends_with(".example.com"), "{}", target);
            prop_assert!(authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{}", target);
        }
        if let Ok(target) = made(ALL, &[Ok("/"), Err(Value::Text(&host)), Err(Value::Text(&rest))], None) {
            prop_assert!(!target.starts_with("//") && !target.contains('\\'), "{}", target);
        }
    }

    /// What is made of segments alone is the same by the shorter way.
    #[test]
    fn segments_are_what_a_template_makes_of_them(path in "(/[a-z;%]{0,2}[a-z]){1,4}/?", number in 0u8..3) {
        let path = path.replace('%', "%20");
        let place = usize::from(number);
        let (one, rest) = (&path[nth(&path, place)], &path[nth(&path, place).start..]);
        prop_assume!(!path::bare(one).is_empty() && !path.contains("/;"));
        let mut rendered = String::new();
        let pieces = [
            TemplatePiece::Literal("/x/"),
            TemplatePiece::Segment(number),
            TemplatePiece::Literal("-"),
            TemplatePiece::Label,
            TemplatePiece::Literal("/"),
            TemplatePiece::Rest(number),
        ];
        render(&pieces, &path, || b"Shop.example.com", |text| rendered.push_str(text));
        let bits = [
            Ok("/x/"), Err(Value::Segments(one)), Ok("-"), text("shop"), Ok("/"), Err(Value::Segments(rest)),
        ];
        prop_assert_eq!(made(ALL, &bits, None), Ok(rendered));
    }
}
