//! "Did you mean": the nearest of the known names.

/// More candidates than this are not searched; a file that large has other readers than people.
const MOST_CANDIDATES: usize = 2000;

/// The candidate which differs least from `name`, if it differs little.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(65).map(fold).collect();
    if name.is_empty() || name.len() > 64 {
        return None;
    }
    let most = (name.len() / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    let mut longer: Option<&str> = None;
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        if candidate.len() > 256 {
            continue;
        }
        let other: Vec<char> = candidate.chars().map(fold).collect();
        // `warning` for `warn`, `least-conn` for `least-connections`.
        if name.len().min(other.len()) >= 4 && (name.starts_with(&other) || other.starts_with(&name)) {
            longer = longer.or(Some(candidate));
        }
        if other.len().abs_diff(name.len()) > most {
            continue;
        }
        let distance = distance(&name, &other);
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate).or(longer)
}

/// Case and the choice of separator are the least of differences.
fn fold(char: char) -> char {
    match char {
        '_' | ' ' => '-',
        other => other.to_ascii_lowercase(),
    }
}

/// Insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
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
