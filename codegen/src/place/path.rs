//! The way to a value of the config.

use std::fmt;

/// The way to a value: `routes[2].upstream`, `upstreams."a.b".backends[0]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigPath(String);

impl ConfigPath {
    /// The whole file.
    pub fn root() -> Self {
        Self::default()
    }

    /// The value of `key` in the map at this path.
    pub fn key(&self, key: &str) -> Self {
        let is_plain =
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let mut path = String::with_capacity(self.0.len() + key.len() + 3);
        path.push_str(&self.0);
        if !path.is_empty() {
            path.push('.');
        }
        if is_plain {
            path.push_str(key);
        } else {
            path.push_str(&format!("{key:?}"));
        }
        Self(path)
    }

    /// The entry of this index in the list at this path.
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The section or list around this path.
    pub(crate) fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        Some(Self(self.0[..self.last_step()].to_owned()))
    }

    /// This path, the section around it, and so on to the root.
    pub(crate) fn and_parents(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The path of the same value if what is at `old` moves to `new`.
    pub(crate) fn moved(&self, old: &Self, new: &Self) -> Self {
        self.0.strip_prefix(old.as_str()).map_or_else(|| self.clone(), |rest| Self(format!("{new}{rest}")))
    }

    /// The key or the index of the value within the section or list around it, as it is written in the path.
    pub(crate) fn last(&self) -> &str {
        self.0[self.last_step()..].trim_start_matches('.')
    }

    /// Where the last step begins, with its separator.
    fn last_step(&self) -> usize {
        // A key in quotes may have separators of its own.
        let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
        for (at, byte) in self.0.bytes().enumerate() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_quoted => is_escaped = true,
                b'"' => is_quoted = !is_quoted,
                b'.' | b'[' if !is_quoted => start = at,
                _ => {}
            }
        }
        start
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ConfigPath;

    #[test]
    fn paths_are_written_as_people_write_them() {
        let path = ConfigPath::root().key("routes").index(2).key("upstream");
        assert_eq!(path.as_str(), "routes[2].upstream");
        assert_eq!(ConfigPath::root().key("upstreams").key("a.b").as_str(), "upstreams.\"a.b\"");
    }

    #[test]
    fn every_path_leads_to_the_root() {
        let path = ConfigPath::root().key("a.b").index(2).key("c\"[.\\").key("d");
        let parents: Vec<String> = path.and_parents().map(|path| path.to_string()).collect();
        assert_eq!(
            parents,
            [r#""a.b"[2]."c\"[.\\".d"#, r#""a.b"[2]."c\"[.\\""#, r#""a.b"[2]"#, r#""a.b""#, ""]
        );
        let lasts: Vec<String> = path.and_parents().map(|path| path.last().to_owned()).collect();
        assert_eq!(lasts, ["d", r#""c\"[.\\""#, "[2]", r#""a.b""#, ""]);
    }

    #[test]
    fn what_moves_takes_along_what_is_in_it() {
        let routes = ConfigPath::root().key("routes");
        let moved = routes.index(1).key("host").moved(&routes.index(1), &routes.index(12));
        assert_eq!(moved.as_str(), "routes[12].host");
    }
}
