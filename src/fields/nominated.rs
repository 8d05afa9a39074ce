//! What `Connection` names besides the usual (RFC 9110 section 7.6.1): fields for the next hop alone, in the head of a message and behind
//! its body. Every field is held against every name, so there is a bound.

use super::{Field, Fields};

/// Nobody has so many fields for one hop.
const MOST: usize = 32;

/// Names of fields that are for the next hop.
#[derive(Debug, Default)]
pub(crate) struct Nominated(Vec<Box<[u8]>>);

/// `Connection` names more than any message needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Nominated {
    /// Of a message; almost always none.
    ///
    /// # Errors
    ///
    /// There are more than anybody needs.
    pub(crate) fn of(fields: &Fields) -> Result<Option<Box<Self>>, TooMany> {
        let mut nominated = Option::<Box<Self>>::None;
        for name in fields.connection_options().filter(|option| !is_usual(option)) {
            nominated.get_or_insert_default().add(name)?;
        }
        Ok(nominated)
    }

    /// Adds a name.
    ///
    /// # Errors
    ///
    /// There are more than anybody needs.
    pub(crate) fn add(&mut self, name: &[u8]) -> Result<(), TooMany> {
        if self.0.len() == MOST {
            return Err(TooMany);
        }
        self.0.push(name.into());
        Ok(())
    }

    /// Whether a field has one of these names.
    pub(crate) fn has(&self, field: &Field<'_>) -> bool {
        self.0.iter().any(|name| name.eq_ignore_ascii_case(field.name))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What almost every `Connection` says; it names no field that would pass.
pub(crate) fn is_usual(option: &[u8]) -> bool {
    option.is_empty() || option.eq_ignore_ascii_case(b"keep-alive") || option.eq_ignore_ascii_case(b"close")
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn fields(lines: &[(&'static str, &str)]) -> Fields {
        let mut fields = Fields::default();
        for (name, value) in lines {
            fields.append(&HeaderName::from_static(name), &HeaderValue::from_str(value).unwrap());
        }
        fields
    }

    #[test]
    fn what_is_usual_names_nothing() {
        for usual in ["close", "Keep-Alive", "close, ,keep-alive", ""] {
            assert!(Nominated::of(&fields(&[("connection", usual)])).unwrap().is_none(), "{usual}");
        }
    }

    #[test]
    fn names_of_all_lines_are_found_whatever_their_case() {
        let lines = [
            ("connection", "close, X-One"),
            ("x-one", "1"),
            ("x-on", "2"),
            ("connection", "x-TWO"),
            ("x-two", "3"),
        ];
        let fields = fields(&lines);
        let nominated = Nominated::of(&fields).unwrap().unwrap();
        let named: Vec<_> =
            fields.iter().filter(|field| nominated.has(field)).map(|field| field.name()).collect();
        assert_eq!(named, ["x-one", "x-two"]);
    }

    #[test]
    fn there_is_a_bound_of_names_and_none_of_what_is_usual() {
        let named = |count| vec!["x-a"; count].join(",");
        let usual = vec!["close"; 1000].join(",");
        assert!(Nominated::of(&fields(&[("connection", &named(MOST)), ("connection", &usual)])).is_ok());
        let too_many = fields(&[("connection", &named(MOST)), ("connection", "x-a")]);
        assert_eq!(Nominated::of(&too_many).err(), Some(TooMany));
    }
}
