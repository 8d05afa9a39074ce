//! Sections by themselves, as trailers are.

use crate::fields::Fields;
use crate::http1::head::*;

fn read(text: &str, most: usize, ends: LineEnd) -> Result<Option<(usize, Vec<String>)>, Wrong> {
    let (mut fields, mut seen) = (Fields::default(), Vec::new());
    let see = |known, value: &[u8]| seen.push(format!("{known:?} {}", value.escape_ascii()));
    let end = section(text.as_bytes(), 0, most, ends, &mut fields, see)?;
    assert!(end.is_none() || fields.len() == seen.len());
    Ok(end.map(|end| (end, seen)))
}

#[test]
fn a_section_ends_at_its_empty_line() {
    assert_eq!(read("\r\nGET", 0, LineEnd::Strict), Ok(Some((2, vec![]))));
    let seen = vec!["Other b".to_owned(), "Host c".to_owned()];
    assert_eq!(read("A: b\r\nhost:c\r\n\r\nGET", 2, LineEnd::Strict), Ok(Some((16, seen))));
    for text in ["", "\r", "A", "A: b", "A: b\r", "A: b\r\n", "A: b\r\n\r"] {
        assert_eq!(read(text, 5, LineEnd::Strict), Ok(None), "{text:?}");
    }
}

#[test]
fn a_bare_lf_ends_a_line_only_where_it_may() {
    for text in ["\n", "A: b\n\r\n", "A: b\r\n\n", "A: b\nC: d\r\n\r\n", "A: b\r\nC: d\n\r\n"] {
        assert!(matches!(read(text, 5, LineEnd::Strict), Err(Wrong::Malformed(_))), "{text:?}");
        assert_eq!(read(text, 5, LineEnd::Lenient).unwrap().unwrap().0, text.len(), "{text:?}");
    }
}

/// Lines are parsed some at a time.
#[test]
fn any_number_of_lines_is_read() {
    for count in 0..70 {
        for odd in ["", "  ", " \t "] {
            let lines: String = (0..count).map(|n| format!("x-{n}:{odd}{n}{odd}\r\ne:{odd}\r\n")).collect();
            let text = format!("{lines}\r\nrest");
            let expected = (0..count).flat_map(|n| [format!("Other {n}"), "Other ".to_owned()]).collect();
            let end = text.len() - "rest".len();
            assert_eq!(read(&text, 2 * count, LineEnd::Strict), Ok(Some((end, expected))));
            if count > 0 {
                assert_eq!(read(&text, 2 * count - 1, LineEnd::Strict), Err(Wrong::TooMany));
                assert_eq!(read(&text[..end - 2], 2 * count, LineEnd::Strict), Ok(None));
            }
        }
    }
}
