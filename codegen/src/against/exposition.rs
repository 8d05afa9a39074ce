//! The text format of Prometheus, as far as counters and `gateway_build_info` need it.

/// A line of a family.
#[derive(Debug, PartialEq)]
pub(super) struct Sample<'t> {
    labels: Vec<(&'t str, String)>,
    pub(super) value: f64,
}

impl Sample<'_> {
    /// The value of a label.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    }
}

/// The samples of this name, in order. A line that is not in the format is none.
pub(super) fn samples<'t>(text: &'t str, name: &str) -> impl Iterator<Item = Sample<'t>> {
    text.lines().filter_map(move |line| sample(line.strip_prefix(name)?))
}

/// What follows the name: `{route="a",status="200"} 3`, ` 3`.
fn sample(text: &str) -> Option<Sample<'_>> {
    let mut labels = Vec::new();
    let mut rest = text;
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, quoted) = rest.split_once("=\"")?;
            let (value, after) = unquoted(quoted)?;
            labels.push((label, value));
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = rest.strip_prefix('}')?;
    }
    let value = rest.strip_prefix(' ')?.split(' ').next()?.parse().ok()?;
    Some(Sample { labels, value })
}

/// Up to the closing quote, and what is behind it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some((value, text.get(at + 1..)?)),
            (_, '\\') => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            (_, other) => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_those_of_the_name_alone() {
        let text = "# HELP a Some.\n# TYPE a counter\na{route=\"x\",status=\"200\"} 3\na_b{route=\"x\"} 4\n\
                    a{route=\"y, \\\"}\\\\\\n\",} 5 1700000000\na 6\na{route=\"cut\na{} 7\na{route=\"z\"} many\n";
        let found: Vec<_> = samples(text, "a").collect();
        let values: Vec<f64> = found.iter().map(|sample| sample.value).collect();
        assert_eq!(values, [3.0, 5.0, 6.0, 7.0]);
        assert_eq!((found[0].label("route"), found[0].label("status")), (Some("x"), Some("200")));
        assert_eq!(found[1].label("route"), Some("y, \"}\\\n"));
        assert_eq!(found[2].label("route"), None);
    }
}
