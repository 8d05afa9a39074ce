//! Places of keys whose section may be laid over another.

use super::Cx;
use crate::source::ConfigPath;

/// Where a section was written: its fields may come from the route or from the top level.
#[derive(Debug, Clone)]
pub(crate) struct At {
    own: ConfigPath,
    base: Option<ConfigPath>,
}

impl From<ConfigPath> for At {
    /// Of a section that is laid over nothing.
    fn from(own: ConfigPath) -> Self {
        Self { own, base: None }
    }
}

impl At {
    /// Of a section that is laid over another.
    pub(crate) fn over(own: ConfigPath, base: Option<ConfigPath>) -> Self {
        Self { own, base }
    }

    /// Where the field `key` was written.
    pub(crate) fn key(&self, cx: &Cx<'_>, key: &str) -> ConfigPath {
        let own = self.own.key(key);
        let base = self.base.as_ref().map(|base| base.key(key));
        base.filter(|base| !cx.source.is_written(&own) && cx.source.is_written(base)).unwrap_or(own)
    }

    /// A section within this one.
    pub(crate) fn section(&self, key: &str) -> Self {
        Self { own: self.own.key(key), base: self.base.as_ref().map(|base| base.key(key)) }
    }

    /// Reports that the section lacks a key.
    pub(crate) fn missing(&self, cx: &mut Cx<'_>, key: &str, help: &str) {
        // A key which is there but could not be read has been reported.
        let is_written = |section: &&ConfigPath| !cx.source.is_absent(section, key);
        let written = std::iter::once(&self.own).chain(&self.base).find(is_written);
        cx.missing(written.unwrap_or(&self.own), key, help);
    }
}
