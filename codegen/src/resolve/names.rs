//! Names of routes and upstreams: what they may be, and those of routes without one.

use super::Cx;
use super::condition::Condition;
use crate::codes;
use crate::diagnostic::{is_printable, quoted};
use crate::model::{HeaderPredicate, QueryPredicate};
use crate::pattern::MatchKind;
use crate::source::ConfigPath;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Names are metric labels; longer ones help nobody.
const MOST_CHARS: usize = 200;

/// What metrics call requests that match no route.
const UNMATCHED: &str = "_unmatched";

/// A route without a name.
pub(super) struct Unnamed<'a> {
    pub(super) index: usize,
    pub(super) condition: &'a Condition,
}

/// Checks a name that is a map's key.
pub(super) fn check_key(cx: &mut Cx<'_>, at: &ConfigPath, name: &str, what: &str) {
    if !is_name(name) {
        let title = format!("{} cannot be the name of {what}", quoted(name));
        cx.sink.error_at_key(&codes::BAD_NAME, at, title, label(name));
    }
}

/// Checks a name that is a value.
pub(crate) fn check_value(cx: &mut Cx<'_>, at: &ConfigPath, name: &str, what: &str) -> bool {
    let is_good = cx.is_literal(at, name) && is_name(name);
    if !is_good && !name.contains("${") {
        let title = format!("{} cannot be the name of a {what}", quoted(name));
        cx.sink.error_at(&codes::BAD_NAME, at, title, label(name));
    }
    is_good
}

/// Why a route or an upstream cannot have this name.
pub(crate) fn label(name: &str) -> &'static str {
    match name {
        UNMATCHED => "in metrics, this stands for requests that match no route",
        _ if name.contains("${") => "the build has to know a name, so there is no `${` in it",
        _ if name.trim() != name => "a name has no spaces at its ends",
        _ => "1 to 200 printable characters, no quotes or backslashes",
    }
}

fn is_fine(char: char) -> bool {
    is_printable(char) && !matches!(char, '"' | '\'' | '`' | '\\')
}

/// Whether a route or an upstream can have this name.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= MOST_CHARS
        && name.chars().all(is_fine)
        && !name.contains("${")
        && name != UNMATCHED
}

/// What a name is made of, besides the path: each level adds to the ones before.
const LEVELS: [Level; 6] =
    [Level::Path, Level::Host, Level::Methods, Level::Exact, Level::Conditions, Level::Listeners];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Path,
    Host,
    Methods,
    Exact,
    Conditions,
    Listeners,
}

