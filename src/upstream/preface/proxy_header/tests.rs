//! What is sent, to the letter of the specification; and that what reads such headers at a listener reads the same.

use std::net::SocketAddr;

use proptest::prelude::*;

use super::*;
use crate::door::read_proxy_header;

fn written(preface: &dyn Preface, by: Initiator) -> Vec<u8> {
    let mut bytes = Vec::new();
    preface.write(&mut bytes, by);
    bytes
}

fn ends(source: &str, destination: &str) -> Ends {
    Ends::new(source.parse().unwrap(), destination.parse().unwrap())
}

#[test]
fn version_1_is_a_line() {
    for (ends, line) in [
        (ends("192.0.2.1:56324", "198.51.100.1:443"), "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"),
        (ends("[2001:db8::1]:1", "[::1]:65535"), "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"),
        (ends("[::ffff:192.0.2.1]:1", "10.0.0.1:2"), "PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n"),
        (ends("[2001:db8::1]:0", "192.0.2.1:80"), "PROXY TCP6 2001:db8::1 ::ffff:c000:201 0 80\r\n"),
        (ends("0.0.0.7:0", "[::]:80"), "PROXY TCP6 ::ffff:0:7 :: 0 80\r\n"),
    ] {
        assert_eq!(String::from_utf8(written(ProxyHeader::V1, Initiator::Client(ends))).unwrap(), line);
        assert_eq!(
            String::from_utf8(written(ProxyHeader::V1, Initiator::Gateway(Some(ends)))).unwrap(),
            line
        );
    }
    for nobody in [Initiator::Unknown, Initiator::Gateway(None)] {
        assert_eq!(written(ProxyHeader::V1, nobody), b"PROXY UNKNOWN\r\n");
    }
}

#[test]
fn version_2_is_a_block() {
    let begin = b"\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0A";
    let v4 = ends("192.0.2.1:56324", "198.51.100.1:443");
    let (source, destination) = ([0xc0, 0, 2, 1], [0xc6, 0x33, 0x64, 1]);
    let ports = [0xdc, 0x04, 0x01, 0xbb];
    let expected = [&begin[..], b"\x21\x11\x00\x0c", &source, &destination, &ports].concat();
    assert_eq!(written(ProxyHeader::V2, Initiator::Client(v4)), expected);

    let v6 = ends("[2001:db8::1]:56324", "198.51.100.1:443");
    let (source, destination) = (
        [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xc6, 0x33, 0x64, 1],
    );
    let expected = [&begin[..], b"\x21\x21\x00\x24", &source, &destination, &ports].concat();
    assert_eq!(written(ProxyHeader::V2, Initiator::Client(v6)), expected);

    for of_the_gateway in [Initiator::Unknown, Initiator::Gateway(Some(v4)), Initiator::Gateway(None)] {
        assert_eq!(written(ProxyHeader::V2, of_the_gateway), [&begin[..], b"\x20\x00\x00\x00"].concat());
    }
}

fn addresses() -> impl Strategy<Value = SocketAddr> {
    let ip = prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u8; 16]>().prop_map(IpAddr::from),
        any::<[u8; 4]>().prop_map(|ip| IpAddr::from(Ipv4Addr::from(ip).to_ipv6_mapped())),
    ];
    (ip, any::<u16>()).prop_map(SocketAddr::from)
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(source in addresses(), destination in addresses()) {
        let ends = Ends::new(source, destination);
        for preface in [ProxyHeader::V1, ProxyHeader::V2] {
            let bytes = written(preface, Initiator::Client(ends));
            let read = read_proxy_header(&bytes).unwrap();
            prop_assert_eq!(read.map(|read| Ends::new(read.source, read.destination)), Some(ends));
            let text = [&bytes[..], b"GET"].concat();
            prop_assert_eq!(read_proxy_header(&text).unwrap(), read);
        }
    }
}
