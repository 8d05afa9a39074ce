//! One line: the seed's fields first and in its order, then ours. Written straight into the buffer; whatever a client
//! or a backend can choose is escaped.

use std::io::Write as _;
use std::time::Duration;

use super::{Logged, Record};
use crate::exchange::peer::Peer;
use crate::json::escape;
use crate::observe::Second;

/// Appends the line of `record`; `route` is its route's name, `time` when it came, since 1970.
pub(in crate::exchange) fn append(
    buffer: &mut Vec<u8>,
    record: &Record,
    peer: &Peer,
    route: Option<&str>,
    time: Duration,
    duration: Duration,
    second: Second,
) -> Second {
    let second = second.or_of(time.as_secs());
    buffer.extend_from_slice(&second.beginning(digits3(time.subsec_millis())));
    // Of a token there is nothing to be escaped.
    buffer.extend_from_slice(record.method.as_str().as_bytes());
    buffer.extend_from_slice(br#"","path":""#);
    escape(buffer, record.target.path().as_bytes());
    if matches!(record.access_log, Logged::PathAndQuery | Logged::WithFields { query: true, .. })
        && let Some(query) = record.target.query()
    {
        buffer.extend_from_slice(br#"","query":""#);
        escape(buffer, query.as_bytes());
    }
    buffer.extend_from_slice(br#"","status":"#);
    integer(buffer, u64::from(record.status));
    buffer.extend_from_slice(br#","duration_ms":"#);
    milliseconds(buffer, duration);
    buffer.extend_from_slice(br#","client_ip":""#);
    peer.append_ip(buffer, record.client_ip);
    if let Some(id) = &record.request_id {
        buffer.extend_from_slice(br#"","request_id":""#);
        // Of a UUID or of what was checked there is nothing to be escaped.
        buffer.extend_from_slice(id.as_bytes());
    }
    if let Some(route) = route {
        buffer.extend_from_slice(br#"","route":""#);
        escape(buffer, route.as_bytes());
    }
    if let Some(backend) = record.backend {
        buffer.extend_from_slice(br#"","backend":""#);
        buffer.extend_from_slice(backend.escaped_url());
        if let Some(address) = record.address {
            buffer.extend_from_slice(br#"","address":""#);
            // Writing into memory does not fail.
            _ = write!(buffer, "{address}");
        }
        buffer.extend_from_slice(br#"","upstream_duration_ms":"#);
        milliseconds(buffer, record.upstream_duration);
        if record.upstream_status != 0 {
            buffer.extend_from_slice(br#","upstream_status":"#);
            integer(buffer, u64::from(record.upstream_status));
        }
        if record.retries != 0 {
            buffer.extend_from_slice(br#","retries":"#);
            integer(buffer, u64::from(record.retries));
        }
    } else {
        buffer.push(b'"');
    }
    buffer.extend_from_slice(br#","bytes_in":"#);
    integer(buffer, record.bytes_in);
    buffer.extend_from_slice(br#","bytes_out":"#);
    integer(buffer, record.bytes_out);
    buffer.extend_from_slice(br#","reason":""#);
    buffer.extend_from_slice(record.reason.as_str().as_bytes());
    buffer.push(b'"');
    if let Logged::WithFields { members, .. } = &record.access_log {
        buffer.extend_from_slice(members.as_bytes());
    }
    buffer.extend_from_slice(b"}\n");
    second
}

fn integer(buffer: &mut Vec<u8>, number: u64) {
    match number {
        0..10 => buffer.push(b'0' + number as u8),
        _ => buffer.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

/// Milliseconds with three decimals.
fn milliseconds(buffer: &mut Vec<u8>, duration: Duration) {
    integer(buffer, duration.as_secs() * 1000 + u64::from(duration.subsec_millis()));
    let [hundreds, tens, ones] = digits3(duration.subsec_micros() % 1000);
    buffer.extend_from_slice(&[b'.', hundreds, tens, ones]);
}

fn digits3(number: u32) -> [u8; 3] {
    [100, 10, 1].map(|place| b'0' + (number / place % 10) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_decimals() {
        let mut buffer = Vec::new();
        milliseconds(&mut buffer, Duration::from_micros(45_007));
        milliseconds(&mut buffer, Duration::from_micros(9_000_999_123));
        assert_eq!(buffer, b"45.0079000999.123");
    }
}
