//! Families of series that are put together from what several policies add to them. Cold path: strings are made here.

use std::collections::BTreeMap;

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

/// The series of all policies, by family.
#[derive(Debug, Default)]
pub struct Families(BTreeMap<&'static str, Family>);

#[derive(Debug)]
struct Family {
    help: &'static str,
    kind: Kind,
    series: BTreeMap<Vec<(String, String)>, u64>,
}

/// What the numbers of a family are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    /// The place of the state that holds, among these values of this label.
    States(&'static str, &'static [&'static str]),
}

impl Families {
    /// Adds to a counter.
    pub fn counter(&mut self, name: &'static str, help: &'static str, labels: &[(&str, &str)], value: u64) {
        self.merge((name, help), Kind::Counter, labels, |sum| *sum += value);
    }

    /// Adds to a gauge.
    pub fn gauge(&mut self, name: &'static str, help: &'static str, labels: &[(&str, &str)], value: u64) {
        self.merge((name, help), Kind::Gauge, labels, |sum| *sum += value);
    }

    /// A gauge for each of `states`, as values of `label`: 1 for the one at the place `holds`, 0 for the others (OpenMetrics calls
    /// it a state set). Of several with the same labels the one that stands last in the list holds: put the worst there.
    pub fn states(
        &mut self,
        (name, help): (&'static str, &'static str),
        labels: &[(&str, &str)],
        (label, states): (&'static str, &'static [&'static str]),
        holds: usize,
    ) {
        self.merge((name, help), Kind::States(label, states), labels, |last| {
            *last = (*last).max(holds as u64)
        });
    }

    fn merge(
        &mut self,
        (name, help): (&'static str, &'static str),
        kind: Kind,
        labels: &[(&str, &str)],
        merge: impl FnOnce(&mut u64),
    ) {
        let new = || Family { help, kind, series: BTreeMap::new() };
        let family = self.0.entry(name).or_insert_with(new);
        if family.kind != kind {
            tracing::error!(
                name,
                "two policies mean something else by one name of a metric: a defect of the gateway"
            );
            return;
        }
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        merge(family.series.entry(labels).or_default());
    }

    /// As the `prometheus` crate wants them.
    pub(crate) fn into_families(self) -> impl Iterator<Item = MetricFamily> {
        self.0.into_iter().map(|(name, Family { help, kind, series })| {
            let series = series.iter().flat_map(|(labels, &value)| {
                let labels = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                samples(kind, labels, value)
            });
            let of = if kind == Kind::Counter { MetricType::COUNTER } else { MetricType::GAUGE };
            family(name, help, of, series.collect())
        })
    }
}

fn samples(kind: Kind, mut labels: Vec<(&str, &str)>, value: u64) -> Vec<Metric> {
    match kind {
        Kind::Counter => vec![counter(&labels, value as f64)],
        Kind::Gauge => vec![gauge(&labels, value as f64)],
        Kind::States(label, states) => {
            let numbered = (0..).zip(states);
            let sample = |(place, state): (u64, &&'static str)| {
                labels.push((label, *state));
                let sample = gauge(&labels, f64::from(u8::from(place == value)));
                labels.pop();
                sample
            };
            numbered.map(sample).collect()
        }
    }
}

pub(crate) fn family(name: &str, help: &str, kind: MetricType, samples: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(samples);
    family
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> Vec<LabelPair> {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    pairs.iter().map(pair).collect()
}

pub(crate) fn counter(pairs: &[(&str, &str)], value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    let mut metric = Metric::from_label(labels(pairs));
    metric.set_counter(counter);
    metric
}

pub(crate) fn gauge(pairs: &[(&str, &str)], value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut metric = Metric::from_label(labels(pairs));
    metric.set_gauge(gauge);
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(families: Families) -> Vec<String> {
        let labels = |metric: &Metric| -> String {
            metric.get_label().iter().map(|pair| format!(" {}={}", pair.name(), pair.value())).collect()
        };
        let value = |metric: &Metric| match metric.get_counter().get_value() {
            0.0 => metric.get_gauge().get_value(),
            value => value,
        };
        let lines = |family: MetricFamily| -> Vec<String> {
            family
                .get_metric()
                .iter()
                .map(|metric| format!("{}{} {}", family.name(), labels(metric), value(metric)))
                .collect()
        };
        families.into_families().flat_map(lines).collect()
    }

    #[test]
    fn who_adds_to_a_series_that_is_there_adds_up() {
        let mut families = Families::default();
        for (of, value) in [("b", 1), ("a", 2), ("b", 3)] {
            families.counter("misses", "Misses.", &[("of", of)], value);
        }
        families.gauge("misses", "Not these.", &[], 7);
        families.gauge("entries", "Entries.", &[], 4);
        families.gauge("entries", "Entries.", &[], 5);
        assert_eq!(text(families), ["entries 9", "misses of=a 2", "misses of=b 4"]);
    }

    #[test]
    fn of_several_states_the_last_of_the_list_holds() {
        const STATES: (&str, &[&str]) = ("state", &["well", "ill", "dead"]);
        let mut families = Families::default();
        for (of, holds) in [("a", 1), ("b", 0), ("a", 0), ("b", 2), ("a", 1)] {
            families.states(("state_of", "How it is."), &[("of", of)], STATES, holds);
        }
        let expected = [
            "a state=well 0",
            "a state=ill 1",
            "a state=dead 0",
            "b state=well 0",
            "b state=ill 0",
            "b state=dead 1",
        ];
        assert_eq!(text(families), expected.map(|line| format!("state_of of={line}")));
    }
}
