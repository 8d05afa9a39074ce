//! The target of a request that is the gateway's own: a path in the form in which it forwards those of others, and
//! perhaps a query.

use super::{PatternError, template};
use castgate_contract::path::is_path_byte;

/// Checks the text of a target.
pub(crate) fn check(text: &str) -> Result<(), PatternError> {
    if !text.starts_with('/') {
        let error = PatternError::new(0..text.len(), "a path starts with `/`");
        let bare = text.trim();
        let is_path = !bare.is_empty() && !bare.contains(':');
        return Err(match is_path {
            true => error.canonical(format!("/{}", bare.trim_start_matches('/'))),
            false => error.help("the backend is the one that is probed"),
        });
    }
    if let Some(at) = text.find('#') {
        let error = PatternError::new(at..text.len(), "a fragment (`#`) is never sent");
        return Err(error.help("a literal `#` is written `%23`").canonical(&text[..at]));
    }
    let end = text.find('?').unwrap_or(text.len());
    let (path, query) = text.split_at(end);
    template::check_literal(path).map_err(|error| match &error.canonical {
        Some(canonical) => {
            let whole = format!("{canonical}{query}");
            error.canonical(whole)
        }
        None => error,
    })?;
    check_query(query, end)
}

/// RFC 3986's query, and the brackets that many write into one; it begins at `start` of the whole text.
pub(crate) fn check_query(query: &str, start: usize) -> Result<(), PatternError> {
    let is_hex = |hex: &[u8]| hex.len() == 2 && hex.iter().all(u8::is_ascii_hexdigit);
    let bytes = query.as_bytes();
    for (at, char) in query.char_indices() {
        let here = start + at..start + at + char.len_utf8();
        if char == '%' && !bytes.get(at + 1..at + 3).is_some_and(is_hex) {
            return Err(PatternError::new(here, "`%` must be followed by two hex digits")
                .help("a literal `%` is written `%25`"));
        }
        let is_fine = |byte: u8| is_path_byte(byte) || b"%/?[]".contains(&byte);
        if !u8::try_from(char).is_ok_and(is_fine) {
            return Err(PatternError::new(here, "this character cannot stand in a query as it is")
                .help("write it percent-encoded: a space is `%20`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::pattern::mended;

    #[test]
    fn a_target_is_what_the_gateway_would_forward() {
        for good in ["/", "/a/", "/health;x=1", "/?", "/a?b=c&d[]=%20/?", "/...", "/%20", "/~u"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "http://a/x",
            "/../x",
            "/a/..",
            "/.",
            "/%zz",
            "/%",
            "/a%2fb",
            "/%00",
            "/;",
            "/;x/",
            "/a/;/b",
            "/..;a/b",
            "/?%zz",
            "/? ",
            "/?\u{e9}",
            "/?<",
            "/a\r\n",
        ] {
            let error = check(bad).expect_err(bad);
            assert_eq!(mended(&error, check), None, "{bad}");
        }
        for (written, right) in [
            ("health", "/health"),
            ("/a#b", "/a"),
            ("//", "/"),
            ("/a//b?c", "/a/b?c"),
            ("/%7e?x=%7e", "/~?x=%7e"),
            ("/{a} b", "/%7Ba%7D%20b"),
            ("/%c3%a9/\u{e9}", "/%C3%A9/%C3%A9"),
        ] {
            let error = check(written).expect_err(written);
            assert_eq!(mended(&error, check).as_deref(), Some(right), "{written}");
        }
    }
}
