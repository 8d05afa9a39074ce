//! Paths of sockets of this machine: `unix:/run/app.sock`.

use std::fmt;

/// What stands in front of the path.
pub const SCHEME: &str = "unix:";

/// Bytes that a path may have: `sun_path` of unix(7), less the NUL at its end.
pub const MOST: usize = 107;

/// Why a text is no path of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// It does not begin with a slash, so that where it is would depend on where the gateway is started.
    NotAbsolute,
    /// It begins with several slashes, as a URL would.
    Slashes,
    /// It ends in a slash, `.` or `..`, or has nothing else.
    Directory,
    /// There is a NUL in it.
    Nul,
    /// It has so many bytes.
    TooLong(usize),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAbsolute => f.write_str("the path of a socket begins with `/`"),
            Self::Slashes => f.write_str("the path of a socket begins with one `/`"),
            Self::Directory => f.write_str("a directory is no socket"),
            Self::Nul => f.write_str("a path has no NUL in it"),
            Self::TooLong(length) => {
                write!(f, "the path of a socket has {MOST} bytes at most, and this one {length}")
            }
        }
    }
}

/// The path in its one spelling, if the text is meant to be one: if it begins with `unix:`.
pub fn path(text: &str) -> Option<Result<String, Mistake>> {
    let path = text.strip_prefix(SCHEME)?;
    Some(if !path.starts_with('/') {
        Err(Mistake::NotAbsolute)
    } else if path.starts_with("//") {
        Err(Mistake::Slashes)
    } else if path.rsplit('/').next().is_some_and(|last| ["", ".", ".."].contains(&last)) {
        Err(Mistake::Directory)
    } else if path.contains('\0') {
        Err(Mistake::Nul)
    } else {
        let path = canonical(path);
        if path.len() > MOST { Err(Mistake::TooLong(path.len())) } else { Ok(path) }
    })
}

/// Without segments that lead nowhere (path_resolution(7)). `..` stays: in front of it may be a link to elsewhere.
fn canonical(path: &str) -> String {
    path.split('/')
        .filter(|segment| !["", "."].contains(segment))
        .flat_map(|segment| ["/", segment])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_and_fits_into_an_address() {
        assert_eq!(path("unix:/run/app.sock"), Some(Ok("/run/app.sock".to_owned())));
        assert_eq!(path("127.0.0.1:80"), None);
        let longest = format!("unix:/{}", "x".repeat(MOST - 1));
        assert_eq!(path(&longest), Some(Ok(longest[5..].to_owned())));
        for (bad, why) in [
            ("unix:", Mistake::NotAbsolute),
            ("unix:run/app.sock", Mistake::NotAbsolute),
            ("unix:@name", Mistake::NotAbsolute),
            ("unix:///run/app.sock", Mistake::Slashes),
            ("unix:/", Mistake::Directory),
            ("unix:/run/", Mistake::Directory),
            ("unix:/run/.", Mistake::Directory),
            ("unix:/run/..", Mistake::Directory),
            ("unix:/a\0b", Mistake::Nul),
            (&format!("{longest}x"), Mistake::TooLong(MOST + 1)),
        ] {
            assert_eq!(path(bad), Some(Err(why)), "{bad}");
        }
    }
    #[test]
    fn a_path_has_one_spelling() {
        for (text, one) in [
            ("unix:/run//./app.sock", "/run/app.sock"),
            ("unix:/.//run/.app", "/run/.app"),
            ("unix:/run/../app.sock", "/run/../app.sock"),
        ] {
            assert_eq!(path(text), Some(Ok(one.to_owned())));
        }
        let padded = format!("unix:/{}{}", "./".repeat(MOST), "x".repeat(MOST - 1));
        assert!(path(&padded).is_some_and(|path| path.is_ok()), "what the system is given counts");
    }
}
