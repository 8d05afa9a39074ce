//! Parts of a URL that a redirect names, and what becomes of a path.

use super::{Coded, ConfigPath, Cx, Kind, Like, Shape, Tree, Verbatim, Word, Words};
use crate::ast;
use crate::codes::{self, Code};
use crate::diagnostic::quoted;
use crate::language::Section;
use crate::language::route::{NewPrefix, Redirect, WrittenNewPrefix, WrittenRedirect};
use castgate_contract::authority::Authority;
use castgate_contract::redirect::Scheme;

/// A name or an address, without a port; in lower case.
pub(crate) struct HostAlone;

/// The template of a path, or its beginning alone.
pub(crate) struct PathRewrite;

/// Where a listener sends everybody: a scheme, or as a route's redirect says it.
pub(crate) struct Everybody;

impl Kind<Redirect> for Everybody {
    type Written = ast::TextOr<WrittenRedirect>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<Redirect> {
        match written {
            ast::TextOr::Text(text) => {
                let scheme = Word.read(cx, at, text)?;
                Some(Redirect { scheme: Some(scheme), ..Redirect::with_defaults(cx, at.clone(), None) })
            }
            ast::TextOr::Section(section) => Some(Redirect::with_defaults(cx, at.clone(), Some(section))),
        }
    }
    fn tree(&self, value: &Redirect) -> Tree {
        value.tree().filled()
    }
    fn shape(&self) -> Shape {
        Shape::AnyOf(vec![Kind::<Scheme>::shape(&Word), Shape::Section(Redirect::META)])
    }
}

/// What becomes of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// All of it is built anew.
    Template(String),
    /// Its beginning is replaced.
    Prefix(String),
}

impl Words for Scheme {
    const WHAT: &'static str = "scheme";
    const ALL: &'static [(&'static str, Self)] = &[("http", Self::Http), ("https", Self::Https)];
}

impl Coded for Scheme {
    fn code(self) -> &'static str {
        match self {
            Self::Http => "Scheme::Http",
            Self::Https => "Scheme::Https",
        }
    }
}

impl Like for HostAlone {
    type Value = String;
    type Other = Verbatim;
    const OTHER: Verbatim = Verbatim;

    fn take(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<String> {
        if !cx.is_literal(at, written) {
            return None;
        }
        let parse = |text: &str| match Authority::parse(text) {
            Ok(Authority { port: None, .. }) => Ok(()),
            Ok(_) => Err("the port is a key of its own, `port`"),
            Err(why) => Err(why),
        };
        let Err(why) = parse(written) else { return Some(written.to_ascii_lowercase()) };
        let title = format!("{} is no host to be redirected to", quoted(written));
        let span = cx.source.whole_span(at);
        let problem = cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, why);
        if written.contains(['$', '{', '%']) {
            problem.help("without `host` it stays as the client asked it");
        }
        let rest = written.split_once("://").map_or(written.as_str(), |(_, rest)| rest);
        let bare = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        if bare != written && parse(bare).is_ok() {
            problem.suggest("the host alone", span, crate::yaml::scalar(bare));
        }
        None
    }
    fn codes(&self) -> Vec<&'static Code> {
        vec![&codes::IMPOSSIBLE_VALUE, &codes::LATE_VALUE_HERE]
    }
}

impl Kind<Rewrite> for PathRewrite {
    type Written = ast::TextOr<WrittenNewPrefix>;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &Self::Written) -> Option<Rewrite> {
        match written {
            ast::TextOr::Text(text) => Some(Rewrite::Template(text.clone())),
            ast::TextOr::Section(section) => {
                let NewPrefix { prefix } = NewPrefix::resolve(cx, at.clone(), Some(section)).ok()?;
                Some(Rewrite::Prefix(prefix))
            }
        }
    }
    fn tree(&self, value: &Rewrite) -> Tree {
        match value {
            Rewrite::Template(text) => Tree::text(text),
            Rewrite::Prefix(text) => Tree::Map(vec![(WrittenNewPrefix::prefix.to_owned(), Tree::text(text))]),
        }
    }
    fn shape(&self) -> Shape {
        Shape::AnyOf(vec![Shape::Text, Shape::Section(NewPrefix::META)])
    }
}
