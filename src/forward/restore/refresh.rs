//! The place that a `Refresh` leads to, as browsers read it (WHATWG HTML, "shared declarative refresh steps").

use std::ops::Range;

/// Where the place stands in the field's value; `None` if there is none, and the page itself is loaded again.
pub(super) fn place_of(text: &str) -> Option<Range<usize>> {
    let behind =
        text.trim_ascii_start().trim_start_matches(|char: char| char.is_ascii_digit() || char == '.');
    let rest = behind.trim_ascii_start();
    let rest = rest.strip_prefix([';', ',']).unwrap_or(rest).trim_ascii_start();
    // Nothing stands between the time and the place, or there is no time.
    if rest.len() == behind.len() || behind.len() == text.trim_ascii_start().len() {
        return None;
    }
    let place = named(rest).unwrap_or(rest);
    let (place, end) = match place.strip_prefix(['"', '\'']) {
        Some(quoted) => (quoted, quoted.find(&place[..1])),
        None => (place, None),
    };
    let start = text.len() - place.len();
    Some(start..start + end.unwrap_or(place.len()))
}

/// What stands behind `url =`.
fn named(text: &str) -> Option<&str> {
    let rest = text.get(3..).filter(|_| text[..3].eq_ignore_ascii_case("url"))?;
    Some(rest.trim_ascii_start().strip_prefix('=')?.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_what_a_browser_takes_for_it() {
        for (text, place) in [
            ("5; url=/x", Some("/x")),
            ("0;URL=/x", Some("/x")),
            ("0,url=/x", Some("/x")),
            ("0 url=/x", Some("/x")),
            (" 1.5 ; url = /x ", Some("/x ")),
            ("5; url=\"/x\" y", Some("/x")),
            ("5; url='/x", Some("/x")),
            ("5; '/x'", Some("/x")),
            ("5; /x?url=/y", Some("/x?url=/y")),
            ("5; url", Some("url")),
            ("5; urls=/x", Some("urls=/x")),
            ("5; \u{e9}=/x", Some("\u{e9}=/x")),
            ("5; url=", Some("")),
            ("5", None),
            ("5x", None),
            ("url=/x", None),
            (";url=/x", None),
            ("", None),
        ] {
            assert_eq!(place_of(text).map(|place| &text[place]), place, "{text:?}");
        }
    }
}
