//! Where redirects could lead back to, whatever the texts of their parameters.
//!
//! A path of which some segments are unknown is sent from redirect to redirect. Wherever its next place can be what
//! another route matches, the unknown segments become what that route wants; when a route comes for the second time,
//! the requests that are left of those it began with are tried.
//!
//! It only finds candidates. That one of them never ends is seen by following it through the table.

use super::follow;
use super::template::{self, Atom, Path};
use crate::model::{Route, Target};
use crate::pattern::{HostPattern, ParamKind, Segment};
use crate::table::{Answer, End, Fresh, Neighbours, Region, Request, Step, Table, narrower, union};

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
    /// All requests that get here.
    begun: Region<'m>,
    path: Path,
    /// `None`: the host it began with.
    host: Option<HostPattern>,
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
        let whole = Region::of(route);
        if let Some(found) = self.follow(route, &whole) {
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
            if path.iter().flatten().all(|atom| matches!(atom, Atom::Text(_))) {
                continue;
            }
            let underway = Underway { begun, path, host: None, trail: vec![number] };
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
        let mut atoms = template::render(&redirect.to, &at.path);
        let Some(Atom::Text(beginning)) = atoms.first_mut() else { return None };
        // A scheme, a host and a slash are written out, or the host is not known.
        let (host, target) = follow::split(model, beginning)?;
        let host = match host.map(HostPattern::parse) {
            Some(host) => Some(host.ok()?),
            None => at.host.clone(),
        };
        *beginning = if target.is_empty() { "/".to_owned() } else { target.to_owned() };
        let path = template::split(atoms);
        let here = Region {
            host: host.as_ref().unwrap_or(at.begun.host),
            steps: template::steps(&path),
            ..Region::of_path("/")
        };
        for number in self.neighbours.meeting(&here) {
            let Some(next) = model.routes.get(number) else { continue };
            if !matches!(next.target, Target::Redirect(_)) || self.pairs >= MOST_PAIRS {
                continue;
            }
            self.pairs += 1;
            let Some(begun) = narrowed(&at.begun, &path, host.is_some(), next) else { continue };
            let path = path.iter().map(|segment| template::filled_in(segment, &begun.steps)).collect();
            let mut trail = at.trail.clone();
            trail.push(number);
            let found = if at.trail.contains(&number) {
                self.follow(first, &begun)
            } else if trail.len() <= MOST_REDIRECTS {
                self.sent_on(first, &Underway { begun, path, host: host.clone(), trail })
            } else {
                None
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Follows the plainest requests of a region, those of them that the route takes.
    fn follow(
        &mut self,
        route: &'m Route,
        region: &Region<'m>,
    ) -> Option<(Request, Vec<(&'m Route, Request)>)> {
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

/// Those of the requests that get to the next route.
fn narrowed<'m>(begun: &Region<'m>, path: &Path, has_host: bool, next: &'m Route) -> Option<Region<'m>> {
    let wanted = Region::of(next);
    let steps = template::narrow(&begun.steps, path, &wanted)?;
    let host = if has_host { begun.host } else { narrower(begun.host, wanted.host)? };
    let (headers, query) = (union(&begun.headers, &wanted.headers)?, union(&begun.query, &wanted.query)?);
    Some(Region { host, steps, headers, query, ..begun.clone() })
}
