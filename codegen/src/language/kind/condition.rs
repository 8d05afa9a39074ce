//! What a route asks of a request. Half a condition would match what nobody meant, so there is none if a part is wrong.

use super::{ConfigPath, Cx, Fields, Kind, Like, Literal, Shape, Tree};
use crate::ast::{Map, Strings};
use crate::codes;
use crate::diagnostic::quoted;
use crate::field::Use;
use crate::lint::Lint;
use crate::model::{HeaderPredicate, Methods, QueryPredicate};
use crate::pattern::{HostPattern, Hosts};

/// A pattern of hosts, or several.
pub(crate) struct HostSet;

/// A pattern of hosts.
struct Host;

/// A method, or several.
pub(crate) struct MethodSet;

/// Header fields and their values.
pub(crate) struct Header;

/// Query parameters and their values.
pub(crate) struct Query;

impl Kind<HostPattern> for Host {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<HostPattern> {
        if !cx.is_literal(at, written) {
            return None;
        }
        let host = HostPattern::parse(written);
        host.map_err(|error| cx.pattern_error(&codes::BAD_HOST, at, written, error, HostPattern::parse)).ok()
    }
    fn tree(&self, value: &HostPattern) -> Tree {
        Tree::text(value.to_string())
    }
}

impl Kind<Hosts> for HostSet {
    type Written = Strings;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Strings) -> Option<Hosts> {
        if matches!(written, Strings::List(list) if list.is_empty()) {
            cx.sink
                .error_at(&codes::IMPOSSIBLE_VALUE, at, "a route without hosts", "this list is empty")
                .help("leave `host` out to serve every host");
            return None;
        }
        let each = written.entries().map(|(index, text)| {
            let at = index.map_or_else(|| at.clone(), |index| at.index(index));
            let pattern = Host.read(cx, &at, text)?;
            Some((at, pattern))
        });
        let read: Vec<Option<(ConfigPath, HostPattern)>> = each.collect();
        let patterns: Vec<(ConfigPath, HostPattern)> = read.into_iter().collect::<Option<_>>()?;
        cx.each_once(&patterns);
        Some(patterns.into_iter().map(|(_, pattern)| pattern).collect())
    }
    fn tree(&self, value: &Hosts) -> Tree {
        match &**value {
            [one] => Host.tree(one),
            several => Tree::Set(several.iter().map(|pattern| Host.tree(pattern)).collect()),
        }
    }
    fn shape(&self) -> Shape {
        Shape::AnyOf(vec![Shape::Text, Shape::list(Shape::Text)])
    }
}

impl Kind<Methods> for MethodSet {
    type Written = Strings;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Strings) -> Option<Methods> {
        let names: Vec<(ConfigPath, &String)> = match written {
            Strings::One(name) => vec![(at.clone(), name)],
            Strings::List(list) => {
                if list.is_empty() {
                    cx.sink
                        .error_at(
                            &codes::IMPOSSIBLE_VALUE,
                            at,
                            "a route without methods",
                            "this list is empty",
                        )
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
    fn tree(&self, value: &Methods) -> Tree {
        Tree::plains(value.named())
    }
    fn shape(&self) -> Shape {
        let one = Shape::Words(Methods::ALL.named().collect());
        Shape::AnyOf(vec![one.clone(), Shape::list(one)])
    }
}

impl Kind<Vec<HeaderPredicate>> for Header {
    type Written = Map<String>;

    fn read(
        &self,
        cx: &mut Cx<'_>,
        at: &ConfigPath,
        written: &Self::Written,
    ) -> Option<Vec<HeaderPredicate>> {
        let fields = Fields(Use::CONDITION, Value { is_field: true }).read(cx, at, written)?;
        let is_good = fields.len() == written.iter().count();
        let predicates = fields.into_iter().map(|(name, value)| HeaderPredicate { name, value });
        let mut predicates: Vec<HeaderPredicate> = predicates.collect();
        predicates.sort();
        is_good.then_some(predicates)
    }
    fn tree(&self, value: &Vec<HeaderPredicate>) -> Tree {
        pairs(value.iter().map(|header| (header.name.as_str(), &header.value)))
    }
    fn shape(&self) -> Shape {
        Shape::Fields(Use::CONDITION, Box::new(Shape::Text))
    }
}

impl Kind<Vec<QueryPredicate>> for Query {
    type Written = Map<String>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<Vec<QueryPredicate>> {
        let mut predicates: Vec<QueryPredicate> = Vec::new();
        let mut is_good = true;
        for (key, value) in written.iter() {
            let at = at.key(key);
            if key.is_empty() {
                let title = "a query parameter needs a name";
                cx.sink.error_at_key(&codes::IMPOSSIBLE_VALUE, &at, title, "this is empty");
            }
            match value.and_then(|value| Value { is_field: false }.read(cx, &at, value)) {
                Some(value) => predicates.push(QueryPredicate { name: key.to_owned(), value }),
                None => is_good = false,
            }
        }
        predicates.sort();
        is_good.then_some(predicates)
    }
    fn tree(&self, value: &Vec<QueryPredicate>) -> Tree {
        pairs(value.iter().map(|wanted| (wanted.name.as_str(), &wanted.value)))
    }
    fn shape(&self) -> Shape {
        Shape::Map(Box::new(Shape::Text))
    }
}

fn pairs<'p>(pairs: impl Iterator<Item = (&'p str, &'p String)>) -> Tree {
    Tree::Map(pairs.map(|(name, value)| (name.to_owned(), Literal.tree(value))).collect())
}

/// A value to compare with; of a field, what can be one.
struct Value {
    is_field: bool,
}

impl Like for Value {
    type Value = String;
    type Other = Literal;
    const OTHER: Literal = Literal;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        yaml_word(cx, at);
        let value = Literal.read(cx, at, written)?;
        (!self.is_field || cx.is_header_value(at, &value)).then_some(value)
    }
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
        let list = several.join(", ");
        // In a list that is written in brackets they are entries of that.
        problem.suggest("make it a list", span.clone(), format!("[{list}]"));
        problem.suggest("make them entries", span, list);
    } else if matches!(several.as_slice(), ["ANY" | "ALL" | "*"]) {
        let title = format!("{} is not a method", quoted(name));
        cx.sink
            .error_at(&codes::UNKNOWN_METHOD, at, title, "no method of this name")
            .help("leave `methods` out for every method");
    } else {
        cx.unknown(&codes::UNKNOWN_METHOD, at, name, "method", Methods::ALL.named());
    }
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
    cx.sink.lint_at(Lint::YAML_WORD, at, title, "text here, `true` or `false` there").suggest(
        "quotes make it text for all",
        span,
        mend,
    );
}
