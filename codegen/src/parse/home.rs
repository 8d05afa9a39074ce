//! Where a key lives that was written somewhere else.

use crate::language::Section;
use crate::language::gateway::Gateway;
use crate::place::ConfigPath;

/// The sections that have this key, in words. Of several, those in the part of the file where it was written, if there
/// are any, and of these the ones closest to the top: the others have the same name by chance.
pub(super) fn of(key: &str, written: &ConfigPath) -> Option<String> {
    let root = ConfigPath::root();
    let mut homes = Vec::new();
    Gateway::META.each(|at, known| homes.extend((known.name == key).then(|| at.clone())));
    if homes.contains(&root) {
        return Some("at the top level".to_owned());
    }
    let part = |path: &ConfigPath| path.as_str().split(['.', '[']).next().map(str::to_owned);
    let rank = |home: &ConfigPath| (part(home) != part(written), home.and_parents().count());
    let first = homes.iter().map(rank).min()?;
    let nearest = homes.iter().filter(|home| rank(home) == first);
    Some(nearest.map(|home| format!("in `{home}`")).collect::<Vec<_>>().join(" or "))
}
