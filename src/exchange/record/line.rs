//! One line: the seed's fields first and in its order, then ours. Written straight into the buffer; whatever a client
//! or a backend can choose is escaped.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Logged, Record};
use crate::exchange::peer::Peer;
use crate::json::escape;

/// How every line of a second begins, up to its method.
const BEGINNING: [u8; 50] = *br#"{"timestamp":"0000-00-00T00:00:00.000Z","method":""#;
/// Where in it the date is,
const DATE: usize = 14;
/// and where the milliseconds are.
const MILLIS: usize = 34;

/// The beginning of the second that was formatted last; most lines share theirs with the line before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Second {
    number: u64,
    text: [u8; BEGINNING.len()],
}

impl Default for Second {
    fn default() -> Self {
        format(0)
    }
}

/// Appends the line of `record`; `route` is its route's name.
pub(crate) fn append(
    buffer: &mut Vec<u8>,
    record: &Record,
    peer: &Peer,
    route: Option<&str>,
    time: SystemTime,
    duration: Duration,
    second: Second,
) -> Second {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let second = if second.number == since.as_secs() { second } else { format(since.as_secs()) };
    let mut beginning = second.text;
    beginning[MILLIS..MILLIS + 3].copy_from_slice(&digits3(since.subsec_millis()));
    buffer.extend_from_slice(&beginning);
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
        escape(buffer, backend.url().as_bytes());
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

/// The beginning with `YYYY-MM-DDTHH:MM:SS` in UTC (the date from days by Hinnant's algorithm for the proleptic Gregorian calendar).
fn format(second: u64) -> Second {
    let (days, rest) = (second / 86_400, second % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let mut text = BEGINNING;
    let mut put = |at: usize, length: usize, mut number: u64| {
        for place in (DATE + at..DATE + at + length).rev() {
            text[place] = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, month);
    put(8, 2, day);
    put(11, 2, rest / 3600);
    put(14, 2, rest / 60 % 60);
    put(17, 2, rest % 60);
    Second { number: second, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (second, text) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_771_436_700, "2026-02-18T17:45:00"),
            (4_102_444_799, "2099-12-31T23:59:59"),
        ] {
            let beginning = format!(r#"{{"timestamp":"{text}.000Z","method":""#);
            assert_eq!(std::str::from_utf8(&super::format(second).text), Ok(beginning.as_str()));
        }
    }

    #[test]
    fn durations_have_three_decimals() {
        let mut buffer = Vec::new();
        milliseconds(&mut buffer, Duration::from_micros(45_007));
        milliseconds(&mut buffer, Duration::from_micros(9_000_999_123));
        assert_eq!(buffer, b"45.0079000999.123");
    }
}
