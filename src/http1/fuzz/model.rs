//! How a request's head is to be read, written down as simply as the rules are: line by line, with no eye to speed or to
//! pieces. It shares nothing with the parser.

use crate::error::Reason;
use crate::http1::head::Limits;

/// What is to become of the bytes.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The text is as `of_request` has it; so many bytes are taken.
    Read {
        text: String,
        length: usize,
    },
    Refused(Reason),
    /// More is needed, or what is there is wrong already.
    More,
}

use Verdict::{More, Refused};

pub(super) fn request(bytes: &[u8], limits: &Limits) -> Verdict {
    let mut skipped = 0;
    while skipped < 4 && bytes[skipped..].starts_with(b"\r\n") {
        skipped += 2;
    }
    let bytes = &bytes[skipped..];
    match line_fault(bytes, limits) {
        Some(reason) => return Refused(reason),
        None if !bytes.contains(&b'\n') && bytes.len() < limits.bytes => return More,
        None => {}
    }
    let window = &bytes[..bytes.len().min(limits.bytes)];
    let end = (1..=window.len())
        .find(|end| window[..*end].ends_with(b"\n\r\n") || window[..*end].ends_with(b"\n\n"));
    // Lines are looked at until there is one too many.
    let text = &window[..end.unwrap_or(window.len())];
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let rest = lines.pop().unwrap_or_default();
    if end.is_some() {
        lines.pop();
    }
    let lines = lines.get(1..).unwrap_or_default();
    let looked_at = lines.iter().take(limits.fields + 1).map(|line| field(line.strip_suffix(b"\r")?));
    let Some(fields): Option<Vec<(&str, &[u8])>> = looked_at.collect() else {
        return Refused(Reason::BadRequest);
    };
    if fields.len() > limits.fields {
        return Refused(Reason::HeadersTooLarge);
    }
    let Some(end) = end else {
        return match window.contains(&b'\n') && !may_be_field(rest) {
            true => Refused(Reason::BadRequest),
            false if window.len() == limits.bytes => Refused(Reason::HeadersTooLarge),
            false => More,
        };
    };
    if !text.ends_with(b"\r\n") {
        return Refused(Reason::BadRequest);
    }
    let parts: Vec<&[u8]> = text.split(|byte| b" \r".contains(byte)).take(3).collect();
    let is_old = parts[2] == b"HTTP/1.0";
    let values = |name: &str| -> Vec<&[u8]> {
        let is_it = |(other, _): &&(&str, &[u8])| other.eq_ignore_ascii_case(name);
        fields.iter().filter(is_it).map(|(_, value)| *value).collect()
    };
    let framing = match (&values("content-length")[..], &values("transfer-encoding")[..]) {
        ([], []) => "Nothing".to_owned(),
        ([length], []) => {
            match std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit())) {
                Some(text) if text.parse::<u64>().is_ok() => {
                    format!("Length({})", text.parse::<u64>().unwrap_or_default())
                }
                _ => return Refused(Reason::BadRequest),
            }
        }
        ([], _) if is_old => return Refused(Reason::BadRequest),
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") => "Chunked".to_owned(),
        ([], [.., last]) => {
            let last = last.rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
            let is_chunked = last.eq_ignore_ascii_case(b"chunked");
            return Refused(if is_chunked { Reason::NotImplemented } else { Reason::BadRequest });
        }
        _ => return Refused(Reason::BadRequest),
    };
    let options: Vec<String> = values("connection")
        .iter()
        .flat_map(|line| line.split(|byte| *byte == b','))
        .map(|option| String::from_utf8_lossy(option.trim_ascii()).to_ascii_lowercase())
        .collect();
    let says = |option: &str| options.iter().any(|other| other == option);
    let keeps_alive = !says("close") && (!is_old || says("keep-alive"));
    let expects = values("expect").iter().any(|value| value.eq_ignore_ascii_case(b"100-continue"));
    let awaits = expects && !is_old && framing != "Nothing" && framing != "Length(0)";
    let takes = values("te").iter().any(|line| {
        line.split(|byte| *byte == b',').any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
    });
    let trailers = takes && !is_old;
    let (method, target) = (String::from_utf8_lossy(parts[0]), parts[1].escape_ascii());
    let version = if is_old { "Http10" } else { "Http11" };
    let lines: String =
        fields.iter().map(|(name, value)| format!("{name}: {}\n", value.escape_ascii())).collect();
    let text =
        format!("{method} {target} {version} {framing} {keeps_alive} {awaits} {trailers} {end}\n{lines}");
    Verdict::Read { text, length: skipped + end }
}

/// What is wrong with the request line, whether or not all of it is there.
fn line_fault(bytes: &[u8], limits: &Limits) -> Option<Reason> {
    let bytes = &bytes[..bytes.len().min(limits.bytes)];
    let end = bytes.iter().position(|byte| !is_token(*byte)).unwrap_or(bytes.len());
    if end > 64 {
        return Some(Reason::NotImplemented);
    }
    match &bytes[end..] {
        [] => return None,
        // The beginning of an empty line.
        [b'\r'] if end == 0 => return None,
        [b' ', ..] if end > 0 => {}
        _ => return Some(Reason::BadRequest),
    }
    let rest = &bytes[end + 1..];
    let is_target = |byte: &u8| *byte > b' ' && *byte != 0x7f && *byte != b'#';
    let end = rest.iter().position(|byte| !is_target(byte)).unwrap_or(rest.len());
    if end > limits.target {
        return Some(Reason::UriTooLong);
    }
    match &rest[end..] {
        [] => return None,
        [b' ', ..] if end > 0 => {}
        _ => return Some(Reason::BadRequest),
    }
    let version = &rest[end + 1..];
    let fits = |place: usize| match place {
        5 | 7 => version[place].is_ascii_digit(),
        _ => version[place] == b"HTTP/0.0\r\n"[place],
    };
    match (0..version.len().min(10)).all(fits) {
        false => Some(Reason::BadRequest),
        true if version.len() >= 10 && version[5] != b'1' => Some(Reason::VersionNotSupported),
        true => None,
    }
}

/// Name and value of a line.
fn field(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let is_right = !name.is_empty()
        && name.iter().all(|byte| is_token(*byte))
        && value.iter().all(|byte| is_text(*byte));
    let is_space = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let start = value.iter().position(|byte| !is_space(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_space(byte)).map_or(start, |end| end + 1);
    is_right.then(|| std::str::from_utf8(name).ok().map(|name| (name, &value[start..end]))).flatten()
}

/// Whether it may be the beginning of a line.
fn may_be_field(rest: &[u8]) -> bool {
    match rest.iter().position(|byte| *byte == b':') {
        Some(_) => field(rest.strip_suffix(b"\r").unwrap_or(rest)).is_some(),
        None => rest == b"\r" || rest.iter().all(|byte| is_token(*byte)),
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}
