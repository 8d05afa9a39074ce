//! Text as a part of a URI, percent-encoded (RFC 3986, section 2.1).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const NO_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
const NO_QUERY: &AsciiSet = &NO_PATH.remove(b':').remove(b',');

/// The path of a file.
#[cfg(feature = "cli")]
pub(crate) fn path(path: &str) -> String {
    utf8_percent_encode(path, NO_PATH).to_string()
}

/// `name=value`, which forms, and [`castgate_contract::query`], read as these.
pub(crate) fn parameter(name: &str, value: &str) -> String {
    format!("{}={}", utf8_percent_encode(name, NO_QUERY), utf8_percent_encode(value, NO_QUERY))
}

#[cfg(test)]
mod tests {
    use castgate_contract::query;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_parameter_is_read_as_it_was_meant(name in ".{0,8}", value in ".{0,8}", other in "[a-z%+&=]{0,12}") {
            let query = format!("{}&{other}", super::parameter(&name, &value));
            prop_assert!(query::has(&query, &name, &value), "{}", query);
        }
    }
}
