//! Query parameters: the first of a name counts, and escapes are read as forms write them (WHATWG URL, section 5).

use crate::path;

/// Whether the first parameter of this (decoded) name has this (decoded) value. Nothing is decoded into memory.
#[inline]
pub fn has(query: &str, name: &str, value: &str) -> bool {
    first(query, name).is_some_and(|written| decoded(written).eq(value.bytes()))
}

/// The value of the first parameter of this (decoded) name, as it is written.
#[inline]
pub fn first<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(written, _)| decoded(written).eq(name.bytes())).map(|(_, value)| value)
}

/// The bytes that a name or a value stands for: `+` is a space, `%41` is `A`, and a broken escape stands for itself.
#[inline]
pub fn decoded(text: &str) -> impl Iterator<Item = u8> {
    path::unescaped(text, |byte| if byte == b'+' { b' ' } else { byte })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_name_counts() {
        assert!(has("a=b&debug=on+off&debug=no", "debug", "on off"));
        assert!(has("de%62ug=on%20off", "debug", "on off"));
        assert!(has("a=%zz%4&b", "a", "%zz%4") && has("a=%zz%4&b", "b", ""));
        for other in ["debug=no&debug=on+off", "debug=on+of", "debug=on+off+", "debug", ""] {
            assert!(!has(other, "debug", "on off"), "{other}");
        }
    }
}
