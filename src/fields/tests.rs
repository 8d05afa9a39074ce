mod maps;

use super::*;
use http::header;

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap()
}

fn name(text: &str) -> HeaderName {
    HeaderName::from_bytes(text.as_bytes()).unwrap()
}

/// Fields as a parser leaves them.
pub(crate) fn parsed(text: &str) -> Fields {
    let (head, mut fields) = (Bytes::copy_from_slice(text.as_bytes()), Fields::default());
    let strict = crate::http1::head::LineEnd::Strict;
    crate::http1::head::section(&head, 0, 100, strict, &mut fields, |_, _| {}).unwrap().unwrap();
    fields.settle(head);
    fields
}

fn written(fields: &Fields) -> (String, usize) {
    let (mut text, mut pieces) = (Vec::new(), 0);
    fields.lines(Classes::NONE, |piece| {
        text.extend_from_slice(piece);
        pieces += 1;
    });
    (String::from_utf8(text).unwrap(), pieces)
}

#[test]
fn names_keep_their_case_and_are_found_in_any() {
    let fields = parsed("Host: a\r\nX-Tenant: one\r\nx-tenant:two\r\nAccept: \r\n\r\n");
    assert_eq!(fields.get("X-TENANT"), Some(&b"one"[..]));
    assert_eq!(fields.get(header::HOST), Some(&b"a"[..]));
    assert_eq!(fields.get_all("x-Tenant").collect::<Vec<_>>(), [b"one", b"two"]);
    assert_eq!(fields.get("accept"), Some(&b""[..]));
    assert!(fields.get("x-tenan").is_none() && !fields.contains("x") && fields.contains("ACCEPT"));
    assert_eq!(
        fields.iter().map(|field| field.name()).collect::<Vec<_>>(),
        ["Host", "X-Tenant", "x-tenant", "Accept"]
    );
    assert_eq!(fields.first(Known::Host), Some(&b"a"[..]));
}

#[test]
fn a_field_takes_the_place_of_all_of_its_name() {
    let mut fields = parsed("A: 1\r\nB: 2\r\na: 3\r\nC: 4\r\na: 5\r\n\r\n");
    fields.insert(&name("a"), &value("new"));
    assert_eq!(written(&fields).0, "a: new\r\nB: 2\r\nC: 4\r\n");
    fields.insert(&name("d"), &value("6"));
    fields.append(&name("b"), &value("7"));
    assert_eq!(written(&fields).0, "a: new\r\nB: 2\r\nC: 4\r\nd: 6\r\nb: 7\r\n");
    assert!(fields.remove("B") && !fields.remove("B"));
    fields.retain(|field| !field.is("c"));
    assert_eq!(written(&fields).0, "a: new\r\nd: 6\r\n");
    assert_eq!(fields.len(), 2);
}

#[test]
fn neighbours_that_came_as_they_go_are_one_piece() {
    let fields = parsed("Host: a\r\nAccept: x\r\nEmpty: \r\n\r\n");
    assert_eq!(written(&fields), ("Host: a\r\nAccept: x\r\nEmpty: \r\n".to_owned(), 1));
    let odd = parsed("Host: a\r\nA:x\r\nB: y \r\nC:\tz\r\nD:  v\r\nE:  \r\nF: w\r\nG: u\r\n\r\n");
    let (text, pieces) = written(&odd);
    assert_eq!(text, "Host: a\r\nA: x\r\nB: y\r\nC: z\r\nD: v\r\nE: \r\nF: w\r\nG: u\r\n");
    assert_eq!(pieces, 1 + 5 * 4 + 1);
    let mut fields = parsed("A: 1\r\nB: 2\r\nC: 3\r\n\r\n");
    fields.remove("b");
    assert_eq!(written(&fields), ("A: 1\r\nC: 3\r\n".to_owned(), 2));
}

#[test]
fn what_was_cleared_is_used_again() {
    let mut fields = parsed("A: 1\r\nB: 2\r\n\r\n");
    fields.append(&name("c"), &value("3"));
    let rooms = |fields: &Fields| (fields.list().added.capacity(), fields.list().entries.capacity());
    let before = rooms(&fields);
    fields.clear();
    assert!(fields.is_empty() && fields.list().head.is_empty() && fields.get("c").is_none());
    assert_eq!(rooms(&fields), before);
}

#[test]
fn no_message_s_fields_grow_without_end() {
    let (mut fields, long) = (Fields::default(), value(&"x".repeat(1 << 20)));
    for _ in 0..20 {
        fields.append(&name("x"), &long);
    }
    assert_eq!(fields.len(), 15);
    fields.insert(&name("x"), &long);
    assert_eq!(fields.len(), 15, "what is there stays as it was");
}

#[test]
fn secrets_are_not_shown() {
    let shown = format!("{:?}", parsed("Authorization: hunter2\r\nCookie: hunter2\r\nX: \u{e9}\"\r\n\r\n"));
    assert!(!shown.contains("hunter2") && shown.contains("X: \"\\xc3\\xa9\\\"\""), "{shown}");
}

#[test]
fn options_of_all_connection_lines() {
    let fields = parsed("Connection: close, X-Hop\r\nA: b\r\nconnection: ,te ,\r\n\r\n");
    assert_eq!(fields.connection_options().collect::<Vec<_>>(), [&b"close"[..], b"X-Hop", b"te"]);
}
