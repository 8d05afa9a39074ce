//! Names of routes and upstreams: what they may be, and those of routes without one.

use super::Cx;
use crate::codes;
use crate::diagnostic::{is_printable, quoted};
use crate::model::Methods;
use crate::pattern::{HostPattern, PathPattern};
use crate::source::ConfigPath;
use std::collections::BTreeMap;

/// Names are metric labels; longer ones help nobody.
const MOST_CHARS: usize = 200;

/// What a route without a name is named after.
pub(super) struct Unnamed<'a> {
    pub(super) index: usize,
    pub(super) line: u32,
    pub(super) host: &'a HostPattern,
    pub(super) path: &'a PathPattern,
    pub(super) methods: Methods,
}

/// Checks a name that is a map's key.
pub(super) fn check_key(cx: &mut Cx<'_>, at: &ConfigPath, name: &str, what: &str) -> bool {
    let is_good = is_name(name);
    if !is_good {
        let title = format!("{} cannot be the name of an {what}", quoted(name));
        cx.sink.error_at_key(
            &codes::BAD_NAME,
            at,
            title,
            "1 to 200 printable characters, no quotes or backslashes",
        );
    }
    is_good
}

/// Checks a name that is a value.
pub(super) fn check_value(cx: &mut Cx<'_>, at: &ConfigPath, name: &str, what: &str) -> bool {
    if !cx.is_literal(at, name) {
        return false;
    }
    let is_good = is_name(name);
    if !is_good {
        let title = format!("{} cannot be the name of a {what}", quoted(name));
        cx.sink.error_at(
            &codes::BAD_NAME,
            at,
            title,
            "1 to 200 printable characters, no quotes or backslashes",
        );
    }
    is_good
}

fn is_name(name: &str) -> bool {
    let is_fine = |char: char| is_printable(char) && !matches!(char, '"' | '\'' | '`' | '\\');
    !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= MOST_CHARS
        && name.chars().all(is_fine)
        && !name.contains("${")
}

/// Names for the routes without one, by index: each the shortest of path, host and path, methods, host and path,
/// and all of these with the line, that no other route could have as well.
pub(super) fn derive(mut taken: BTreeMap<String, usize>, routes: &[Unnamed<'_>]) -> BTreeMap<usize, String> {
    let mut names = BTreeMap::new();
    let mut pending: Vec<&Unnamed<'_>> = routes.iter().collect();
    for level in 0..4 {
        let mut candidates: BTreeMap<String, Vec<&Unnamed<'_>>> = BTreeMap::new();
        for route in std::mem::take(&mut pending) {
            candidates.entry(candidate(route, level)).or_default().push(route);
        }
        for (name, routes) in candidates {
            match routes.as_slice() {
                [route] if !taken.contains_key(&name) => {
                    taken.insert(name.clone(), route.index);
                    names.insert(route.index, name);
                }
                _ => pending.extend(routes),
            }
        }
    }
    // Several on one line, or somebody named a route like this: count.
    for route in pending {
        let mut name = format!("{}.{}", candidate(route, 3), route.index);
        while taken.contains_key(&name) {
            name.push('_');
        }
        taken.insert(name.clone(), route.index);
        names.insert(route.index, name);
    }
    names
}

fn candidate(route: &Unnamed<'_>, level: u32) -> String {
    let mut name = String::new();
    if level >= 2 && !route.methods.is_all() {
        let methods: Vec<&str> = route.methods.named().map(|method| method.as_str()).collect();
        name = methods.join(",") + " ";
    }
    if level >= 1 && *route.host != HostPattern::Any {
        name.push_str(&route.host.to_string());
    }
    // A quote is fine in a path, but not in a name.
    name.push_str(&route.path.to_string().replace('\'', "%27"));
    let mut name: String = name.chars().take(MOST_CHARS - 20).collect();
    if level >= 3 {
        name.push_str(&format!(" #{}", route.line));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::MatchKind;

    #[test]
    fn names_are_as_short_as_they_can_be() {
        let any = HostPattern::Any;
        let host = HostPattern::parse("a.com").unwrap();
        let path = |text| PathPattern::parse(text, MatchKind::Prefix).unwrap();
        let (a, b, c) = (path("/a"), path("/b"), path("/c"));
        let route = |index, host, path, methods| Unnamed { index, line: 10, host, path, methods };
        let routes = [
            route(0, &any, &a, Methods::All),
            route(1, &any, &b, Methods::All),
            route(2, &host, &b, Methods::All),
            route(3, &host, &b, Methods::Only(1)),
            route(4, &any, &c, Methods::All),
            route(5, &any, &c, Methods::All),
        ];
        let names = derive(BTreeMap::new(), &routes);
        let names: Vec<&str> = names.values().map(String::as_str).collect();
        assert_eq!(names, ["/a", "/b", "a.com/b", "GET a.com/b", "/c #10.4", "/c #10.5"]);
    }

    #[test]
    fn names_are_printable() {
        for bad in ["", " a", "a\nb", "a\"b", "a\\b", "a\u{202e}b", "${env:X}"] {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(is_name("users / v1"));
    }
}
