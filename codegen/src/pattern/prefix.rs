//! The literal beginning of a path which the gateway puts in front of another.

use super::{PatternError, template};

/// Without the slash at its end; `/` is nothing.
pub(crate) fn parse(text: &str) -> Result<String, PatternError> {
    let whole = 0..text.len();
    if text.contains("://") {
        return Err(PatternError::new(whole, "a prefix is a path, without scheme and host"));
    }
    if !text.starts_with('/') || text.trim() != text {
        let error = PatternError::new(whole, "a prefix starts with `/`");
        let bare = text.trim().trim_start_matches('/');
        return Err(if bare.is_empty() { error } else { error.canonical(format!("/{bare}")) });
    }
    if let Some(at) = text.find(['?', '#']) {
        let error = PatternError::new(at..text.len(), "a prefix has neither query nor fragment");
        return Err(error.help("the request's own query is kept"));
    }
    if let Some(at) = text.find(['{', '}']) {
        let error = PatternError::new(at..at + 1, "a prefix is literal");
        return Err(error.help(
            "a template builds a path from parameters: `rewrite: /v2/{id}`, `redirect: {to: /v2/{id}}`",
        ));
    }
    if let Some(at) = text.strip_suffix('*').map(str::len) {
        let error = PatternError::new(at..at + 1, "what follows a prefix is kept without a star");
        return Err(
            error.canonical(text[..at].trim_end_matches('/').to_owned() + if at <= 1 { "/" } else { "" })
        );
    }
    template::check_literal(text)?;
    Ok(text.strip_suffix('/').unwrap_or(text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::pattern::mended;

    #[test]
    fn a_prefix_is_whole_literal_segments() {
        for (text, prefix) in
            [("/", ""), ("/a", "/a"), ("/a/", "/a"), ("/a/b-c.d", "/a/b-c.d"), ("/%20", "/%20")]
        {
            assert_eq!(parse(text).as_deref(), Ok(prefix));
        }
        for bad in ["", "http://a/b", "/a?b", "/a#b", "/{id}", "/a}", "/..", "/a/../b", "/%2f", "/%zz"] {
            let error = parse(bad).expect_err(bad);
            assert_eq!(mended(&error, parse), None, "{bad}");
        }
        for (written, right) in
            [("v2", "/v2"), ("/v2/*", "/v2"), ("/*", "/"), ("//", "/"), ("/a b", "/a%20b"), (" /a", "/a")]
        {
            let error = parse(written).expect_err(written);
            assert_eq!(mended(&error, parse).as_deref(), Some(right), "{written}");
        }
    }
}
