//! Which requests a route takes: host, path, methods, headers, query.

use super::Cx;
use crate::ast::{self, Strings};
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::Use;
use crate::lint::Lint;
use crate::model::{HeaderName, HeaderPredicate, Methods, QueryPredicate};
use crate::pattern::{HostPattern, MatchKind, PathPattern};
use crate::source::ConfigPath;
use std::collections::BTreeMap;

/// All that a request must have.
pub(super) struct Condition {
    pub(super) host: HostPattern,
    pub(super) path: PathPattern,
    pub(super) methods: Methods,
    pub(super) headers: Vec<HeaderPredicate>,
    pub(super) query: Vec<QueryPredicate>,
}

/// `None` if any part of it is wrong: half a condition would match what nobody meant.
pub(super) fn condition(cx: &mut Cx<'_>, at: &ConfigPath, route: &ast::Route) -> Option<Condition> {
    let host = host(cx, &at.key("host"), route.host.as_deref());
    let path = path(cx, at, route);
    let methods = methods(cx, &at.key("methods"), route.methods.as_ref());
    let headers = headers(cx, &at.key("headers"), route.headers.as_ref());
    let query = query(cx, &at.key("query"), route.query.as_ref());
    Some(Condition { host: host?, path: path?, methods: methods?, headers: headers?, query: query? })
}

fn host(cx: &mut Cx<'_>, at: &ConfigPath, written: Option<&str>) -> Option<HostPattern> {
    let Some(text) = written else {
        // Written but unreadable is not "any host".
        return (!cx.source.is_written(at)).then_some(HostPattern::Any);
    };
    if !cx.is_literal(at, text) {
        return None;
    }
    HostPattern::parse(text)
        .map_err(|error| cx.pattern_error(&codes::BAD_HOST, at, text, error, HostPattern::parse))
        .ok()
}

fn path(cx: &mut Cx<'_>, section: &ConfigPath, route: &ast::Route) -> Option<PathPattern> {
    let kinds = [("prefix", MatchKind::Prefix), ("exact", MatchKind::Exact)];
    let kind = match &route.match_kind {
        None => Some(MatchKind::Prefix),
        Some(text) => cx.word(&section.key("match"), text, "match", &kinds),
    };
    let at = section.key("path");
    let Some(text) = &route.path else {
        cx.missing(section, "path", "`path: /` is every path");
        return None;
    };
    if !cx.is_literal(&at, text) {
        return None;
    }
    let kind = kind?;
    let parse = |text: &str| PathPattern::parse(text, kind);
    parse(text).map_err(|error| cx.pattern_error(&codes::BAD_PATH, &at, text, error, parse)).ok()
}

fn methods(cx: &mut Cx<'_>, at: &ConfigPath, written: Option<&Strings>) -> Option<Methods> {
    let names: Vec<(ConfigPath, &String)> = match written {
        None => return (!cx.source.is_written(at)).then_some(Methods::ALL),
        Some(Strings::One(name)) => vec![(at.clone(), name)],
        Some(Strings::List(list)) => {
            if list.is_empty() {
                cx.sink
                    .error_at(&codes::IMPOSSIBLE_VALUE, at, "a route without methods", "this list is empty")
                    .help("leave `methods` out for every method");
            }
            list.iter().map(|(index, name)| (at.index(index), name)).collect()
        }
    };
    cx.each_once(&names);
    let mut methods = Methods::NONE;
    let mut is_good = true;
    for (at, name) in &names {
        if is_method(name) {
            methods = methods.union(Methods::of(name));
        } else {
            is_good = false;
            no_method(cx, at, name);
        }
    }
    (is_good && methods != Methods::NONE).then_some(methods)
}

/// Whether a route may name it.
fn is_method(name: &str) -> bool {
    Methods::ALL.named().any(|known| known == name)
}

