//! What comes of an entry: the answers, and how the connection goes on.

use std::fmt;

/// How a connection goes on after the answers that were expected on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The next request is answered, and with its own answer.
    Open,
    /// It closes, and the last answer has said so.
    Close,
    /// It closes and nobody was told.
    Silent,
    /// It answers more than was asked.
    Extra,
    /// Nothing comes, and it does not close.
    Waits,
}

const ENDS: [(&str, End); 5] = [
    ("open", End::Open),
    ("close", End::Close),
    ("silent", End::Silent),
    ("extra", End::Extra),
    ("waits", End::Waits),
];

/// What has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// 1xx included.
    pub(crate) statuses: Vec<u16>,
    pub(crate) end: End,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.statuses.is_empty() {
            f.write_str("- ")?;
        }
        self.statuses.iter().try_for_each(|status| write!(f, "{status} "))?;
        let (name, _) = ENDS.iter().find(|(_, end)| *end == self.end).unwrap();
        f.write_str(name)
    }
}

/// What may come: `400|431 close`, `100? 200`, `- close`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    text: String,
    answers: Vec<Answer>,
    /// Any of them is good if none is named.
    end: Option<End>,
}

#[derive(Clone, Debug)]
struct Answer {
    /// One of them.
    statuses: Vec<u16>,
    may_be_missing: bool,
}

impl Expected {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut expected = Self { text: text.to_owned(), ..Self::default() };
        for word in text.split_whitespace().filter(|word| *word != "-") {
            if let Some((_, end)) = ENDS.iter().find(|(name, _)| *name == word) {
                expected.end = Some(*end);
                continue;
            }
            let (statuses, may_be_missing) =
                word.strip_suffix('?').map_or((word, false), |word| (word, true));
            let statuses = statuses.split('|').map(|status| status.parse().ok()).collect::<Option<_>>()?;
            expected.answers.push(Answer { statuses, may_be_missing });
        }
        Some(expected)
    }

    /// How many answers there are at most, 1xx left out.
    pub(crate) fn most(&self) -> usize {
        self.answers.iter().filter(|answer| answer.statuses.iter().all(|&status| status >= 200)).count()
    }

    pub(crate) fn holds(&self, outcome: &Outcome) -> bool {
        let mut statuses = outcome.statuses.iter().peekable();
        let come = self.answers.iter().all(|answer| {
            statuses.next_if(|status| answer.statuses.contains(status)).is_some() || answer.may_be_missing
        });
        let end = match self.end {
            Some(end) => end == outcome.end,
            None => matches!(outcome.end, End::Open | End::Close),
        };
        come && statuses.next().is_none() && end
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[test]
fn an_outcome_is_what_was_expected_or_not() {
    let outcome = |statuses: &[u16], end| Outcome { statuses: statuses.to_vec(), end };
    let holds = |text: &str, outcome: &Outcome| Expected::parse(text).unwrap().holds(outcome);
    assert!(holds("400|431 close", &outcome(&[431], End::Close)));
    assert!(!holds("400|431 close", &outcome(&[431], End::Silent)));
    assert!(!holds("400|431 close", &outcome(&[400, 200], End::Close)));
    assert!(holds("100? 200", &outcome(&[200], End::Open)));
    assert!(holds("100? 200", &outcome(&[100, 200], End::Close)));
    assert!(!holds("200", &outcome(&[100, 200], End::Close)));
    assert!(!holds("200", &outcome(&[200], End::Extra)));
    assert!(holds("- close", &outcome(&[], End::Close)));
    assert!(Expected::parse("what").is_none());
}
