//! Text of the user's in messages: it must not do anything to the terminal, or to the eyes, of whoever reads them.

/// User text within a message: in backticks, on one line, not too long.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    if text.is_empty() {
        return "`\"\"`".to_owned();
    }
    let mut shown: String = text.chars().take(MOST).flat_map(printable).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push_str("..");
    }
    format!("`{shown}`")
}

/// A message with line breaks, but without any other character that does something instead of being seen.
pub(super) fn harmless(text: impl Into<String>) -> String {
    let text = text.into();
    if text.chars().all(|char| is_printable(char) || char == '\n') {
        return text;
    }
    let escaped = |char: char| if char == '\n' { char.to_string() } else { printable(char).collect() };
    text.chars().map(escaped).collect()
}

/// Whether a character is neither a control character nor one that turns the text around it (Unicode's UAX 9).
pub(crate) fn is_printable(char: char) -> bool {
    let turns = matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !char.is_control() && !turns && !matches!(char, '\u{2028}' | '\u{2029}')
}

fn printable(char: char) -> impl Iterator<Item = char> {
    let is_plain = is_printable(char);
    let escaped = (!is_plain).then(|| char.escape_default()).into_iter().flatten();
    is_plain.then_some(char).into_iter().chain(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_does_anything() {
        assert_eq!(quoted("a\u{1b}[2J\u{202e}b\n"), r"`a\u{1b}[2J\u{202e}b\n`");
        assert_eq!(harmless("one\ntwo\r\u{2066}"), "one\ntwo\\r\\u{2066}");
        assert_eq!(quoted("\u{e9}t\u{e9} \u{05d0}"), "`\u{e9}t\u{e9} \u{05d0}`");
    }
}
