//! "Did you mean": the nearest of the known names.

/// More candidates than this are not searched; a file that large has other readers than people.
const MOST_CANDIDATES: usize = 2000;

/// The candidate which differs least from `name`, if it differs little.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = folded(name);
    let length = name.chars().count();
    if !(1..=64).contains(&length) {
        return None;
    }
    let most = (length / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    let mut longer: Option<&str> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        if candidate.len() > 256 {
            continue;
        }
        let other = folded(candidate);
        let other_length = other.chars().count();
        // `warning` for `warn`, `least-conn` for `least-connections`.
        if length.min(other_length) >= 4 && (name.starts_with(&other) || other.starts_with(&name)) {
            longer = longer.or(Some(candidate));
        }
        if other_length.abs_diff(length) > most {
            continue;
        }
        // Insertions, deletions, replacements and swaps of neighbours.
        let distance = strsim::osa_distance(&name, &other);
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate).or(longer)
}

/// Case and the choice of separator are the least of differences.
fn folded(text: &str) -> String {
    text.replace(['_', ' '], "-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["round-robin", "random", "least-connections"];
        assert_eq!(nearest("least_connection", known), Some("least-connections"));
        assert_eq!(nearest("roundrobin", known), Some("round-robin"));
        assert_eq!(nearest("Random", known), Some("random"));
        assert_eq!(nearest("maglev", known), None);
        assert_eq!(nearest("least-conn", known), Some("least-connections"));
        assert_eq!(nearest("usres", ["users", "orders"]), Some("users"));
        assert_eq!(nearest("", known), None);
    }
}
