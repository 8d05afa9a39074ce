//! The Prometheus text format, as far as tests need to read it.

use std::collections::BTreeMap;

/// One line of an exposition.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name, with a histogram's `_bucket`, `_sum` or `_count`.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// An exposition.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Every sample, in order.
    pub samples: Vec<Sample>,
    /// `# TYPE` of every family.
    pub types: BTreeMap<String, String>,
    /// `# HELP` of every family.
    pub help: BTreeMap<String, String>,
}

impl Metrics {
    /// Panics at the first line that is not in the format.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let mut metrics = Self { samples: Vec::new(), types: BTreeMap::new(), help: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.is_empty()) {
            let about = |kind: &str| {
                let (name, rest) = line.strip_prefix(kind)?.split_once(' ')?;
                Some((name.to_owned(), rest.to_owned()))
            };
            if let Some((name, kind)) = about("# TYPE ") {
                metrics.types.insert(name, kind);
            } else if let Some((name, help)) = about("# HELP ") {
                metrics.help.insert(name, help);
            } else if !line.starts_with('#') {
                match sample(line) {
                    Some(sample) => metrics.samples.push(sample),
                    None => panic!("not a sample: {line:?}"),
                }
            }
        }
        metrics
    }

    /// The sum of all samples of this name that have these labels, among others.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).map(|sample| sample.value).sum()
    }

    /// The value of the one sample of this name that has these labels; `None` when there are none or several.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut matching = self.matching(name, labels);
        matching.next().filter(|_| matching.next().is_none()).map(|sample| sample.value)
    }

    /// All samples of this name that have these labels, among others.
    pub fn matching<'m>(
        &'m self,
        name: &'m str,
        labels: &'m [(&'m str, &'m str)],
    ) -> impl Iterator<Item = &'m Sample> {
        let has = |sample: &Sample| {
            labels.iter().all(|(name, value)| sample.labels.get(*name).is_some_and(|v| v == value))
        };
        self.samples.iter().filter(move |sample| sample.name == name && has(sample))
    }
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, quoted) = rest.split_once("=\"")?;
            let (value, after) = quoted_value(quoted)?;
            labels.insert(label.to_owned(), value);
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    let value = rest.trim().split(' ').next()?.parse().ok()?;
    Some(Sample { name: name.to_owned(), labels, value })
}

/// Up to the closing quote, and what is behind it.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some((value, &text[at + 1..])),
            (_, '\\') => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            (_, other) => value.push(other),
        }
    }
}
