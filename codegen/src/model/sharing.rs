//! What pages of other origins may do on a route.

use super::{Methods, Model, Route};
use castgate_contract::cross_origin::{Fields, NEVER_IMPLIED, Rules};
use castgate_contract::origin::{Origins, Subdomains};

/// The contract's rules, whose texts are its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    /// In order, each once; `None` is every origin.
    pub(crate) origins: Option<(Vec<String>, Vec<Subdomains<String>>)>,
    pub(crate) methods: Methods,
    pub(crate) any_field: bool,
    /// In order, each once.
    pub(crate) fields: Vec<String>,
}

impl Sharing {
    /// Whether a request may have this field, which no page can send unasked.
    pub(crate) fn has_field(&self, name: &str) -> bool {
        self.any_field && name != NEVER_IMPLIED || self.fields.iter().any(|field| field == name)
    }

    /// As compiler and gateway ask them.
    pub(crate) fn rules(&self) -> Rules<'_, String> {
        let origins = match &self.origins {
            None => Origins::Any,
            Some((exact, below)) => Origins::Of(exact, below),
        };
        Rules { origins, methods: self.methods, fields: Fields { any: self.any_field, named: &self.fields } }
    }
}

impl Route {
    /// What pages of other origins may do here; `None` if the gateway says nothing about it.
    pub(crate) fn sharing(&self, model: &Model) -> Option<Sharing> {
        self.middleware.layers(&model.policies).find_map(|layer| layer.settings.shares())
    }

    /// Whether preflights that announce its requests are its own.
    pub(crate) fn answers_preflights(&self, model: &Model) -> bool {
        self.middleware.layers(&model.policies).any(|layer| layer.facts.answers_preflights)
    }
}
