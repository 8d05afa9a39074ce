//! Failing tests as diagnostics, at their place in the config.

use super::{Trial, judge};
use crate::codes;
use crate::diagnostic::{Diagnostics, quoted};
use crate::place::Span;
use crate::source::Source;

pub(super) fn report(trials: &[Trial<'_>], source: &Source, sink: &mut Diagnostics) {
    for trial in trials.iter().filter(|trial| trial.failed()) {
        let at = &trial.test.origin.path;
        let request = quoted(&trial.test.request.to_string());
        let mut labels: Vec<(Option<Span>, String)> = Vec::new();
        let fate = match &trial.answer {
            Some(Ok(answer)) => match &answer.reason {
                Some(reason) => format!("is answered with {} ({reason})", answer.status),
                None => format!("is answered with {}", answer.status),
            },
            Some(Err(why)) => {
                labels.push((source.value_span(&at.key("request")), why.clone()));
                "is not answered".to_owned()
            }
            None => "is not sent".to_owned(),
        };
        for mismatch in &trial.mismatches {
            let span = source.value_span(&at.key("expect").key(mismatch.key));
            labels.push((span, judge::label(mismatch)));
        }
        let title = format!("a test fails against the running gateway: {request} {fate}");
        let problem = sink.error(&codes::TEST_FAILS_OUTSIDE, title);
        for (span, text) in labels {
            problem.label(span, text);
        }
    }
}
