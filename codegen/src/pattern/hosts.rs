//! The hosts of a route: one pattern, or several of one route.

use super::HostPattern;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;

/// Which hosts a route serves: at least one pattern, none of them twice, in the order in which they take a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts(Vec<HostPattern>);

impl Hosts {
    /// Every host.
    pub fn any() -> Self {
        Self(vec![HostPattern::Any])
    }

    /// Whether it is every host.
    pub fn is_any(&self) -> bool {
        self.contains(&HostPattern::Any)
    }

    /// The pattern by which a request to this host (lower case, no port) is taken, if it is.
    pub fn matching(&self, host: &str) -> Option<&HostPattern> {
        self.iter().find(|pattern| pattern.matches(host))
    }

    /// The order in which they are listed: that of their first patterns, and so on.
    pub fn precedence(&self, other: &Self) -> Ordering {
        let pairs = self.iter().zip(other.iter()).map(|(a, b)| a.precedence(b));
        pairs.fold(Ordering::Equal, Ordering::then).then(self.len().cmp(&other.len()))
    }
}

impl FromIterator<HostPattern> for Hosts {
    /// Without any, it is every host.
    fn from_iter<I: IntoIterator<Item = HostPattern>>(patterns: I) -> Self {
        let mut patterns: Vec<HostPattern> = patterns.into_iter().collect();
        patterns.sort_by(HostPattern::precedence);
        patterns.dedup();
        if patterns.is_empty() { Self::any() } else { Self(patterns) }
    }
}

impl Deref for Hosts {
    type Target = [HostPattern];

    fn deref(&self) -> &[HostPattern] {
        &self.0
    }
}

/// `a.com,*.b.com`
impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns: Vec<String> = self.iter().map(HostPattern::to_string).collect();
        f.write_str(&patterns.join(","))
    }
}
