//! The reason of a layer: it stands in the layer's own file, so that a new one touches no enum that all share.

use http::StatusCode;

/// Why a layer refuses requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    name: &'static str,
    status: StatusCode,
    title: &'static str,
    series: Option<Series>,
}

/// A counter, by route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    /// What tells it apart from others of its name, beside the route: a label and its value.
    pub(crate) label: Option<(&'static str, &'static str)>,
}

impl Refusal {
    /// `name` is the `reason` of the log and of the problem document (`a-z`, digits, `_`), `status` what the client gets (400 to 599),
    /// and `title` says it to a person, in printable ASCII without quotes. What is not so does not compile.
    pub const fn new(name: &'static str, status: u16, title: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty(), "a reason has a name");
        let mut at = 0;
        while at < bytes.len() {
            assert!(matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_'), "the name of a reason");
            at += 1;
        }
        let bytes = title.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            // It stands in JSON as it is.
            assert!(
                matches!(bytes[at], b' '..=b'~') && !matches!(bytes[at], b'"' | b'\\'),
                "the title of a reason"
            );
            at += 1;
        }
        assert!(400 <= status && status <= 599, "a refusal is an error");
        let status = match StatusCode::from_u16(status) {
            Ok(status) => status,
            Err(_) => panic!("not a status code"),
        };
        Self { name, status, title, series: None }
    }

    /// Counted by route in a series of this name, which ends in `_total`, if [`Policy::counted`](crate::Policy::counted) of the
    /// layer's policy names it.
    pub const fn counted(self, name: &'static str, help: &'static str) -> Self {
        Self { series: Some(Series { name, help, label: None }), ..self }
    }

    /// Counted apart from the same refusal without this label, or with another value of it. The value has to be known at build.
    pub const fn labelled(self, label: &'static str, value: &'static str) -> Self {
        match self.series {
            Some(series) => Self { series: Some(Series { label: Some((label, value)), ..series }), ..self },
            None => self,
        }
    }

    /// The text in the log and in the problem document.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The status that the client gets.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What it says to a person.
    pub const fn title(&self) -> &'static str {
        self.title
    }

    pub(crate) const fn series(&self) -> Option<Series> {
        self.series
    }
}
