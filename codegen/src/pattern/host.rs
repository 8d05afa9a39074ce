//! Host patterns: `api.example.com`, `{tenant}.example.com`, `*.example.com`.

use super::PatternError;
use super::segment::is_name;
use castgate_contract::authority::{is_label, is_numeric};
use std::cmp::Ordering;
use std::fmt;
use std::net::Ipv4Addr;
use std::ops::Range;

/// Which hosts a route serves. Lower-cased; no port, no trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostPattern {
    /// This host.
    Exact(String),
    /// `{name}.suffix`: one label before `.suffix`, whose text is known as `name`.
    Labelled(Label),
    /// `*.suffix`: one or more labels before `.suffix`; the text has neither the star nor the dot.
    Wildcard(String),
    /// Every host, and requests without one.
    Any,
}

/// A captured label in front of a suffix. The name does not tell patterns apart, as those of path parameters do not.
#[derive(Debug, Clone)]
pub struct Label {
    /// What the label is called.
    pub name: String,
    /// What is behind its dot.
    pub suffix: String,
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.suffix == other.suffix
    }
}

impl Eq for Label {}

impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Label {
    fn cmp(&self, other: &Self) -> Ordering {
        self.suffix.cmp(&other.suffix)
    }
}

/// What stands in front of the names of a pattern.
enum Front<'t> {
    Nothing,
    Star,
    Label(&'t str),
}

impl HostPattern {
    /// Parses a host as written.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let whole = 0..text.len();
        if text.trim() != text {
            return Err(PatternError::new(whole, "a host has no spaces at its ends").canonical(text.trim()));
        }
        if matches!(text, "*" | "*.") {
            return Err(PatternError::new(whole, format!("`{text}` is not a host pattern"))
                .help("leave `host` out to serve every host"));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            let error = PatternError::new(0..scheme.len() + 3, "a host pattern has no scheme");
            return Err(error.canonical(rest.strip_suffix('/').unwrap_or(rest)));
        }
        if let Some((host, _)) = text.split_once('/') {
            return Err(PatternError::new(host.len()..text.len(), "a host pattern has no path")
                .help("the path goes in the route's `path`"));
        }
        if let Some((host, port)) = text.rsplit_once(':')
            && !host.contains(':')
            && port.bytes().all(|byte| byte.is_ascii_digit())
        {
            return Err(PatternError::new(host.len()..text.len(), "a host pattern has no port")
                .help("the port of a request's Host is ignored")
                .canonical(host));
        }
        if let Some(host) = text.strip_suffix('.') {
            return Err(PatternError::new(host.len()..text.len(), "a host pattern has no trailing dot")
                .canonical(host));
        }
        if !text.is_ascii() {
            return Err(PatternError::new(whole, "a host pattern is ASCII")
                .help("write an internationalised name in its punycode form (`xn--..`)"));
        }
        if text.contains(['(', '^', '\\']) {
            return Err(PatternError::new(whole, "a host pattern is no regular expression")
                .help("one label is `{name}`, as in `{tenant}.example.com`; one or more are `*`"));
        }
        let (front, offset) = front(text)?;
        let name = &text[offset..];
        // Something of at least one character stands in front.
        if name.len() > if offset > 0 { 251 } else { 253 } {
            return Err(PatternError::new(whole, "a host name has at most 253 characters"));
        }
        let mut start = offset;
        for label in name.split('.') {
            let range = start..start + label.len();
            start = range.end + 1;
            if label.contains('*') {
                return Err(PatternError::new(range, "`*` stands only for whole labels in front")
                    .help("write `*.example.com`"));
            }
            if label.contains(['{', '}']) {
                return Err(PatternError::new(range, "only the first label of a host can be captured")
                    .help("write `{tenant}.example.com`"));
            }
            if !is_label(label) {
                return Err(PatternError::new(range, format!("`{label}` is not a label of a host name"))
                    .help("a label has 1 to 63 letters, digits, `-` or `_`"));
            }
        }
        let is_below = !matches!(front, Front::Nothing);
        if is_numeric(name) && (is_below || name.parse::<Ipv4Addr>().is_err()) {
            let message =
                if is_below { "an address has no names below it" } else { "this is not an IPv4 address" };
            return Err(PatternError::new(offset..text.len(), message)
                .help("a name does not end in a number; an IPv4 address has four numbers from 0 to 255"));
        }
        let suffix = name.to_ascii_lowercase();
        Ok(match front {
            Front::Nothing => Self::Exact(suffix),
            Front::Star => Self::Wildcard(suffix),
            Front::Label(name) => Self::Labelled(Label { name: name.to_owned(), suffix }),
        })
    }

    /// What its label is called, if it captures one.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Labelled(label) => Some(&label.name),
            Self::Exact(_) | Self::Wildcard(_) | Self::Any => None,
        }
    }

    /// The order in which hosts take a request: exact, then with a captured label, then the longest wildcard, then any.
    ///
    /// No wildcard that has a host of `{name}.suffix` is longer than `*.suffix`, so that of two patterns which both have a
    /// host, the one that goes first has no host that the other has not.
    pub fn precedence(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Wildcard(a), Self::Wildcard(b)) => b.len().cmp(&a.len()).then_with(|| a.cmp(b)),
            _ => self.cmp(other),
        }
    }

    /// A host which this pattern matches, to show in diagnostics.
    pub fn example(&self) -> String {
        match self {
            Self::Exact(name) => name.clone(),
            Self::Labelled(Label { suffix, .. }) | Self::Wildcard(suffix) => format!("x.{suffix}"),
            Self::Any => "localhost".to_owned(),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Labelled(Label { name, suffix }) => write!(f, "{{{name}}}.{suffix}"),
            Self::Wildcard(suffix) => write!(f, "*.{suffix}"),
            Self::Any => f.write_str("*"),
        }
    }
}

