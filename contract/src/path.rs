//! The one canonical form of a path (RFC 3986 section 6.2.2): what is matched, authorised, logged and forwarded is
//! the same string. What two programs could read differently is refused, as `%00` and broken escapes, or said
//! ([`Disputed`]), and forwarded only where a route says so.

mod disputed;

use std::borrow::Cow;

pub use disputed::Disputed;
use disputed::SLASHES;

/// A path in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical<'a> {
    /// Borrowed if the path was canonical already, as almost all are.
    pub text: Cow<'a, str>,
    /// What of it two programs could read differently.
    pub disputed: Disputed,
    /// Whether it is matched as another text: [`matched`].
    pub is_spelled: bool,
}

/// The canonical form: unreserved characters decoded, what many clients send raw escaped, escapes in upper case, dot segments
/// removed, `//` merged (as nginx's `merge_slashes`). The error says why there is none.
#[inline]
pub fn canonical(path: &str) -> Result<Canonical<'_>, &'static str> {
    let bytes = path.as_bytes();
    if bytes.first() != Some(&b'/') {
        return Err("the path does not begin with a slash");
    }
    if is_usual(bytes) {
        let text = Cow::Borrowed(path);
        return Ok(Canonical { text, disputed: Disputed::NOTHING, is_spelled: false });
    }
    let (mut plain, mut disputed) = (true, Disputed::NOTHING);
    let mut previous = 0;
    for &byte in bytes {
        match CLASS[usize::from(byte)] {
            Class::Plain => {}
            Class::Forbidden => return Err("the path holds a character that must be escaped"),
            // `.` and `/` matter only right after a slash.
            Class::Dot | Class::Slash if previous != b'/' => {}
            Class::Dot | Class::Slash | Class::Percent | Class::Raw => plain = false,
            Class::Semicolon => {
                disputed = Disputed::PARAMETERS;
                plain &= previous != b'/';
            }
        }
        previous = byte;
    }
    if plain {
        return Ok(Canonical {
            text: Cow::Borrowed(path),
            disputed,
            is_spelled: disputed != Disputed::NOTHING,
        });
    }
    let text = rewrite(bytes)?;
    let disputed = Disputed::of(&text);
    let is_spelled = text
        .split('/')
        .any(|segment| matches!(spelled(bare(segment)), Cow::Owned(_)) || bare(segment) != segment);
    Ok(Canonical { text: Cow::Owned(text), disputed, is_spelled })
}

/// Whether a path that begins with a slash is canonical without another look, as nearly every one of more than eight bytes is: its
/// bytes are of the usual ones, and neither a slash nor a dot is behind a slash.
#[inline]
fn is_usual(path: &[u8]) -> bool {
    // A block and the same one byte on. Without a way out in the middle it is a few instructions for a whole register of bytes.
    fn is_usual<const BYTES: usize>([before, block]: [&[u8; BYTES]; 2]) -> bool {
        before.iter().zip(block).fold(true, |usual, (before, byte)| {
            let is_mark = (*byte == b'/') | (*byte == b'.');
            let is_plain = byte.is_ascii_alphanumeric() | (*byte == b'-') | (*byte == b'_');
            usual & (is_plain | (is_mark & (*before != b'/')))
        })
    }
    let [before, behind] = [&path[..path.len() - 1], &path[1..]];
    if let (Some(first), Some(last)) = (before.last_chunk::<16>(), behind.last_chunk()) {
        let blocks = before.as_chunks::<16>().0.iter().zip(behind.as_chunks().0);
        return is_usual([first, last]) && blocks.map(|(before, block)| [before, block]).all(is_usual);
    }
    // Two that overlap.
    let start = before.first_chunk::<8>().zip(behind.first_chunk());
    let end = before.last_chunk::<8>().zip(behind.last_chunk());
    start.zip(end).is_some_and(|((a, b), (c, d))| is_usual([a, b]) & is_usual([c, d]))
}

/// What a canonical path is matched as: its segments without their parameters, and without escapes that most who read a path
/// make no difference of (`%40` is `@`).
#[cold]
pub fn matched(path: &str) -> String {
    path.split('/').map(|segment| spelled(bare(segment))).collect::<Vec<_>>().join("/")
}

/// A canonical segment without escapes of what may stand in one as it is; a `;` would begin a parameter.
pub fn spelled(segment: &str) -> Cow<'_, str> {
    let mut output = Cow::Borrowed(segment);
    let mut at = 0;
    while let Some(percent) = output[at..].find('%').map(|found| at + found) {
        at = percent + 1;
        let escape = output.as_bytes()[at..].first_chunk().and_then(|digits| escaped(*digits));
        if let Some(byte) = escape.filter(|byte| is_path_byte(*byte) && *byte != b';') {
            output.to_mut().replace_range(percent..percent + 3, char::from(byte).encode_utf8(&mut [0; 4]));
        }
    }
    output
}

/// A segment without its parameters.
pub fn bare(segment: &str) -> &str {
    let end = [";", "%3B"].into_iter().filter_map(|mark| segment.find(mark)).min();
    end.map_or(segment, |end| &segment[..end])
}

