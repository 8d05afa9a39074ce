//! Where redirects could lead back to, whatever the texts of their parameters.
//!
//! A path of which some segments are unknown is sent from redirect to redirect. Wherever its next place can be what
//! another route matches, the unknown segments become what that route wants; when a route comes for the second time,
//! the requests that are left of those it began with are tried.
//!
//! It only finds candidates. That one of them never ends is seen by following it through the table.

use super::follow;
use super::template::{self, Atom, Path};
use crate::model::{Leads, Model, Route, Target};
use crate::pattern::{HostPattern, ParamKind, Segment, TemplatePiece};
use crate::table::{
    Answer, End, FORWARDED_PROTO, Fresh, Neighbours, Region, Request, Step, Table, narrower, union,
};
use castgate_contract::authority::is_label;
use castgate_contract::host::labelled;
use castgate_contract::redirect::{Parts, Scheme};

/// Rings of more redirects than this are not looked for, unless all that begin there go round.
const MOST_REDIRECTS: usize = 6;
/// So many segments are tried in place of `{*rest}`.
const MOST_REST: usize = 6;
/// So many requests are followed in a whole config,
const MOST_FOLLOWED: usize = 50_000;
/// and so many pairs of redirects looked at.
const MOST_PAIRS: usize = 200_000;

/// Redirects, and how many of the bounds are left.
pub(super) struct Search<'a, 'm> {
    table: &'a Table<'m>,
    neighbours: Neighbours<'a>,
    fresh: Fresh<'m>,
    longest: usize,
    followed: usize,
    pairs: usize,
}

/// A client underway: how it may have begun, and where it is.
struct Underway<'m> {
    /// All requests that get here,
    begun: Region<'m>,
    /// if the label of their host is this.
    label: Step,
    path: Path,
    /// `None`: the host it began with.
    host: Option<HostPattern>,
    /// `None`: the scheme it began with.
    scheme: Option<Scheme>,
    trail: Vec<usize>,
}

impl<'a, 'm> Search<'a, 'm> {
    pub(super) fn new(table: &'a Table<'m>) -> Self {
        let segments = table.model().routes.iter().map(|route| route.path.segments.len());
        Self {
            table,
            neighbours: Neighbours::of(table),
            fresh: Fresh::of(&[table.model()]),
            longest: segments.max().unwrap_or(0),
            followed: 0,
            pairs: 0,
        }
    }