/// What is written for a method, and is none.
fn no_method(cx: &mut Cx<'_>, at: &ConfigPath, name: &str) {
    let several = name.to_ascii_uppercase();
    let several: Vec<&str> = several
        .split(|char: char| char.is_whitespace() || ",|/+".contains(char))
        .filter(|part| !part.is_empty())
        .collect();
    if matches!(name, "TRACE" | "CONNECT") {
        let title = format!("{name} is never forwarded");
        cx.sink.error_at(&codes::UNKNOWN_METHOD, at, title, "the gateway answers it itself");
    } else if several.len() > 1 && several.iter().all(|part| is_method(part)) {
        let span = cx.source.whole_span(at);
        let title = format!("{} is not one method", quoted(name));
        let problem = cx.sink.error_at(&codes::UNKNOWN_METHOD, at, title, "several are a list");
        if let Some(span) = span {
            let list = several.join(", ");
            // In a list that is written in brackets they are entries of that.
            problem.suggest("make it a list", span.clone(), format!("[{list}]"));
            problem.suggest("make them entries", span, list);
        }
    } else if matches!(several.as_slice(), ["ANY" | "ALL" | "*"]) {
        let title = format!("{} is not a method", quoted(name));
        cx.sink
            .error_at(&codes::UNKNOWN_METHOD, at, title, "no method of this name")
            .help("leave `methods` out for every method");
    } else {
        cx.unknown(&codes::UNKNOWN_METHOD, at, name, "method", Methods::ALL.named());
    }
}

fn headers(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    written: Option<&ast::Map<String>>,
) -> Option<Vec<HeaderPredicate>> {
    let Some(map) = written else { return (!cx.source.is_written(at)).then(Vec::new) };
    let mut predicates: Vec<HeaderPredicate> = Vec::new();
    let mut names: BTreeMap<HeaderName, ConfigPath> = BTreeMap::new();
    let mut is_good = true;
    for (key, value) in map.iter() {
        let at = at.key(key);
        let name = cx.field_name(&at, key, Use::CONDITION);
        let value =
            value.and_then(|value| cx.literal(&at, value)).filter(|value| cx.is_header_value(&at, value));
        let (Some(name), Some(value)) = (name, value) else {
            is_good = false;
            continue;
        };
        yaml_word(cx, &at);
        if let Some(first) =
            names.insert(name.clone(), at.clone()).and_then(|first| cx.source.key_span(&first))
        {
            let title = format!("header {} is matched twice", quoted(key));
            cx.sink
                .error_at_key(&codes::DUPLICATE_KEY, &at, title, "case does not count in header names")
                .label(first, "first matched here");
            is_good = false;
        }
        predicates.push(HeaderPredicate { name, value });
    }
    predicates.sort();
    is_good.then_some(predicates)
}

/// A plain `no` is text in YAML 1.2, and `false` to many older tools.
fn yaml_word(cx: &mut Cx<'_>, at: &ConfigPath) {
    const WORDS: [&str; 6] = ["no", "yes", "on", "off", "y", "n"];
    let Some(span) = cx.source.value_span(at) else { return };
    let written = cx.source.text().get(span.clone()).unwrap_or_default();
    if !WORDS.iter().any(|word| written.eq_ignore_ascii_case(word)) {
        return;
    }
    let title = format!("{} is a boolean to older YAML readers", quoted(written));
    let mend = format!("\"{written}\"");
    if let Some(problem) = cx.sink.lint_at(Lint::YamlWord, at, title, "text here, `true` or `false` there") {
        problem.suggest("quotes make it text for all", span, mend);
    }
}

fn query(
    cx: &mut Cx<'_>,
    at: &ConfigPath,
    written: Option<&ast::Map<String>>,
) -> Option<Vec<QueryPredicate>> {
    let Some(map) = written else { return (!cx.source.is_written(at)).then(Vec::new) };
    let mut predicates: Vec<QueryPredicate> = Vec::new();
    let mut is_good = true;
    for (key, value) in map.iter() {
        let at = at.key(key);
        if key.is_empty() {
            cx.sink.error_at_key(
                &codes::IMPOSSIBLE_VALUE,
                &at,
                "a query parameter needs a name",
                "this is empty",
            );
        }
        yaml_word(cx, &at);
        match value.and_then(|value| cx.literal(&at, value)) {
            Some(value) => predicates.push(QueryPredicate { name: key.to_owned(), value }),
            None => is_good = false,
        }
    }
    predicates.sort();
    is_good.then_some(predicates)
}
