//! What the configuration's reference says about precedence, word by word and without any index.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The methods that routes and `Allow` name here.
pub(crate) const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "PUT", "DELETE"];

/// A route as written.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Empty for all.
    pub(crate) listeners: Vec<&'static str>,
    /// Exact, `{label}.name`, `*.name`; empty for any.
    pub(crate) hosts: Vec<&'static str>,
    /// Literals, `{}`, `{:uint}`, `{:uuid}`, and `{*}` at the end; an empty one is a trailing slash.
    segments: Vec<&'static str>,
    /// `match: exact`
    pub(crate) exact: bool,
    /// Empty for all.
    pub(crate) methods: Vec<&'static str>,
    /// All must match.
    pub(crate) headers: BTreeMap<&'static str, &'static str>,
    /// All must match.
    pub(crate) query: BTreeMap<&'static str, &'static str>,
}

/// A request, as far as routes look at it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) listener: &'static str,
    pub(crate) host: &'static str,
    pub(crate) path: String,
    pub(crate) method: &'static str,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) query: Option<String>,
}

/// The number of the route that takes the request, or what `Allow` names (nothing: 404).
pub(crate) fn answer(routes: &[Route], request: &Request) -> Result<usize, Vec<&'static str>> {
    let matching = |route: &&Route| route.matches_but_for_method(request);
    let takes = |route: &Route| route.methods.is_empty() || route.methods.contains(&request.method);
    let best = routes.iter().enumerate().filter(|(_, route)| matching(route) && takes(route));
    match best.min_by_key(|(_, route)| route.rank(request.host)) {
        Some((number, _)) => Ok(number),
        None => {
            let allows =
                |name: &&str| routes.iter().filter(matching).any(|route| route.methods.contains(name));
            Err(METHODS.into_iter().filter(allows).collect())
        }
    }
}

/// Whether two routes that match, of which none goes first, are before all others that match.
pub(crate) fn is_tied(routes: &[Route], request: &Request) -> bool {
    let takes = |route: &&Route| {
        route.matches_but_for_method(request)
            && (route.methods.is_empty() || route.methods.contains(&request.method))
    };
    let mut ranks: Vec<Rank> = routes.iter().filter(takes).map(|route| route.rank(request.host)).collect();
    ranks.sort();
    matches!(ranks.as_slice(), [first, second, ..] if first == second)
}

/// Less goes first.
type Rank = (HostRank, Vec<SegmentRank>, bool, Reverse<usize>, Reverse<usize>, bool);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum HostRank {
    Exact,
    Label,
    Wildcard(Reverse<usize>),
    Any,
}

/// What stands at one place of a path. A path that goes on beats one that ends there.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SegmentRank {
    Literal,
    Typed,
    Param,
    Rest,
    EndOfExact,
    EndOfPrefix,
}

impl Route {
    pub(crate) fn new(
        hosts: Vec<&'static str>,
        mut segments: Vec<&'static str>,
        exact: bool,
        methods: Vec<&'static str>,
        headers: BTreeMap<&'static str, &'static str>,
        query: BTreeMap<&'static str, &'static str>,
    ) -> Self {
        if !exact && segments.last() == Some(&"") {
            // A prefix is one of whole segments, with or without the slash.
            segments.pop();
        }
        if exact && segments.is_empty() {
            segments.push("");
        }
        Self { listeners: Vec::new(), hosts, segments, exact, methods, headers, query }
    }

    /// The pattern as the config writes it; parameters are named by their place.
    pub(crate) fn path(&self) -> String {
        let named = self.segments.iter().enumerate().map(|(place, segment)| match *segment {
            "{*}" => format!("/{{*p{place}}}"),
            segment => format!("/{}", segment.replace('{', &format!("{{p{place}"))),
        });
        let path: String = named.collect();
        if path.is_empty() { "/".to_owned() } else { path }
    }

