//! What rustls does not say of a certificate: how long it is good, and whose it is (RFC 5280). Nothing is decided by this: a client's
//! certificate has been verified before, and the gateway's own are the operator's.

use std::time::{Duration, SystemTime};

/// How long a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) since: SystemTime,
    pub(super) until: SystemTime,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// Strings whose bytes are UTF-8: UTF8String, and the ASCII of PrintableString and IA5String.
const TEXTS: [u8; 3] = [0x0c, 0x13, 0x16];

/// A value of DER, and what is behind it: tag, content.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let (bytes, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            rest = behind;
        }
        let (content, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some((tag, content))
    }

    /// The content of the next one, if it has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }
}

/// Validity and subject.
fn parts(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let whole = Reader(certificate).take(SEQUENCE)?;
    let mut signed = Reader(Reader(whole).take(SEQUENCE)?);
    if signed.0.first() == Some(&VERSION) {
        signed.next()?;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        signed.next()?;
    }
    Some((signed.take(SEQUENCE)?, signed.take(SEQUENCE)?))
}

/// How long a certificate is good.
pub(super) fn validity(certificate: &[u8]) -> Option<Validity> {
    let (validity, _) = parts(certificate)?;
    let mut times = Reader(validity);
    Some(Validity { since: time(times.next()?)?, until: time(times.next()?)? })
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ` (RFC 5280 section 4.1.2.5).
fn time((tag, text): (u8, &[u8])) -> Option<SystemTime> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let years = match tag {
        UTC_TIME => 2,
        GENERALIZED_TIME => 4,
        _ => return None,
    };
    if text.len() != years + 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let pair = |place: usize| number(years + place, years + place + 2);
    let year = match number(0, years)? {
        year if years == 4 => year,
        year if year >= 50 => 1900 + year,
        year => 2000 + year,
    };
    let days = days(year, pair(0)?, pair(2)?)?;
    let seconds = days * 86_400 + pair(4)? * 3_600 + pair(6)? * 60 + pair(8)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Days from 1970 to a date; what was before counts as 1970.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // A year begins with March here, so that it ends with the day that some do not have.
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let since_0 = year * 365 + year / 4 - year / 100 + year / 400 + of_year;
    Some(since_0.saturating_sub(719_468))
}

/// In seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Whose a certificate is, as RFC 4514 writes it: `CN=billing,O=Example`.
pub(super) fn subject(certificate: &[u8]) -> Option<String> {
    let (_, name) = parts(certificate)?;
    let (mut name, mut sets) = (Reader(name), Vec::new());
    while !name.0.is_empty() {
        let (mut set, mut pairs) = (Reader(name.take(SET)?), Vec::new());
        while !set.0.is_empty() {
            let mut pair = Reader(set.take(SEQUENCE)?);
            let kind = pair.take(OBJECT_IDENTIFIER)?;
            let whole = pair.0;
            let (tag, value) = pair.next()?;
            pairs.push(attribute(kind, tag, value, whole));
        }
        sets.push(pairs.join("+"));
    }
    sets.reverse();
    Some(sets.join(","))
}

/// One kind of thing that is said of somebody; `whole` is the value with its tag.
fn attribute(kind: &[u8], tag: u8, value: &[u8], whole: &[u8]) -> String {
    let name = KINDS.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name);
    let text = std::str::from_utf8(value).ok().filter(|_| TEXTS.contains(&tag));
    if let (Some(name), Some(text)) = (name, text) {
        return format!("{name}={}", escaped(text));
    }
    let hex: String = whole.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}=#{hex}", name.map_or_else(|| dotted(kind), str::to_owned))
}

/// Those that have a name (RFC 4514 section 3), and the address of mail, which everybody writes so.
const KINDS: [(&[u8], &str); 10] = [
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 9], "STREET"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "UID"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "emailAddress"),
];

/// RFC 4514 section 2.4; whatever could end a line or a field is escaped, too.
fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::new();
    for (place, letter) in text.chars().enumerate() {
        match letter {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => escaped.extend(['\\', letter]),
            ' ' if place == 0 || place == last => escaped.push_str("\\ "),
            '#' if place == 0 => escaped.push_str("\\#"),
            letter if letter.is_ascii_control() => escaped.push_str(&format!("\\{:02x}", letter as u32)),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// An object identifier as its numbers: `2.5.4.5`.
fn dotted(kind: &[u8]) -> String {
    let (mut numbers, mut number) = (Vec::new(), 0_u64);
    for byte in kind {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.extend([first, number - first * 40]);
            } else {
                numbers.push(number);
            }
            number = 0;
        }
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (tag, text, seconds) in [
            (UTC_TIME, "700101000000Z", 0),
            (UTC_TIME, "491231235959Z", 2_524_607_999),
            (GENERALIZED_TIME, "20000229120000Z", 951_825_600),
            (GENERALIZED_TIME, "21000301000000Z", 4_107_542_400),
            (GENERALIZED_TIME, "99991231235959Z", 253_402_300_799),
            (UTC_TIME, "500101000000Z", 0),
        ] {
            let time = time((tag, text.as_bytes())).unwrap();
            assert_eq!(super::seconds(time), seconds, "{text}");
        }
        for bad in ["", "Z", "7001010000Z", "701301000000Z", "700100000000Z", "70010100000+Z", "700101000000"]
        {
            assert_eq!(time((UTC_TIME, bad.as_bytes())), None, "{bad}");
        }
        assert_eq!(time((SEQUENCE, b"700101000000Z")), None);
    }

    #[test]
    fn what_a_name_holds_stays_in_its_place() {
        for (text, expected) in [
            ("billing", "billing"),
            ("a,O=b", "a\\,O=b"),
            (" #a ", "\\ #a\\ "),
            ("#a", "\\#a"),
            ("a\r\nb\0", "a\\0d\\0ab\\00"),
            ("Bücher+", "Bücher\\+"),
        ] {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(dotted(&[0x55, 4, 5]), "2.5.4.5");
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]), "1.2.840.113549");
        assert_eq!(attribute(&[0x55, 4, 3], 0x1e, &[0, 65], &[0x1e, 2, 0, 65]), "CN=#1e020041");
        assert_eq!(attribute(&[0x55, 4, 5], 0x13, b"1", &[0x13, 1, 0x31]), "2.5.4.5=#130131");
    }

    #[test]
    fn no_cut_or_changed_certificate_makes_it_panic() {
        let whole =
            rcgen::generate_simple_self_signed(vec!["a.test".to_owned()]).unwrap().cert.der().to_vec();
        assert!(validity(&whole).is_some() && subject(&whole).is_some());
        for place in 0..whole.len() {
            assert_eq!(validity(&whole[..place]), None);
            for byte in [0, 0x7f, 0x80, 0x84, 0xff] {
                let mut changed = whole.clone();
                changed[place] = byte;
                let _ = (validity(&changed), subject(&changed));
            }
        }
    }
}
