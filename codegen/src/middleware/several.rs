//! What there may be several of behind the name of a middleware: a section, or a list of such, all of which hold. A section is
//! laid over another as everywhere; a list replaces what it would be laid over, and nothing is laid over a list.

use super::layer::{Configured, Placed};
use super::{Code, Entries, Lower, Site};
use crate::ast::{List, Sections, Switched};
use crate::codes;
use crate::diagnostic::Reporter;
use crate::language::{Section, Shape};
use crate::model::Sharing;
use crate::plan::Value;
use crate::resolve::cx::Cx;
use crate::source::ConfigPath;
use crate::yaml::Tree;
use castgate_contract::limits;
use serde::de::DeserializeOwned;
use std::net::IpAddr;

/// A section which may stand in a list.
pub(crate) trait Repeated: Section<Written: Switched + DeserializeOwned> + Lower {
    /// What one of them is called, and several: `limit`, `limits`.
    const CALLED: [&'static str; 2];

    /// What two of one name have to do with each other.
    const TWICE: &'static str;

    /// In a few words; of two which are called the same one is too many.
    fn label(&self) -> String;

    /// What several become, where one is `of_one`.
    fn code_of_several(of_one: Code) -> Code;

    /// The policy of several.
    fn policy_of_several(sections: &[Self], site: &Site<'_>) -> Value;

    /// What it lets pass that `old` did not, in a few words.
    #[cfg(feature = "cli")]
    fn looser(&self, old: &Self) -> Option<String>;

    /// Reports what is hardly meant beside the others of its list; its place there is `index`.
    fn lint_beside(list: &[Self], index: usize, at: &ConfigPath, sink: &mut Reporter<'_>);
}

/// One or several.
#[derive(Debug, Clone)]
pub struct Several<S> {
    /// At least one.
    sections: Vec<S>,
    is_list: bool,
}

impl<S> Several<S> {
    /// At least one, in the order of the file.
    pub fn sections(&self) -> &[S] {
        &self.sections
    }
}

/// What is wrong has been reported, and is left out.
fn of_list<S: Repeated>(cx: &mut Cx<'_>, at: &ConfigPath, list: &List<S::Written>) -> Option<Several<S>> {
    let [one, several] = S::CALLED;
    if list.is_empty() {
        let span = cx.source.whole_span(at);
        let title = format!("a list of {several} without a {one}");
        cx.sink.error_at(&codes::IMPOSSIBLE_VALUE, at, title, "this is empty").suggest(
            format!("where there shall be no {one}, say so"),
            span,
            "off",
        );
        return None;
    }
    if list.len() > limits::MOST {
        let title = format!("a list of {} {several}", list.len());
        let label = format!("must be 1 to {}", limits::MOST);
        cx.sink.error_at_key(&codes::IMPOSSIBLE_VALUE, at, title, label);
    }
    let mut read: Vec<(ConfigPath, S)> = Vec::new();
    for (index, written) in list.iter() {
        let at = at.index(index);
        let Some(section) = S::laid_over(cx, (written, &at), None) else { continue };
        let label = section.label();
        if let Some((first, _)) = read.iter().find(|(_, other)| other.label() == label) {
            let first = cx.source.value_span(first);
            let title = format!("there are two {several} of {label}");
            cx.sink
                .error_at(&codes::DUPLICATE_KEY, &at, title, "one is enough")
                .label(first, "first written here")
                .help(S::TWICE);
        }
        read.push((at, section));
    }
    let sections: Vec<S> = read.into_iter().map(|(_, section)| section).collect();
    Some(Several { sections, is_list: true }).filter(|several| !several.sections.is_empty())
}

/// What it lets pass that `old` did not: each of the old ones needs one that is as strict.
#[cfg(feature = "cli")]
pub(super) fn looser<S: Repeated>(new: &Several<S>, old: &Several<S>) -> Option<String> {
    if let ([new], [old]) = (new.sections(), old.sections()) {
        return new.looser(old);
    }
    let lost = |old: &&S| new.sections.iter().all(|new| new.looser(old).is_some());
    let said = |old: &S| {
        let label = old.label();
        let heir = new.sections.iter().find(|new| new.label() == label);
        match heir.and_then(|heir| heir.looser(old)) {
            Some(looser) => format!("{label}: {looser}"),
            None => format!("no {} is as strict as {label}", S::CALLED[0]),
        }
    };
    let lost: Vec<String> = old.sections.iter().filter(lost).map(said).collect();
    (!lost.is_empty()).then(|| lost.join("; "))
}

impl<S: Repeated> Configured for Several<S> {
    type Written = Sections<S::Written>;

    fn shape() -> Shape {
        let one = S::shape();
        Shape::AnyOf(vec![one.clone(), Shape::list(one)])
    }

    fn codes() -> Vec<&'static codes::Code> {
        vec![&codes::IMPOSSIBLE_VALUE]
    }

    fn laid_over(
        cx: &mut Cx<'_>,
        (own, at): Placed<'_, Self::Written>,
        base: Option<Placed<'_, Self::Written>>,
    ) -> Option<Self> {
        let own = match own {
            Sections::List(list) => return of_list(cx, at, list),
            Sections::One(own) => own,
        };
        let (base, list) = match base {
            Some((Sections::One(base), at)) => (Some((base, at)), None),
            Some((Sections::List(_), at)) => (None, Some(at)),
            None => (None, None),
        };
        let section = S::laid_over(cx, (own, at), base);
        if let (None, Some(list)) = (&section, list) {
            let list = cx.source.key_span(list);
            if let Some(problem) = cx.sink.said_of(&codes::MISSING_KEY, at) {
                problem.label(list, "nothing is laid over a list");
            }
        }
        section.map(|section| Self { sections: vec![section], is_list: false })
    }

    fn tree(&self) -> Tree {
        match self.sections() {
            [only] => Section::tree(only),
            several => Tree::Set(several.iter().map(Section::tree).collect()),
        }
    }
}

impl<S: Repeated> Lower for Several<S> {
    fn policy(&self, site: &Site<'_>) -> Value {
        match self.sections() {
            [only] => only.policy(site),
            several => S::policy_of_several(several, site),
        }
    }

    fn code(&self, of_kind: Code) -> Code {
        match self.sections() {
            [_] => of_kind,
            _ => S::code_of_several(of_kind),
        }
    }

    fn sections(&self) -> Option<Entries<'_>> {
        Some(match self.sections.as_slice() {
            [only] if !self.is_list => Entries::One(only),
            list => Entries::List(list.iter().map(|section| section as &dyn Lower).collect()),
        })
    }

    fn feature(&self) -> Option<&'static str> {
        self.sections.iter().find_map(Lower::feature)
    }

    fn memory(&self) -> u64 {
        self.sections.iter().map(Lower::memory).sum()
    }

    fn refuses(&self, client: IpAddr) -> bool {
        self.sections.iter().any(|section| section.refuses(client))
    }

    fn shares(&self) -> Option<Sharing> {
        self.sections.iter().find_map(Lower::shares)
    }

    fn lint(&self, at: &ConfigPath, sink: &mut Reporter<'_>) {
        for (index, section) in self.sections.iter().enumerate() {
            section.lint(&if self.is_list { at.index(index) } else { at.clone() }, sink);
            S::lint_beside(&self.sections, index, at, sink);
        }
    }
}