    /// For requests to this host: by the most specific pattern that has it.
    fn rank(&self, host: &str) -> Rank {
        let of = |pattern: &&'static str| match pattern.strip_prefix("*.") {
            Some(suffix) => HostRank::Wildcard(Reverse(suffix.len())),
            None if pattern.starts_with('{') => HostRank::Label,
            None => HostRank::Exact,
        };
        let host = self.hosts.iter().filter(|pattern| has(pattern, host)).map(of).min();
        let host = host.unwrap_or(HostRank::Any);
        let mut path: Vec<SegmentRank> = self.segments.iter().map(|segment| rank(segment)).collect();
        if path.last() != Some(&SegmentRank::Rest) {
            path.push(if self.exact { SegmentRank::EndOfExact } else { SegmentRank::EndOfPrefix });
        }
        let fields = (Reverse(self.headers.len()), Reverse(self.query.len()));
        (host, path, self.methods.is_empty(), fields.0, fields.1, self.listeners.is_empty())
    }

    /// Whether some request matches both, and neither goes first.
    pub(crate) fn ties_with(&self, other: &Self) -> bool {
        let agree = |a: &BTreeMap<&str, &str>, b: &BTreeMap<&str, &str>| {
            a.iter().all(|(name, value)| b.get(name).is_none_or(|other| other == value))
        };
        // Literals and types of equal rank exclude each other unless they are the same.
        let same_place = |(a, b): (&&str, &&str)| a == b;
        let methods_meet =
            self.methods.is_empty() || self.methods.iter().any(|name| other.methods.contains(name));
        // Patterns of one rank that have a host in common are the same, but for the name of a label.
        let unnamed = |host: &str| host.replace("{t}", "{}").replace("{u}", "{}");
        let is_shared = |host: &&str| other.hosts.iter().any(|other| unnamed(other) == unnamed(host));
        self.rank("") == other.rank("")
            && (self.hosts.iter().any(is_shared) || self.hosts.is_empty() && other.hosts.is_empty())
            && self.segments.iter().zip(&other.segments).all(same_place)
            && methods_meet
            && (self.listeners.is_empty() || self.listeners.iter().any(|name| other.listeners.contains(name)))
            && agree(&self.headers, &other.headers)
            && agree(&self.query, &other.query)
    }

    fn matches_but_for_method(&self, request: &Request) -> bool {
        let host = self.hosts.is_empty() || self.hosts.iter().any(|pattern| has(pattern, request.host));
        let line =
            |wanted: &str| request.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let headers = self.headers.iter().all(|(name, value)| line(name) == Some(value));
        let decoded =
            |text: &str| text.replace('+', " ").replace("%20", " ").replace("%31", "1").replace("%70", "p");
        let pairs: Vec<(String, String)> = request
            .query
            .iter()
            .flat_map(|query| query.split('&'))
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        let first =
            |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        let query = self.query.iter().all(|(name, value)| first(name) == Some(value));
        let listener = self.listeners.is_empty() || self.listeners.contains(&request.listener);
        listener && host && headers && query && self.matches_path(&request.path)
    }

    fn matches_path(&self, path: &str) -> bool {
        let parts: Vec<&str> = path[1..].split('/').collect();
        if self.segments.last() == Some(&"{*}") {
            let fixed = self.segments.len() - 1;
            return parts.len() > fixed
                && parts.iter().zip(&self.segments[..fixed]).all(|(part, segment)| fits(segment, part));
        }
        // `/` has no segments but the empty one that an exact `/` asks for.
        let length =
            if self.exact { parts.len() == self.segments.len() } else { parts.len() >= self.segments.len() };
        length && parts.iter().zip(&self.segments).all(|(part, segment)| fits(segment, part))
    }
}

fn has(pattern: &str, host: &str) -> bool {
    if let Some(suffix) = pattern.strip_prefix('*') {
        return host.len() > suffix.len() && host.ends_with(suffix);
    }
    let Some((_, suffix)) = pattern.split_once('}') else { return pattern == host };
    let is_of_label = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
    host.strip_suffix(suffix).is_some_and(|label| !label.is_empty() && label.chars().all(is_of_label))
}

fn rank(segment: &str) -> SegmentRank {
    match segment {
        "{:uint}" | "{:uuid}" => SegmentRank::Typed,
        "{}" => SegmentRank::Param,
        "{*}" => SegmentRank::Rest,
        _ => SegmentRank::Literal,
    }
}

fn fits(segment: &str, part: &str) -> bool {
    match segment {
        "{:uint}" => part.len() <= 20 && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
        "{:uuid}" => part == super::UUID,
        "{}" => !part.is_empty(),
        literal => literal == part,
    }
}