/// Names for the routes without one, by index: each the shortest that no other route could have as well, made of its
/// path, its host, its methods, whether it is exact, its headers, its query and its listeners. Neither the line nor the order of the
/// file counts, so that metrics keep their names when a comment or a route is added.
pub(super) fn derive(mut taken: BTreeSet<String>, routes: &[Unnamed<'_>]) -> BTreeMap<usize, String> {
    let mut names = BTreeMap::new();
    let mut pending: Vec<&Unnamed<'_>> = routes.iter().collect();
    for level in LEVELS {
        let mut candidates: BTreeMap<String, Vec<&Unnamed<'_>>> = BTreeMap::new();
        for route in std::mem::take(&mut pending) {
            candidates.entry(candidate(route.condition, level)).or_default().push(route);
        }
        for (name, routes) in candidates {
            match routes.as_slice() {
                [route] if !taken.contains(&name) => {
                    names.insert(route.index, name.clone());
                    taken.insert(name);
                }
                _ => pending.extend(routes),
            }
        }
    }
    // Somebody named another route like this; or two are alike, which is an error of its own.
    for route in pending {
        let mut name = hashed(&whole(route.condition, Level::Listeners));
        while taken.contains(&name) {
            name.push('_');
        }
        names.insert(route.index, name.clone());
        taken.insert(name);
    }
    names
}

fn candidate(condition: &Condition, level: Level) -> String {
    let name = whole(condition, level);
    if name.chars().count() > MOST_CHARS { hashed(&name) } else { name }
}

/// The beginning of a text, and what tells it from others with the same.
fn hashed(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let begin: String = text.chars().take(MOST_CHARS - 20).collect();
    format!("{}~{digits}", begin.trim_end())
}

fn whole(condition: &Condition, level: Level) -> String {
    let Condition { listeners, hosts, path, methods, headers, query } = condition;
    let mut name = String::new();
    if level >= Level::Methods && !methods.is_all() {
        let methods: Vec<&str> = methods.named().collect();
        name = methods.join(",") + " ";
    }
    if level >= Level::Host && !hosts.is_any() {
        name.push_str(&hosts.to_string());
    }
    // A quote is fine in a path, but not in a name.
    name.push_str(&path.to_string().replace('\'', "%27"));
    if level >= Level::Exact && path.kind == MatchKind::Exact {
        name.push_str(" exact");
    }
    if level >= Level::Conditions {
        for HeaderPredicate { name: header, value } in headers {
            name.push_str(&format!(" +{}={}", escaped(header.as_str()), escaped(value)));
        }
        for QueryPredicate { name: parameter, value } in query {
            name.push_str(&format!(" ?{}={}", escaped(parameter), escaped(value)));
        }
    }
    if level >= Level::Listeners {
        listeners.names().for_each(|listener| name.push_str(&format!(" @{}", escaped(listener))));
    }
    name
}

/// Text of a condition as a part of a name: what could be misread is a percent escape.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for char in text.chars() {
        if is_fine(char) && !matches!(char, ' ' | '%' | '$') {
            escaped.push(char);
        } else {
            let mut bytes = [0; 4];
            char.encode_utf8(&mut bytes).bytes().for_each(|byte| escaped.push_str(&format!("%{byte:02X}")));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderName, Listeners, Methods};
    use crate::pattern::{HostPattern, PathPattern};

    fn condition(host: &str, path: &str, methods: Methods) -> Condition {
        let hosts = host.split_terminator(',').map(|host| HostPattern::parse(host).unwrap()).collect();
        let path = PathPattern::parse(path, MatchKind::Prefix).unwrap();
        Condition { listeners: Listeners::All, hosts, path, methods, headers: Vec::new(), query: Vec::new() }
    }

    fn with_query(value: &str) -> Condition {
        let query = vec![QueryPredicate { name: "v".to_owned(), value: value.to_owned() }];
        Condition { query, ..condition("", "/d", Methods::ALL) }
    }

    fn with_header(value: &str) -> Condition {
        let name = HeaderName("x-a".to_owned());
        let headers = vec![HeaderPredicate { name, value: value.to_owned() }];
        Condition { headers, ..condition("", "/d", Methods::ALL) }
    }

    fn on_listener(name: &str) -> Condition {
        let listeners = Listeners::Named([name.to_owned()].into());
        Condition { listeners, ..condition("", "/e", Methods::ALL) }
    }

    fn conditions() -> Vec<Condition> {
        let mut exact = condition("", "/c", Methods::ALL);
        exact.path.kind = MatchKind::Exact;
        vec![
            condition("", "/a", Methods::ALL),
            condition("", "/b", Methods::ALL),
            condition("a.com", "/b", Methods::ALL),
            condition("a.com", "/b", Methods::GET),
            condition("{t}.com,b.com", "/b", Methods::ALL),
            condition("", "/c", Methods::ALL),
            exact,
            condition("", "/d", Methods::ALL),
            with_query("a b'"),
            with_header("\u{1f980}"),
            with_header(&"long".repeat(100)),
            condition("", "/e", Methods::ALL),
            on_listener("public"),
        ]
    }

    fn named(conditions: &[Condition], taken: &[&str]) -> Vec<String> {
        let unnamed = |(index, condition)| Unnamed { index, condition };
        let routes: Vec<Unnamed<'_>> = conditions.iter().enumerate().map(unnamed).collect();
        derive(taken.iter().map(|name| (*name).to_owned()).collect(), &routes).into_values().collect()
    }

    #[test]
    fn names_are_as_short_as_they_can_be() {
        let names = named(&conditions(), &[]);
        let expected = [
            "/a",
            "/b",
            "a.com/b",
            "GET a.com/b",
            "b.com,{t}.com/b",
            "/c",
            "/c exact",
            "/d",
            "/d ?v=a%20b%27",
            "/d +x-a=\u{1f980}",
        ];
        assert_eq!(names[..10], expected);
        assert_eq!(names[11..], ["/e", "/e @public"]);
        assert!(names[10].starts_with("/d +x-a=longlong") && names[10].chars().count() <= MOST_CHARS);
        assert!(names.iter().all(|name| is_name(name)), "{names:?}");
    }

    #[test]
    fn the_order_of_the_file_does_not_count() {
        let mut conditions = conditions();
        let names = named(&conditions, &["/a", "/d"]);
        conditions.reverse();
        let mut reversed = named(&conditions, &["/a", "/d"]);
        reversed.reverse();
        assert_eq!(names, reversed);
        assert!(names[0].starts_with("/a~"), "`/a` is another route's: {}", names[0]);
    }

    #[test]
    fn names_are_printable() {
        for bad in
            ["", " a", "a\nb", "a\"b", "a\\b", "a\u{202e}b", "a\u{200b}b", "\u{feff}a", "a\u{ad}", "${env:X}"]
        {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(is_name("users / v1"));
    }
}