/// What stands in front, and where the names begin.
fn front(text: &str) -> Result<(Front<'_>, usize), PatternError> {
    if text.starts_with("*.") {
        return Ok((Front::Star, 2));
    }
    let end = text.find('.').unwrap_or(text.len());
    let first = &text[..end];
    if !first.contains(['{', '}', '<', '>']) {
        return Ok((Front::Nothing, 0));
    }
    let inner = first.strip_prefix(['{', '<']).and_then(|rest| rest.strip_suffix(['}', '>']));
    let Some(inner) = inner.filter(|inner| !inner.contains(['{', '}', '<', '>'])) else {
        return Err(PatternError::new(0..end, "a captured label must be a whole label")
            .help("write `{tenant}.example.com`"));
    };
    let name = label_name(inner, &(0..end)).map_err(|error| match inner.split_once(':') {
        Some((name, _)) => error.canonical(format!("{{{name}}}{}", &text[end..])),
        None => error,
    })?;
    if first.starts_with('<') || first.ends_with('>') {
        return Err(PatternError::new(0..end, format!("a captured label is written `{{{name}}}`"))
            .canonical(format!("{{{name}}}{}", &text[end..])));
    }
    if end == text.len() {
        return Err(PatternError::new(0..end, "a captured label needs the names behind it")
            .help("write `{tenant}.example.com`; `{request.host}` is the whole name"));
    }
    Ok((Front::Label(name), end + 1))
}

fn label_name<'t>(inner: &'t str, range: &Range<usize>) -> Result<&'t str, PatternError> {
    let error = |message: String| PatternError::new(range.clone(), message);
    if is_name(inner) {
        return Ok(inner);
    }
    Err(if inner.starts_with('*') {
        error("`{*..}` takes segments of a path".to_owned())
            .help("one label is `{name}`; one or more are `*`")
    } else if inner.contains(':') {
        error("a captured label has no type".to_owned())
    } else {
        error(format!("`{inner}` is not a parameter name"))
            .help("a name has ASCII letters, digits and `_`, and does not start with a digit")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::mended;

    #[test]
    fn hosts_are_lower_cased_names() {
        assert_eq!(
            HostPattern::parse("API.Example.com"),
            Ok(HostPattern::Exact("api.example.com".to_owned()))
        );
        assert_eq!(HostPattern::parse("*.example.com"), Ok(HostPattern::Wildcard("example.com".to_owned())));
        for bad in [
            "",
            "*",
            "256.1.1.1",
            "1.2.3",
            "*.0.0.1",
            "a.*.b",
            "*a.b",
            "a..b",
            "a.b.",
            "a:80",
            "b\u{fc}cher.de",
            "a b",
            "[::1]",
            "http://a",
            "{t}",
            "{t}.",
            "a{t}.b",
            "{t}a.b",
            "{t}{u}.b",
            "a.{t}.b",
            "{t}.{u}.b",
            "*.{t}.b",
            "{}.b",
            "{1a}.b",
            "{*t}.b",
            "{t:uint}.b",
            "{t.b",
            "<t>.b",
            "{t}.0.0.1",
            "~^(.+)\\.b$",
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_first_label_can_be_captured() {
        let parsed = HostPattern::parse("{Tenant_1}.A.com").unwrap();
        assert_eq!((parsed.to_string().as_str(), parsed.label()), ("{Tenant_1}.a.com", Some("Tenant_1")));
        assert_eq!(parsed, HostPattern::parse("{other}.a.com").unwrap());
        for (written, right) in [("{t:uint}.b", "{t}.b"), ("<t>.b.c", "{t}.b.c"), ("<t:x>.b", "{t}.b")] {
            let error = HostPattern::parse(written).unwrap_err();
            assert_eq!(mended(&error, HostPattern::parse).as_deref(), Some(right), "{written}");
        }
    }

    #[test]
    fn exact_before_label_before_longest_wildcard_before_any() {
        let ordered = ["z.a.com", "{t}.a.com", "{t}.z.b.a.com", "*.b.a.com", "*.a.com"]
            .map(|text| HostPattern::parse(text).unwrap());
        for pair in ordered.windows(2) {
            assert_eq!(pair[0].precedence(&pair[1]), Ordering::Less);
        }
        assert_eq!(ordered[4].precedence(&HostPattern::Any), Ordering::Less);
    }
}
