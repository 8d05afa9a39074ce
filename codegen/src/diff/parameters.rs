//! Parameters of paths and hosts by their places: what one is called is nobody's business but the config's, and of
//! another path the same name may be another segment.

use crate::model::{Part, RequestText, Route, Source, Target};
use crate::plan::Value;
use std::collections::BTreeMap;

/// What the names in some texts stand for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places(BTreeMap<String, String>);

impl Places {
    /// Of what the route itself answers, whose texts have no names then.
    pub(super) fn of_route(route: &mut Route) -> Self {
        let mut places = Self::default();
        if let Target::Respond(respond) = &mut route.target {
            let headers = respond.headers.iter_mut().map(|(_, value)| value);
            headers.chain([&mut respond.body]).for_each(|text| places.take(text));
        }
        places
    }

    /// Of a policy, whose texts have no names then.
    pub(super) fn of_policy(policy: &mut Value) -> Self {
        let mut places = Self::default();
        policy.each_text(&mut |text| places.take(text));
        places
    }

    /// Puts the places into the text, and keeps the names.
    fn take(&mut self, text: &mut RequestText) {
        for part in &mut text.parts {
            let Part::Request(source) = part else { continue };
            let place = match source {
                Source::Segment { number, .. } => format!("segment {}", usize::from(*number) + 1),
                Source::Rest { number, .. } => format!("all from segment {}", usize::from(*number) + 1),
                Source::Label { .. } => "the label of the host".to_owned(),
                _ => continue,
            };
            if let Source::Segment { name, .. } | Source::Rest { name, .. } | Source::Label { name } = source
            {
                self.0.insert(std::mem::replace(name, place.clone()), place);
            }
        }
    }

    /// For people, behind a text that does not say it.
    pub(super) fn shown(&self) -> String {
        let places: Vec<String> =
            self.0.iter().map(|(name, place)| format!("{{{name}}} is {place}")).collect();
        if places.is_empty() { String::new() } else { format!(", where {}", places.join(", ")) }
    }
}
