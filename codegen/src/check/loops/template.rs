//! Paths of which some segments are not known: what a redirect makes of them, and what they have to be for a route to
//! match.

use super::follow::ANY;
use crate::model::{Part, Piece, Source};
use crate::table::{End, Region, Step};
use castgate_contract::template::Prefix;

/// A part of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Atom {
    Text(String),
    /// The text of this segment of the path it began with, or behind the last one, of the label of its host, and then of the values
    /// that the client chooses.
    Unknown(usize),
}

/// A path, segment by segment; the last one is empty if it ends in a slash.
pub(super) type Path = Vec<Vec<Atom>>;

/// The path of these segments as it is at the beginning.
pub(super) fn start(steps: &[Step]) -> Path {
    let atom = |(place, step): (usize, &Step)| match step {
        Step::Literal(text) => Atom::Text(text.clone()),
        Step::Free(_) => Atom::Unknown(place),
    };
    steps.iter().enumerate().map(|step| vec![atom(step)]).collect()
}

/// What is known of a client that is sent on.
pub(super) struct Known<'a> {
    pub(super) path: &'a Path,
    pub(super) label: Atom,
    /// Of each value that it chooses: where it is among the unknown.
    pub(super) chosen: &'a dyn Fn(&Source) -> Option<Atom>,
}

/// The template for this client, as one text.
pub(super) fn render(parts: &[Part], known: &Known<'_>) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for part in parts {
        match part {
            Part::Late(Piece::Literal(text)) => atoms.push(Atom::Text(text.clone())),
            Part::Late(_) => {}
            Part::Request(Source::Segment { number, .. }) => {
                atoms.extend(known.path.get(usize::from(*number)).into_iter().flatten().cloned());
            }
            Part::Request(Source::Label { .. }) => atoms.push(known.label.clone()),
            Part::Request(Source::Rest { number, .. }) => {
                atoms.extend(joined(known.path.iter().skip(usize::from(*number))));
            }
            Part::Request(Source::Path) => {
                atoms.push(Atom::Text("/".to_owned()));
                atoms.extend(joined(known.path.iter()));
            }
            Part::Request(source) => {
                atoms.push((known.chosen)(source).unwrap_or_else(|| Atom::Text(ANY.to_owned())));
            }
        }
    }
    atoms
}

fn joined<'p>(segments: impl Iterator<Item = &'p Vec<Atom>>) -> Vec<Atom> {
    let slash = |number| (number > 0).then(|| Atom::Text("/".to_owned()));
    segments
        .enumerate()
        .flat_map(|(number, segment)| slash(number).into_iter().chain(segment.iter().cloned()))
        .collect()
}

/// The path with another beginning.
pub(super) fn with_prefix(prefix: &Prefix<String>, path: &Path) -> Path {
    let put = prefix.put.split('/').skip(1).map(|segment| vec![Atom::Text(segment.to_owned())]);
    let made: Path = put.chain(path.iter().skip(prefix.taken).cloned()).collect();
    // Nothing at all is the root.
    if made.is_empty() { vec![Vec::new()] } else { made }
}

/// A text that begins with a slash as a path, without query and fragment.
pub(super) fn split(atoms: Vec<Atom>) -> Path {
    let mut path: Path = Vec::new();
    'all: for atom in atoms {
        let Atom::Text(text) = atom else {
            path.last_mut().into_iter().for_each(|segment| segment.push(atom.clone()));
            continue;
        };
        let end = text.find(['?', '#']);
        let known = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
        for (number, part) in known.split('/').enumerate() {
            if number > 0 {
                // Of several slashes one counts.
                path.pop_if(|segment| segment.is_empty());
                path.push(Vec::new());
            }
            if let Some(segment) = path.last_mut().filter(|_| !part.is_empty()) {
                segment.push(Atom::Text(part.to_owned()));
            }
        }
        if end.is_some() {
            break 'all;
        }
    }
    path
}

/// What a path may be, whatever the unknown segments are.
pub(super) fn steps(path: &Path) -> Vec<Step> {
    let step = |segment: &Vec<Atom>| match text(segment) {
        Some(text) => Step::Literal(text),
        None => Step::Free(crate::pattern::ParamKind::Any),
    };
    path.iter().map(step).collect()
}

/// The text of a segment that is known.
fn text(segment: &[Atom]) -> Option<String> {
    let texts = segment.iter().map(|atom| match atom {
        Atom::Text(text) => Some(text.as_str()),
        Atom::Unknown(_) => None,
    });
    texts.collect()
}

/// Narrows what the path and the label began with, `begun`, so that `path` is one of `wanted`; `None` if it never is.
pub(super) fn narrow(begun: &[Step], path: &Path, wanted: &Region<'_>) -> Option<Vec<Step>> {
    let next = path.get(wanted.steps.len());
    match wanted.end {
        End::Here if next.is_some() => return None,
        End::Below if next.is_none_or(|next| next.is_empty()) => return None,
        End::Here | End::Anywhere | End::Below => {}
    }
    let mut begun = begun.to_vec();
    for (place, wanted) in wanted.steps.iter().enumerate() {
        let segment = filled_in(path.get(place)?, &begun);
        match (segment.as_slice(), wanted) {
            ([Atom::Unknown(place)], wanted) => {
                let step = begun.get_mut(*place)?;
                *step = step.meet(wanted)?;
            }
            (segment, Step::Free(kind)) => {
                // A text of which a part is unknown may be of any kind; whether it is, the table knows.
                if text(segment).is_some_and(|text| !kind.accepts(&text)) {
                    return None;
                }
            }
            (segment, Step::Literal(wanted)) => {
                let (place, between) = match solve(segment, wanted)? {
                    Solved::Known => continue,
                    Solved::Unknown(place, between) => (place, between),
                };
                let step = begun.get_mut(place)?;
                *step = step.meet(&Step::Literal(between))?;
            }
        }
    }
    Some(begun)
}

/// The segment with what has become known of it.
pub(super) fn filled_in(segment: &[Atom], begun: &[Step]) -> Vec<Atom> {
    let atom = |atom: &Atom| match atom {
        Atom::Unknown(place) => match begun.get(*place) {
            Some(Step::Literal(text)) => Atom::Text(text.clone()),
            _ => atom.clone(),
        },
        Atom::Text(_) => atom.clone(),
    };
    segment.iter().map(atom).collect()
}

enum Solved {
    /// There is nothing unknown in it.
    Known,
    /// This has to be that.
    Unknown(usize, String),
}

/// What the one unknown part of a segment has to be for the segment to be `wanted`. Of several, none is guessed.
fn solve(segment: &[Atom], wanted: &str) -> Option<Solved> {
    if let Some(text) = text(segment) {
        return (text == wanted).then_some(Solved::Known);
    }
    let place = segment.iter().position(|atom| matches!(atom, Atom::Unknown(_)))?;
    let (before, after) = (text(&segment[..place])?, text(&segment[place + 1..])?);
    let between = wanted.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
    match segment[place] {
        Atom::Unknown(unknown) if !between.is_empty() => Some(Solved::Unknown(unknown, between.to_owned())),
        _ => None,
    }
}
