//! The chunked coding by another way than the decoder's, for tests: the whole text at once, in lines and words.

/// What a text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A whole body, and so many bytes of the text.
    Whole(Body, usize),
    /// The beginning of one, for all that can be seen without reading half a line.
    Part(Body),
    Bad,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) data: Vec<u8>,
    pub(super) trailers: Vec<(String, Vec<u8>)>,
}

/// A piece of a chunk's line.
#[derive(Debug, PartialEq, Eq)]
enum Word<'a> {
    Token(&'a [u8]),
    Quoted,
    Sign(u8),
    Blank,
}

pub(super) fn chunked(text: &[u8], padded: bool) -> Reading {
    let (mut body, mut rest, mut excess) = (Body::default(), text, 0);
    loop {
        let (line, behind) = match line(rest) {
            Some(Some(split)) => split,
            Some(None) => return Reading::Bad,
            None if excess + rest.len() as u64 > 16 * 1024 => return Reading::Bad,
            None => return Reading::Part(body),
        };
        excess += line.len() as u64 + 2;
        let Some(size) = size(line, padded).filter(|_| excess <= 16 * 1024) else { return Reading::Bad };
        if size == 0 {
            return trailers(body, text, behind);
        }
        excess = excess.saturating_sub(size.saturating_mul(2).saturating_add(16));
        let there = usize::try_from(size).unwrap_or(usize::MAX).min(behind.len());
        body.data.extend_from_slice(&behind[..there]);
        rest = &behind[there..];
        if (there as u64) < size || rest.is_empty() || rest == b"\r" {
            return Reading::Part(body);
        }
        match rest.strip_prefix(b"\r\n") {
            Some(next) => rest = next,
            None => return Reading::Bad,
        }
    }
}

/// The first line, without its end, and what is behind it; `Some(None)` if it ends as no line may.
#[allow(clippy::option_option, reason = "not yet, badly, well")]
fn line(text: &[u8]) -> Option<Option<(&[u8], &[u8])>> {
    let end = text.iter().position(|&byte| byte == b'\n')?;
    let line = text[..end].strip_suffix(b"\r").filter(|line| !line.contains(&b'\r'));
    Some(line.map(|line| (line, &text[end + 1..])))
}

fn size(line: &[u8], padded: bool) -> Option<u64> {
    let mut words = words(line)?;
    if words.first() == Some(&Word::Blank) || !padded && words.contains(&Word::Blank) {
        return None;
    }
    words.retain(|word| *word != Word::Blank);
    let (Word::Token(digits), mut rest) = words.split_first()? else { return None };
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    while !rest.is_empty() {
        rest = match rest {
            [
                Word::Sign(b';'),
                Word::Token(_),
                Word::Sign(b'='),
                Word::Token(_) | Word::Quoted,
                rest @ ..,
            ] => rest,
            [Word::Sign(b';'), Word::Token(_), rest @ ..] => rest,
            _ => return None,
        };
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn words(mut line: &[u8]) -> Option<Vec<Word<'_>>> {
    let mut words = Vec::new();
    while let Some(&first) = line.first() {
        let token = line.iter().take_while(|byte| is_token(**byte)).count();
        let length = match first {
            _ if token > 0 => {
                words.push(Word::Token(&line[..token]));
                token
            }
            b' ' | b'\t' => {
                words.push(Word::Blank);
                1
            }
            b';' | b'=' => {
                words.push(Word::Sign(first));
                1
            }
            b'"' => {
                words.push(Word::Quoted);
                let mut at = 1;
                loop {
                    match line.get(at)? {
                        b'"' => break at + 1,
                        b'\\' => at += 2,
                        _ => at += 1,
                    }
                    if !line[1..at.min(line.len())].iter().all(|&byte| is_text(byte)) {
                        return None;
                    }
                }
            }
            _ => return None,
        };
        line = &line[length..];
    }
    Some(words)
}

fn trailers(mut body: Body, text: &[u8], mut rest: &[u8]) -> Reading {
    let section = rest.len();
    loop {
        let (line, behind) = match line(rest) {
            Some(Some(split)) => split,
            Some(None) => return Reading::Bad,
            None if section > 16 * 1024 => return Reading::Bad,
            None => return Reading::Part(Body { data: body.data, trailers: Vec::new() }),
        };
        rest = behind;
        if section - rest.len() > 16 * 1024 {
            return Reading::Bad;
        }
        if line.is_empty() {
            return Reading::Whole(body, text.len() - rest.len());
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return Reading::Bad };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if name.is_empty()
            || !name.iter().all(|&byte| is_token(byte))
            || !value.iter().all(|&byte| is_text(byte))
        {
            return Reading::Bad;
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
        let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
        body.trailers.push((String::from_utf8_lossy(name).into_owned(), value[start..end].to_vec()));
        if body.trailers.len() > 64 {
            return Reading::Bad;
        }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_text(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}