#[cold]
fn rewrite(path: &[u8]) -> Result<String, &'static str> {
    let decoded = decode(path)?;
    let mut output = String::with_capacity(decoded.len());
    let mut segments = decoded[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        vanishes(segment)?;
        match segment {
            "." | "" if !last => {}
            ".." => {
                output.truncate(output.rfind('/').unwrap_or(0));
                if last {
                    output.push('/');
                }
            }
            "." => output.push('/'),
            _ => {
                output.push('/');
                output.push_str(segment);
            }
        }
    }
    if output.is_empty() {
        output.push('/');
    }
    Ok(output)
}

/// Refuses a segment of which nothing is left for some: servers with path parameters (`/..;x/`, `/;x/`) resolve these as
/// dots, or merge them, and those that decode slashes early resolve the dots between them (`/..%2Fadmin`).
fn vanishes(segment: &str) -> Result<(), &'static str> {
    if !segment.contains(['%', ';']) {
        return Ok(());
    }
    let parts = SLASHES
        .into_iter()
        .fold(vec![segment], |parts, slash| parts.into_iter().flat_map(|part| part.split(slash)).collect());
    for part in &parts {
        let bare = bare(part);
        let has_parameters = bare.len() < part.len();
        if has_parameters && matches!(bare, "" | "." | "..") {
            return Err("the path holds an empty or a dot segment with a parameter");
        }
        if parts.len() > 1 && matches!(bare, "." | "..") {
            return Err("the path holds a dot segment beside an escaped slash");
        }
    }
    Ok(())
}

/// Decodes escapes of unreserved characters, upper-cases the others, and escapes what needs it.
fn decode(path: &[u8]) -> Result<String, &'static str> {
    let mut decoded = String::with_capacity(path.len());
    let mut bytes = path;
    while let [first, rest @ ..] = bytes {
        bytes = rest;
        if *first != b'%' {
            match CLASS[usize::from(*first)] {
                Class::Raw => escape(*first, &mut decoded),
                _ => decoded.push(char::from(*first)),
            }
            continue;
        }
        let Some(byte) = rest.first_chunk().and_then(|digits| escaped(*digits)) else {
            return Err("the path holds a broken percent-escape");
        };
        bytes = &rest[2..];
        match byte {
            byte if is_unreserved(byte) => decoded.push(char::from(byte)),
            0 => return Err("the path holds an escaped NUL"),
            byte => escape(byte, &mut decoded),
        }
    }
    Ok(decoded)
}

pub(crate) fn escape(byte: u8, output: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    output.push('%');
    output.push(char::from(HEX[usize::from(byte >> 4)]));
    output.push(char::from(HEX[usize::from(byte & 15)]));
}

/// The bytes that a part of a path stands for: `%41` is `A`, and a broken escape stands for itself.
pub fn decoded(text: &str) -> impl Iterator<Item = u8> {
    unescaped(text, |byte| byte)
}

/// The bytes of escapes, and what `plain` makes of all others.
#[inline]
pub(crate) fn unescaped(text: &str, plain: impl Fn(u8) -> u8) -> impl Iterator<Item = u8> {
    let mut bytes = text.as_bytes();
    std::iter::from_fn(move || {
        let (first, rest) = bytes.split_first()?;
        let escape = rest.first_chunk().filter(|_| *first == b'%').and_then(|digits| escaped(*digits));
        let byte;
        (byte, bytes) = match escape {
            Some(byte) => (byte, &rest[2..]),
            None => (plain(*first), rest),
        };
        Some(byte)
    })
}

/// The byte of an escape's two digits, whatever their case.
#[inline]
pub fn escaped(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? << 4 | low?).ok()
}

/// What needs no escape anywhere (RFC 3986, section 2.3).
pub fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What may stand in a segment as it is: RFC 3986 `pchar`, but for the escapes.
pub fn is_path_byte(byte: u8) -> bool {
    matches!(CLASS[usize::from(byte)], Class::Plain | Class::Dot | Class::Semicolon)
}

#[derive(Clone, Copy)]
enum Class {
    Plain,
    Slash,
    Dot,
    Percent,
    Semicolon,
    /// Stands in no path (RFC 3986), and clients send it all the same: it can only mean itself. A backslash is not among
    /// these, since some take it for a slash.
    Raw,
    Forbidden,
}

/// RFC 3986 `pchar` and what this module looks at.
static CLASS: [Class; 256] = {
    let mut table = [Class::Forbidden; 256];
    let mut byte = 0;
    while byte < 128 {
        let character = byte as u8;
        if character.is_ascii_alphanumeric() {
            table[byte] = Class::Plain;
        }
        byte += 1;
    }
    let plain = b"-_~!$&'()*+,=:@";
    let mut index = 0;
    while index < plain.len() {
        table[plain[index] as usize] = Class::Plain;
        index += 1;
    }
    let raw = b"\"[]^{|}";
    let mut index = 0;
    while index < raw.len() {
        table[raw[index] as usize] = Class::Raw;
        index += 1;
    }
    table[b'.' as usize] = Class::Dot;
    table[b'/' as usize] = Class::Slash;
    table[b'%' as usize] = Class::Percent;
    table[b';' as usize] = Class::Semicolon;
    table
};

#[cfg(test)]
mod tests;
