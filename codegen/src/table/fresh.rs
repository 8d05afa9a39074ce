//! Text that no pattern names, and the requests that are made of it: of all that a region has, they match the fewest
//! other routes.

use super::region::{Region, Step};
use super::{Request, Tail};
use crate::encoded;
use crate::model::Model;
#[cfg(feature = "cli")]
use crate::model::Route;
use crate::pattern::{HostPattern, Label, ParamKind, Segment};
use std::collections::BTreeSet;

/// A path has no more free segments than this: those of a pattern, and as many behind it.
const MOST_FREE: usize = 2 * crate::pattern::MAX_SEGMENTS + 2;

/// Texts that no pattern of some models names. Each free segment of a path has one of its own, so that swapped
/// parameters show.
pub(crate) struct Fresh<'m> {
    hosts: Hosts<'m>,
    /// What labels that nobody names begin with.
    label: String,
    uint: Vec<String>,
    uuid: Vec<String>,
    other: Vec<String>,
}

impl<'m> Fresh<'m> {
    /// Short texts, to show to people.
    pub(crate) fn of(models: &[&'m Model]) -> Self {
        let literals: BTreeSet<&str> = segments(models).filter_map(literal).collect();
        let fresh = |text: &dyn Fn(usize) -> String| {
            (0..).map(text).filter(|text| !literals.contains(text.as_str())).take(MOST_FREE).collect()
        };
        Self {
            hosts: Hosts::of(models),
            label: "x".to_owned(),
            uint: fresh(&|number| (number + 1).to_string()),
            uuid: fresh(&|number| format!("00000000-0000-0000-0000-{number:012}")),
            other: fresh(&|number| numbered("x", number)),
        }
    }

    /// Marks: wherever one stands in a text that is made of them and of the models' own, it can only be that mark. So
    /// two templates give the same text exactly if they always do.
    ///
    /// Each begins with what no text of the models has, and with a character that is nowhere else in it; so no mark
    /// overlaps another, or the text beside it.
    #[cfg(feature = "cli")]
    pub(crate) fn marks(models: &[&'m Model]) -> Self {
        let texts: BTreeSet<&str> = segments(models).filter_map(literal).chain(templates(models)).collect();
        let marks = |stem: &dyn Fn(usize) -> String, mark: &dyn Fn(&str, usize) -> String| {
            let is_free = |stem: &String| !texts.iter().any(|text| text.contains(stem.as_str()));
            let stem = (0..).map(stem).find(is_free).unwrap_or_default();
            (0..MOST_FREE).map(|place| mark(&stem, place)).collect()
        };
        let other: Vec<String> =
            marks(&|number| format!("x{number:o}"), &|stem, place| format!("{stem}{place:03o}"));
        Self {
            hosts: Hosts::of(models),
            // As long as the others, which go on with digits.
            label: other
                .first()
                .and_then(|mark| mark.strip_suffix("000"))
                .map_or_else(String::new, |stem| format!("{stem}yyy")),
            uint: marks(&|number| format!("9{number:05o}"), &|stem, place| format!("{stem}{place:03o}")),
            uuid: marks(&|number| format!("8{number:07o}"), &|stem, place| {
                format!("00000000-0000-0000-0000-{stem}{place:04o}")
            }),
            other,
        }
    }

    /// A request of the region with one of its methods.
    pub(crate) fn request(&self, region: &Region<'_>, tail: Tail, method: &str) -> Request {
        let query: Vec<String> =
            region.query.iter().map(|(name, value)| encoded::parameter(name, value)).collect();
        let query = (!query.is_empty()).then(|| query.join("&"));
        let headers = region.headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let (host, path) = (self.host(region.host), self.path(&region.steps, tail));
        Request::plain(method, &host, &path, query, headers.collect())
    }

    /// A host of which no pattern but this one, and those that have all its hosts, has anything.
    pub(crate) fn host(&self, pattern: &HostPattern) -> String {
        let Hosts { exact, labelled, wildcard } = &self.hosts;
        let label = |number| numbered(&self.label, number);
        let unnamed = |text: &dyn Fn(usize) -> String| {
            (0..).map(text).find(|text| !exact.contains(text.as_str())).unwrap_or_default()
        };
        match pattern {
            HostPattern::Exact(name) => name.clone(),
            // A label more, and no pattern is about the name that is left without it.
            HostPattern::Wildcard(suffix) if labelled.contains(suffix.as_str()) => {
                let names = (0..).map(|number| format!("{}.{suffix}", label(number)));
                let is_free =
                    |name: &String| !labelled.contains(name.as_str()) && !wildcard.contains(name.as_str());
                let mut hosts = names.filter(is_free).map(|name| format!("{}.{name}", label(0)));
                hosts.find(|host| !exact.contains(host.as_str())).unwrap_or_default()
            }
            HostPattern::Labelled(Label { suffix, .. }) | HostPattern::Wildcard(suffix) => {
                unnamed(&|number| format!("{}.{suffix}", label(number)))
            }
            HostPattern::Any => unnamed(&|number| numbered("localhost", number)),
        }
    }

    /// The path of these segments, with this tail.
    pub(crate) fn path(&self, steps: &[Step], tail: Tail) -> String {
        let mut path = String::new();
        let rest = std::iter::repeat_n(&Step::Free(ParamKind::Any), tail.fresh);
        let mut free = 0;
        for step in steps.iter().chain(rest) {
            path.push('/');
            match step {
                Step::Literal(text) => path.push_str(text),
                Step::Free(kind) => {
                    let texts = match kind {
                        ParamKind::Uint => &self.uint,
                        ParamKind::Uuid => &self.uuid,
                        ParamKind::Any => &self.other,
                    };
                    path.push_str(texts.get(free).map_or("", String::as_str));
                    free += 1;
                }
            }
        }
        if path.is_empty() || tail.has_slash {
            path.push('/');
        }
        path
    }
}

/// The names in the patterns of hosts.
#[derive(Default)]
struct Hosts<'m> {
    exact: BTreeSet<&'m str>,
    labelled: BTreeSet<&'m str>,
    wildcard: BTreeSet<&'m str>,
}

impl<'m> Hosts<'m> {
    fn of(models: &[&'m Model]) -> Self {
        let mut hosts = Self::default();
        for pattern in models.iter().flat_map(|model| &model.routes).flat_map(|route| route.hosts.iter()) {
            match pattern {
                HostPattern::Exact(name) => hosts.exact.insert(name),
                HostPattern::Labelled(Label { suffix, .. }) => hosts.labelled.insert(suffix),
                HostPattern::Wildcard(suffix) => hosts.wildcard.insert(suffix),
                HostPattern::Any => false,
            };
        }
        hosts
    }
}

fn segments<'m>(models: &[&'m Model]) -> impl Iterator<Item = &'m Segment> {
    models.iter().flat_map(|model| &model.routes).flat_map(|route| &route.path.segments)
}

fn literal(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Literal(text) => Some(text.as_str()),
        Segment::Param { .. } | Segment::Rest { .. } => None,
    }
}

#[cfg(feature = "cli")]
fn templates<'m>(models: &[&'m Model]) -> impl Iterator<Item = &'m str> {
    let texts = models.iter().flat_map(|model| &model.routes).filter_map(Route::template);
    texts.flat_map(|(_, text)| text.literals())
}

fn numbered(text: &str, number: usize) -> String {
    if number == 0 { text.to_owned() } else { format!("{text}{number}") }
}
