//! Where redirects could lead back to, whatever the texts of their parameters.
//!
//! A path of which some segments are unknown is sent from redirect to redirect. Wherever its next place can be what
//! another route matches, the unknown segments become what that route wants; when a route comes for the second time,
//! the requests that are left of those it began with are tried.
//!
//! It only finds candidates. That one of them never ends is seen by following it through the table.

use super::place::{self, Place};
use super::tables::Tables;
use super::template::{self, Atom, Known, Path};
use super::{chosen, follow};
use crate::model::{Leads, Model, Route, Source, Target};
use crate::pattern::{HostPattern, ParamKind, Segment};
use crate::table::{
    Answer, End, FORWARDED_PROTO, Fresh, Neighbours, Region, Request, Step, Table, narrower, union,
};
use castgate_contract::authority::is_label;
use castgate_contract::host::labelled;
use castgate_contract::redirect::Scheme;

/// Rings of more redirects than this are not looked for, unless all that begin there go round.
const MOST_REDIRECTS: usize = 6;
/// So many segments are tried in place of `{*rest}`.
const MOST_REST: usize = 6;
/// So many requests are followed in a whole config,
const MOST_FOLLOWED: usize = 50_000;
/// and so many pairs of redirects looked at.
const MOST_PAIRS: usize = 200_000;

/// A table, and a route of it, by their numbers.
type Numbered = (usize, usize);

/// Redirects, and how many of the bounds are left.
pub(super) struct Search<'a, 'm> {
    tables: Tables<'a, 'm>,
    /// Of each table.
    neighbours: Vec<Neighbours<'a>>,
    fresh: Fresh<'m>,
    longest: usize,
    /// The values in templates of redirects that a client chooses, each once.
    chosen: Vec<&'m Source>,
    followed: usize,
    pairs: usize,
}

/// A client underway: how it may have begun, and where it is.
pub(super) struct Underway<'m> {
    pub(super) table: usize,
    /// All requests that get here,
    begun: Region<'m>,
    /// if the label of their host, and what they choose besides, is this.
    others: Vec<Step>,
    pub(super) path: Path,
    /// `None`: the host it began with.
    pub(super) host: Option<HostPattern>,
    /// `None`: the scheme it began with.
    pub(super) scheme: Option<Scheme>,
    trail: Vec<Numbered>,
}

