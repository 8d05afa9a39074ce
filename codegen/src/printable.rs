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
pub(crate) fn harmless(text: impl Into<String>) -> String {
    let text = text.into();
    if text.chars().all(|char| is_printable(char) || char == '\n') {
        return text;
    }
    let escaped = |char: char| if char == '\n' { char.to_string() } else { printable(char).collect() };
    text.chars().map(escaped).collect()
}

/// Whether a character is seen: neither a control character, nor one that turns the text around it (Unicode's UAX 9),
/// nor one that has no width (Unicode's Default_Ignorable_Code_Point and the rest of category Cf), nor the blank of Braille.
pub(crate) fn is_printable(char: char) -> bool {
    !char.is_control() && !is_unseen(char)
}

fn is_unseen(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{34f}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
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
        assert_eq!(quoted("a\u{200b}b\u{2060}\u{e0041}"), r"`a\u{200b}b\u{2060}\u{e0041}`");
        assert_eq!(quoted("\u{e9}t\u{e9} \u{05d0}"), "`\u{e9}t\u{e9} \u{05d0}`");
    }
}