    /// A request that this route sends on for ever, if there is one, and the way it goes.
    pub(super) fn endless(&mut self, number: usize) -> Option<(Request, Vec<(&'m Route, Request)>)> {
        let route = self.table.model().routes.get(number)?;
        Region::all_of(route).find_map(|whole| self.endless_of(number, route, &whole))
    }

    fn endless_of(
        &mut self,
        number: usize,
        route: &'m Route,
        whole: &Region<'m>,
    ) -> Option<(Request, Vec<(&'m Route, Request)>)> {
        let label = Step::Free(ParamKind::Any);
        if let Some(found) = self.follow(route, whole, &label) {
            return Some(found);
        }
        let is_rest = matches!(route.path.segments.last(), Some(Segment::Rest { .. }));
        let least = usize::from(is_rest);
        let most =
            if is_rest { (self.longest + 1).saturating_sub(whole.steps.len()).min(MOST_REST) } else { 0 };
        for length in least..=most.max(least) {
            let mut begun = whole.clone();
            if is_rest {
                begun.steps.extend(std::iter::repeat_n(Step::Free(ParamKind::Any), length));
                begun.end = End::Here;
            }
            let path = template::start(&begun.steps);
            // Without anything unknown there is but one way, and it has been followed.
            let has_label = matches!(begun.host, HostPattern::Labelled(_));
            if !has_label && path.iter().flatten().all(|atom| matches!(atom, Atom::Text(_))) {
                continue;
            }
            let (host, scheme, trail) = (None, None, vec![number]);
            let underway = Underway { begun, label: label.clone(), path, host, scheme, trail };
            if let Some(found) = self.sent_on(route, &underway) {
                return Some(found);
            }
        }
        None
    }

    /// Goes on behind the redirect that was come to last.
    fn sent_on(
        &mut self,
        first: &'m Route,
        at: &Underway<'m>,
    ) -> Option<(Request, Vec<(&'m Route, Request)>)> {
        let model = self.table.model();
        let route = model.routes.get(*at.trail.last()?)?;
        let Target::Redirect(redirect) = &route.target else { return None };
        let sent_to = match &at.host {
            Some(HostPattern::Exact(name)) => labelled(name),
            _ => None,
        };
        let label = match (sent_to, &at.label) {
            (Some((text, _)), _) => Atom::Text(text.to_owned()),
            (None, Step::Literal(text)) => Atom::Text(text.clone()),
            (None, Step::Free(_)) => Atom::Unknown(at.begun.steps.len()),
        };
        let Place { host, scheme, path } = match &redirect.leads {
            Leads::To(pieces) => template_place(model, pieces, at, &label)?,
            Leads::Parts(parts) => parts_place(model, parts, at)?,
        };
        let here = Region {
            host: host.as_ref().unwrap_or(at.begun.host),
            steps: template::steps(&path),
            ..Region::of_path("/")
        };
        for number in self.neighbours.meeting(&here) {
            let Some(next) = model.routes.get(number) else { continue };
            if !matches!(next.target, Target::Redirect(_)) {
                continue;
            }
            for wanted in Region::all_of(next) {
                if self.pairs >= MOST_PAIRS {
                    return None;
                }
                self.pairs += 1;
                let is_other = (host.is_some(), scheme);
                let Some((begun, label)) = narrowed(at, &path, is_other, wanted) else { continue };
                let known = unknowns(&begun.steps, &label);
                let path = path.iter().map(|segment| template::filled_in(segment, &known)).collect();
                let mut trail = at.trail.clone();
                trail.push(number);
                let found = if at.trail.contains(&number) {
                    self.follow(first, &begun, &label)
                } else if trail.len() <= MOST_REDIRECTS {
                    self.sent_on(first, &Underway { begun, label, path, host: host.clone(), scheme, trail })
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

    /// Follows the plainest requests of a region whose hosts have this label, those of them that the route takes.
    fn follow(
        &mut self,
        route: &'m Route,
        region: &Region<'m>,
        label: &Step,
    ) -> Option<(Request, Vec<(&'m Route, Request)>)> {
        let exact = match (region.host, label) {
            (HostPattern::Labelled(of), Step::Literal(text)) => {
                Some(HostPattern::Exact(format!("{text}.{}", of.suffix)))
            }
            _ => None,
        };
        let region = &Region { host: exact.as_ref().unwrap_or(region.host), ..region.clone() };
        for tail in region.tails(self.longest) {
            for method in region.methods() {
                if self.followed >= MOST_FOLLOWED {
                    return None;
                }
                self.followed += 1;
                let request = self.fresh.request(region, tail, method);
                let is_taken =
                    matches!(self.table.ask(&request), Answer::Route(taker) if std::ptr::eq(taker, route));
                if let Some(trail) = is_taken.then(|| follow::endless(self.table, &request)).flatten() {
                    return Some((request, trail));
                }
            }
        }
        None
    }
}

/// Where a client is sent: what is not another's.
struct Place {
    host: Option<HostPattern>,
    scheme: Option<Scheme>,
    path: Path,
}

fn template_place(model: &Model, pieces: &[TemplatePiece], at: &Underway<'_>, label: &Atom) -> Option<Place> {
    let mut atoms = template::render(pieces, &at.path, label);
    let Some(Atom::Text(beginning)) = atoms.first_mut() else { return None };
    // A scheme, a host and a slash are written out, or the host is not known.
    let (origin, target) = follow::split(beginning);
    let (host, scheme) = match origin {
        Some(origin) => {
            let is_own = follow::is_own(model, origin.scheme, origin.port);
            (Some(HostPattern::parse(origin.host).ok().filter(|_| is_own)?), Some(origin.scheme))
        }
        None if target.starts_with('/') => (at.host.clone(), at.scheme),
        None => return None,
    };
    *beginning = if target.is_empty() { "/".to_owned() } else { target.to_owned() };
    Some(Place { host, scheme, path: template::split(atoms) })
}

fn parts_place(model: &Model, parts: &Parts<String>, at: &Underway<'_>) -> Option<Place> {
    let is_own = match (parts.scheme.or(at.scheme), parts.port) {
        (Some(scheme), port) => {
            parts.scheme.is_none() && port.is_none() || follow::is_own(model, scheme, port)
        }
        (None, Some(port)) => {
            [Scheme::Http, Scheme::Https].iter().any(|scheme| follow::is_own(model, *scheme, Some(port)))
        }
        (None, None) => true,
    };
    let host = match &parts.host {
        Some(host) => Some(HostPattern::parse(host).ok()?),
        None => at.host.clone(),
    };
    let path = match &parts.prefix {
        Some(prefix) => template::with_prefix(prefix, &at.path),
        None => at.path.clone(),
    };
    is_own.then_some(Place { host, scheme: parts.scheme.or(at.scheme), path })
}

/// Those of the requests that get to the next route, and what the label of their host has to be.
fn narrowed<'m>(
    at: &Underway<'m>,
    path: &Path,
    (has_host, scheme): (bool, Option<Scheme>),
    mut wanted: Region<'m>,
) -> Option<(Region<'m>, Step)> {
    if let Some(scheme) = scheme {
        // It comes with this one now, whichever it began with.
        let asked = wanted.headers.remove(FORWARDED_PROTO);
        if asked.is_some_and(|asked| asked != scheme.as_str()) {
            return None;
        }
    }
    let begun = &at.begun;
    let mut steps = template::narrow(&unknowns(&begun.steps, &at.label), path, &wanted)?;
    let mut label = steps.pop()?;
    if matches!(&label, Step::Literal(text) if !is_label(text)) {
        return None;
    }
    let host = if has_host { begun.host } else { narrower(begun.host, wanted.host)? };
    if let HostPattern::Exact(name) = host
        && let Some((text, _)) = labelled(name)
    {
        label = label.meet(&Step::Literal(text.to_owned()))?;
    }
    let (headers, query) = (union(&begun.headers, &wanted.headers)?, union(&begun.query, &wanted.query)?);
    Some((Region { host, steps, headers, query, ..begun.clone() }, label))
}

/// All that may be unknown: the segments, and then the label.
fn unknowns(steps: &[Step], label: &Step) -> Vec<Step> {
    steps.iter().chain([label]).cloned().collect()
}
