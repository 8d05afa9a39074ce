//! What is a header and what is none, and that no cut of one, and nothing behind it, changes what it says.

use super::*;
use proptest::prelude::*;

/// `ends` are both addresses, or the word `nobody`.
fn whole(length: usize, ends: &str) -> Result<Header, Refused> {
    let ends = ends.split_once(' ').map(|(source, destination)| Ends {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
    });
    Ok(Header::Whole { length, ends })
}

/// A header of version 2.
fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [V2, &[command, family], &length, rest].concat()
}

fn of_ipv4(more: &[u8]) -> Vec<u8> {
    let addresses = [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb];
    header(0x21, 0x11, &[&addresses, more].concat())
}

/// The same, with the right sum, which takes some other place among `more`.
fn with_checksum(before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut bytes = of_ipv4(&[before, &[CHECKSUM, 0, 4, 0, 0, 0, 0], after].concat());
    let at = FIXED + 12 + before.len() + 3;
    let sum = crc32c(bytes.iter().copied()).to_be_bytes();
    bytes[at..at + 4].copy_from_slice(&sum);
    bytes
}

#[test]
fn version_1_is_read() {
    for (line, ends) in [
        ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1:56324 198.51.100.1:443"),
        ("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", "255.255.255.255:65535 0.0.0.0:0"),
        ("PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "[2001:db8::1]:1 [::1]:2"),
        ("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "[::ffff:192.0.2.1]:1 [::1]:2"),
        ("PROXY UNKNOWN\r\n", "nobody"),
        ("PROXY UNKNOWN whatever ~ it is\r\n", "nobody"),
    ] {
        assert_eq!(read(line.as_bytes()), whole(line.len(), ends), "{line:?}");
    }
    let longest = format!("PROXY UNKNOWN {}\r\n", "f".repeat(LONGEST_V1 - 16));
    assert_eq!((longest.len(), read(longest.as_bytes())), (LONGEST_V1, whole(LONGEST_V1, "nobody")));
}

#[test]
fn version_1_is_read_to_the_letter() {
    for line in [
        "PROXY \r\n",
        "PROXY TCP4\r\n",
        "PROXY  TCP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 +1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100 1 2\r\n",
        "PROXY TCP4 192.0.2.01 198.51.100.1 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP6 [::1] ::1 1 2\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY tcp4 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY UNKNOWN\n",
        "PROXY UNKNOWN\rGET / HTTP/1.1\r\n",
        "PROXY UNKNOWN \u{e9}\r\n",
        "PROXY UNKNOWN \t\r\n",
    ] {
        assert_eq!(read(line.as_bytes()), Err(Refused::HeaderMalformed), "{line:?}");
    }
    let endless = format!("PROXY UNKNOWN {}", "f".repeat(LONGEST_V1 - 14));
    assert_eq!(read(endless.as_bytes()), Err(Refused::HeaderTooLong));
    assert_eq!(read(&endless.as_bytes()[..LONGEST_V1 - 1]), Ok(Header::Partial));
    // One byte too long, with its end in view.
    let long = format!("PROXY UNKNOWN {}\r\n", "f".repeat(LONGEST_V1 - 15));
    assert_eq!(read(long.as_bytes()), Err(Refused::HeaderTooLong));
}

#[test]
fn version_2_is_read() {
    let of_ipv6 = [[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]; 2].concat();
    let of_ipv6 = header(0x21, 0x21, &[&of_ipv6[..], &[0, 1, 0, 2]].concat());
    let alpn = [1, 0, 2, b'h', b'2'];
    for (bytes, ends) in [
        (of_ipv4(&[]), "192.0.2.7:56324 198.51.100.1:443"),
        (of_ipv6, "[2001:db8::1]:1 [2001:db8::1]:2"),
        (of_ipv4(&alpn), "192.0.2.7:56324 198.51.100.1:443"),
        (with_checksum(&[], &[]), "192.0.2.7:56324 198.51.100.1:443"),
        (with_checksum(&alpn, &[4, 0, 0]), "192.0.2.7:56324 198.51.100.1:443"),
        // The proxy's own connection.
        (header(0x20, 0x00, &[]), "nobody"),
        (header(0x20, 0x11, &of_ipv4(&[])[FIXED..]), "nobody"),
        (header(0x20, 0xff, &[1, 2, 3]), "nobody"),
        // It does not say, or what it says is no address of a stream.
        (header(0x21, 0x00, &[9; 40]), "nobody"),
        (header(0x21, 0x12, &[9; 12]), "nobody"),
        (header(0x21, 0x22, &[9; 36]), "nobody"),
        (header(0x21, 0x31, &[9; 216]), "nobody"),
        (header(0x20, 0x00, &[0; LONGEST - FIXED]), "nobody"),
    ] {
        assert_eq!(read(&bytes), whole(bytes.len(), ends), "{bytes:?}");
    }
}

#[test]
fn version_2_is_read_to_the_letter() {
    let mut wrong_sum = with_checksum(&[], &[]);
    *wrong_sum.last_mut().unwrap() ^= 1;
    let mut changed = with_checksum(&[], &[]);
    changed[FIXED] ^= 1;
    let twice = with_checksum(&[], &[CHECKSUM, 0, 4, 0, 0, 0, 0]);
    for bytes in [
        header(0x11, 0x11, &[9; 12]),
        header(0x22, 0x11, &[9; 12]),
        header(0x21, 0x10, &[9; 12]),
        header(0x21, 0x13, &[9; 12]),
        header(0x21, 0x41, &[9; 216]),
        header(0x21, 0x11, &[9; 11]),
        header(0x21, 0x21, &[9; 35]),
        header(0x21, 0x31, &[9; 215]),
        of_ipv4(&[1, 0]),
        of_ipv4(&[1, 0, 2, b'h']),
        of_ipv4(&[CHECKSUM, 0, 3, 0, 0, 0]),
        wrong_sum,
        changed,
        twice,
    ] {
        assert_eq!(read(&bytes), Err(Refused::HeaderMalformed), "{bytes:?}");
    }
    let long = header(0x21, 0x11, &[0; LONGEST - FIXED + 1]);
    assert_eq!(read(&long), Err(Refused::HeaderTooLong));
    // As soon as it says so.
    assert_eq!(read(&long[..FIXED]), Err(Refused::HeaderTooLong));
    assert_eq!(read(&header(0x21, 0x77, &[])[..V2.len() + 2]), Err(Refused::HeaderMalformed));
}

#[test]
fn what_is_no_header_is_refused_at_the_first_byte_that_shows_it() {
    for text in [
        "GET / HTTP/1.1\r\n",
        "G",
        "PROXYTCP4",
        "PRI * HTTP/2.0\r\n",
        "\r\nGET / HTTP/1.1\r\n",
        "\n",
        "proxy ",
    ] {
        assert_eq!(read(text.as_bytes()), Err(Refused::HeaderAbsent), "{text:?}");
    }
    assert_eq!(read(b"\x16\x03\x01\x02\x00"), Err(Refused::HeaderAbsent));
    for part in [&b""[..], b"P", b"PROXY", b"\r", b"\r\n\r\n\0\r\nQUIT"] {
        assert_eq!(read(part), Ok(Header::Partial), "{part:?}");
    }
}

fn ends(source: IpAddr, port: u16, to: IpAddr, to_port: u16) -> Ends {
    Ends { source: SocketAddr::new(source, port), destination: SocketAddr::new(to, to_port) }
}

fn line(family: &str, Ends { source, destination }: Ends) -> Vec<u8> {
    let (address, to) = (source.ip(), destination.ip());
    format!("PROXY {family} {address} {to} {} {}\r\n", source.port(), destination.port()).into_bytes()
}

fn headers() -> impl Strategy<Value = (Vec<u8>, Option<Ends>)> {
    let v4 = any::<([u8; 4], [u8; 4], u16, u16)>();
    let v6 = any::<([u8; 16], [u8; 16], u16, u16)>();
    let more = proptest::collection::vec((4..=255u8, proptest::collection::vec(any::<u8>(), 0..40)), 0..4);
    let entries = |more: Vec<(u8, Vec<u8>)>| -> Vec<u8> {
        more.into_iter().flat_map(|(of, value)| [&[of, 0, value.len() as u8], &value[..]].concat()).collect()
    };
    prop_oneof![
        v4.prop_map(|(source, to, port, to_port)| {
            let ends = ends(source.into(), port, to.into(), to_port);
            (line("TCP4", ends), Some(ends))
        }),
        v6.prop_map(|(source, to, port, to_port)| {
            let ends = ends(source.into(), port, to.into(), to_port);
            (line("TCP6", ends), Some(ends))
        }),
        (any::<([u8; 4], [u8; 4], u16, u16)>(), more.clone()).prop_map(
            move |((source, to, port, to_port), more)| {
                let ports = [port.to_be_bytes(), to_port.to_be_bytes()].concat();
                let rest = [&source[..], &to, &ports, &entries(more)].concat();
                (header(0x21, 0x11, &rest), Some(ends(source.into(), port, to.into(), to_port)))
            }
        ),
        (any::<([u8; 16], [u8; 16], u16, u16)>(), more).prop_map(
            move |((source, to, port, to_port), more)| {
                let ports = [port.to_be_bytes(), to_port.to_be_bytes()].concat();
                let rest = [&source[..], &to, &ports, &entries(more)].concat();
                (header(0x21, 0x21, &rest), Some(ends(source.into(), port, to.into(), to_port)))
            }
        ),
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(|rest| (header(0x20, 0, &rest), None)),
    ]
}

proptest! {
    #[test]
    fn a_part_is_partial_and_what_follows_does_not_matter(
        (bytes, ends) in headers(),
        behind in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        for cut in 0..bytes.len() {
            prop_assert_eq!(read(&bytes[..cut]), Ok(Header::Partial), "{:?}", &bytes[..cut]);
        }
        let whole = Ok(Header::Whole { length: bytes.len(), ends });
        prop_assert_eq!(read(&bytes), whole);
        prop_assert_eq!(read(&[bytes, behind].concat()), whole);
    }

    /// What is refused stays so, what is whole stays what it is, and a header is never longer than the buffer for it.
    #[test]
    fn more_bytes_never_take_back_what_was_said(
        begin in prop_oneof![Just(V1.to_vec()), Just(V2.to_vec()), Just(Vec::new())],
        rest in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b' '), Just(b'\r'), Just(b'\n'), 0x20..0x23u8], 0..300),
    ) {
        let bytes = [begin, rest].concat();
        let mut said = Ok(Header::Partial);
        for cut in 0..=bytes.len() {
            let now = read(&bytes[..cut]);
            match said {
                Ok(Header::Partial) => said = now,
                before => prop_assert_eq!(now, before),
            }
            if let Ok(Header::Whole { length, .. }) = now {
                prop_assert!(length <= cut && length <= LONGEST);
            }
        }
        let endless = [&bytes[..], &[b'f'; LONGEST]].concat();
        prop_assert!(read(&endless[..LONGEST]) != Ok(Header::Partial));
    }
}