impl<'a, 'm> Search<'a, 'm> {
    pub(super) fn new(tables: &'a [Table<'m>]) -> Self {
        let models: Vec<&'m Model> = tables.iter().map(Table::model).collect();
        let routes = || models.iter().flat_map(|model| &model.routes);
        let segments = routes().map(|route| route.path.segments.len());
        let redirects = routes().filter(|route| matches!(route.target, Target::Redirect(_)));
        let sources = redirects.filter_map(Route::template).flat_map(|(_, text)| text.sources());
        let mut chosen: Vec<&Source> = sources.filter(|source| chosen::is_chosen(source)).collect();
        chosen.sort();
        chosen.dedup();
        Self {
            chosen,
            tables: Tables::new(tables),
            neighbours: tables.iter().map(Neighbours::of).collect(),
            fresh: Fresh::of(&models),
            longest: segments.max().unwrap_or(0),
            followed: 0,
            pairs: 0,
        }
    }

    /// A request that this route sends on for ever, if there is one, and the way it goes.
    pub(super) fn endless(&mut self, place: Numbered) -> Option<(Request, Vec<(&'m Route, Request)>)> {
        let route = self.route(place)?;
        Region::all_of(route).find_map(|whole| self.endless_of(place, route, &whole))
    }

    fn route(&self, (table, number): Numbered) -> Option<&'m Route> {
        self.tables.get(table)?.model().routes.get(number)
    }

    fn endless_of(
        &mut self,
        place: Numbered,
        route: &'m Route,
        whole: &Region<'m>,
    ) -> Option<(Request, Vec<(&'m Route, Request)>)> {
        let others = vec![Step::Free(ParamKind::Any); 1 + self.chosen.len()];
        if let Some(found) = self.follow((place.0, route), whole, &others) {
            return Some(found);
        }
        let is_rest = matches!(route.path.segments.last(), Some(Segment::Rest { .. }));
        let most = if is_rest {
            (self.longest + 1).saturating_sub(whole.steps.len()).clamp(1, MOST_REST)
        } else {
            0
        };
        for length in 0..=most {
            let mut begun = whole.clone();
            if is_rest {
                begun.steps.extend(std::iter::repeat_n(Step::Free(ParamKind::Any), length));
                // Nothing but the slash.
                begun.steps.extend((length == 0).then(|| Step::Literal(String::new())));
                begun.end = End::Here;
            }
            let path = template::start(&begun.steps);
            // Without anything unknown there is but one way, and it has been followed.
            let has_others = matches!(begun.host, HostPattern::Labelled(_)) || !self.chosen.is_empty();
            if !has_others && path.iter().flatten().all(|atom| matches!(atom, Atom::Text(_))) {
                continue;
            }
            let (table, host, scheme, trail) = (place.0, None, None, vec![place]);
            let underway = Underway { table, begun, others: others.clone(), path, host, scheme, trail };
            if let Some(found) = self.sent_on((place.0, route), &underway) {
                return Some(found);
            }
        }
        None
    }

    /// Goes on behind the redirect that was come to last.
    fn sent_on(
        &mut self,
        first: (usize, &'m Route),
        at: &Underway<'m>,
    ) -> Option<(Request, Vec<(&'m Route, Request)>)> {
        let route = self.route(*at.trail.last()?)?;
        let Target::Redirect(redirect) = &route.target else { return None };
        let sent_to = match &at.host {
            Some(HostPattern::Exact(name)) => labelled(name),
            _ => None,
        };
        let other = |number: usize| match at.others.get(number) {
            Some(Step::Literal(text)) => Atom::Text(text.clone()),
            Some(Step::Free(_)) | None => Atom::Unknown(at.begun.steps.len() + number),
        };
        let label = sent_to.map_or_else(|| other(0), |(text, _)| Atom::Text(text.to_owned()));
        let number = |source: &Source| self.chosen.iter().position(|known| *known == source);
        let chosen = |source: &Source| number(source).map(|number| other(1 + number));
        let known = Known { path: &at.path, label, chosen: &chosen };
        let Place { table, host, scheme, path } = match &redirect.leads {
            Leads::To(text) => place::of_template(&self.tables, text, at, &known)?,
            Leads::Parts(parts) => place::of_parts(&self.tables, parts, at)?,
        };
        let here = Region {
            host: host.as_ref().unwrap_or(at.begun.host),
            steps: template::steps(&path),
            ..Region::of_path("/")
        };
        for number in self.neighbours.get(table)?.meeting(&here) {
            let Some(next) = self.route((table, number)) else { continue };
            if !matches!(next.target, Target::Redirect(_)) {
                continue;
            }
            for wanted in Region::all_of(next) {
                if self.pairs >= MOST_PAIRS {
                    return None;
                }
                self.pairs += 1;
                let sent = (host.as_ref(), scheme);
                let Some((begun, others)) = narrowed(at, &path, sent, wanted) else { continue };
                let known = unknowns(&begun.steps, &others);
                let path = path.iter().map(|segment| template::filled_in(segment, &known)).collect();
                let mut trail = at.trail.clone();
                trail.push((table, number));
                let found = if at.trail.contains(&(table, number)) {
                    self.follow(first, &begun, &others)
                } else if trail.len() <= MOST_REDIRECTS {
                    let host = host.clone();
                    self.sent_on(first, &Underway { table, begun, others, path, host, scheme, trail })
                } else {
                    None
                };
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// Follows the plainest requests of a region whose hosts have this label, and which choose this besides; those of them that
    /// the route takes.
    fn follow(
        &mut self,
        (table, route): (usize, &'m Route),
        region: &Region<'m>,
        others: &[Step],
    ) -> Option<(Request, Vec<(&'m Route, Request)>)> {
        let (label, chosen) = others.split_first()?;
        let exact = match (region.host, label) {
            (HostPattern::Labelled(of), Step::Literal(text)) => {
                Some(HostPattern::Exact(format!("{text}.{}", of.suffix)))
            }
            _ => None,
        };
        let region = &Region { host: exact.as_ref().unwrap_or(region.host), ..region.clone() };
        let first = region.methods().next()?;
        for tail in region.tails(self.longest) {
            // They differ in nothing else, and to make a path canonical takes longer than to look for its route.
            let plain = self.tables.asked_at(table, self.fresh.request(region, tail, first));
            let chosen = || self.chosen.iter().copied().zip(chosen);
            let of_first = chosen::with(&plain, chosen())?;
            for method in region.methods() {
                if self.followed >= MOST_FOLLOWED {
                    return None;
                }
                self.followed += 1;
                let request = of_first.with_method(method);
                let is_taken = matches!(self.tables.get(table)?.ask(&request), Answer::Route(taker) if std::ptr::eq(taker, route));
                if let Some(trail) =
                    is_taken.then(|| follow::endless(&self.tables, table, &request)).flatten()
                {
                    // What no redirect of the ring is made of only hides the others.
                    let of_ring = chosen().filter(|(source, _)| chosen::is_of(source, &trail));
                    let least = chosen::with(&plain, of_ring)?.with_method(method);
                    let again = follow::endless(&self.tables, table, &least).map(|trail| (least, trail));
                    return Some(again.unwrap_or((request, trail)));
                }
            }
        }
        None
    }
}

/// Those of the requests that get to the next route, and what the label of their host has to be, and what they choose.
fn narrowed<'m>(
    at: &Underway<'m>,
    path: &Path,
    (sent_to, scheme): (Option<&HostPattern>, Option<Scheme>),
    mut wanted: Region<'m>,
) -> Option<(Region<'m>, Vec<Step>)> {
    if let Some(scheme) = scheme {
        // It comes with this one now, whichever it began with.
        let asked = wanted.headers.remove(FORWARDED_PROTO);
        if asked.is_some_and(|asked| asked != scheme.as_str()) {
            return None;
        }
    }
    let begun = &at.begun;
    let mut steps = template::narrow(&unknowns(&begun.steps, &at.others), path, &wanted)?;
    let mut others = steps.split_off(begun.steps.len());
    let label = others.first_mut()?;
    if matches!(label, Step::Literal(text) if !is_label(text)) {
        return None;
    }
    let host = if sent_to.is_some() { begun.host } else { narrower(begun.host, wanted.host)? };
    let of_label = match sent_to {
        Some(HostPattern::Labelled(_)) => wanted.host,
        _ => host,
    };
    if let HostPattern::Exact(name) = of_label
        && let Some((text, _)) = labelled(name)
    {
        *label = label.meet(&Step::Literal(text.to_owned()))?;
    }
    let (headers, query) = (union(&begun.headers, &wanted.headers)?, union(&begun.query, &wanted.query)?);
    Some((Region { host, steps, headers, query, ..begun.clone() }, others))
}

/// All that may be unknown: the segments, then the label, then what is chosen.
fn unknowns(steps: &[Step], others: &[Step]) -> Vec<Step> {
    steps.iter().chain(others).cloned().collect()
}
