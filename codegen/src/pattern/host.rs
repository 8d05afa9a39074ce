//! Host patterns: `api.example.com`, `*.example.com`.

use super::PatternError;
use castgate_contract::authority::{is_label, is_numeric};
use std::cmp::Ordering;
use std::fmt;
use std::net::Ipv4Addr;

/// Which hosts a route serves. Lower-cased; no port, no trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostPattern {
    /// This host.
    Exact(String),
    /// `*.suffix`: one or more labels before `.suffix`; the text has neither the star nor the dot.
    Wildcard(String),
    /// Every host, and requests without one.
    Any,
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
        if text.len() > 253 {
            return Err(PatternError::new(whole, "a host name has at most 253 characters"));
        }
        let (name, offset, is_wildcard) = match text.strip_prefix("*.") {
            Some(suffix) => (suffix, 2, true),
            None => (text, 0, false),
        };
        let mut start = offset;
        for label in name.split('.') {
            let range = start..start + label.len();
            start = range.end + 1;
            if label.contains('*') {
                return Err(PatternError::new(range, "`*` stands only for whole labels in front")
                    .help("write `*.example.com`"));
            }
            if !is_label(label) {
                return Err(PatternError::new(range, format!("`{label}` is not a label of a host name"))
                    .help("a label has 1 to 63 letters, digits, `-` or `_`"));
            }
        }
        if is_numeric(name) && (is_wildcard || name.parse::<Ipv4Addr>().is_err()) {
            let message =
                if is_wildcard { "an address has no names below it" } else { "this is not an IPv4 address" };
            return Err(PatternError::new(offset..text.len(), message)
                .help("a name does not end in a number; an IPv4 address has four numbers from 0 to 255"));
        }
        let name = name.to_ascii_lowercase();
        Ok(if is_wildcard { Self::Wildcard(name) } else { Self::Exact(name) })
    }

    /// The order in which hosts take a request: exact, then the longest wildcard, then any.
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
            Self::Wildcard(suffix) => format!("x.{suffix}"),
            Self::Any => "localhost".to_owned(),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Wildcard(suffix) => write!(f, "*.{suffix}"),
            Self::Any => f.write_str("*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn exact_before_longest_wildcard_before_any() {
        let ordered = ["z.a.com", "*.b.a.com", "*.a.com"].map(|text| HostPattern::parse(text).unwrap());
        for pair in ordered.windows(2) {
            assert_eq!(pair[0].precedence(&pair[1]), Ordering::Less);
        }
        assert_eq!(ordered[2].precedence(&HostPattern::Any), Ordering::Less);
    }
}
