//! Origins of pages, as browsers write them: `https://app.example.com`; and `https://*.example.com` for those below a name.

use super::PatternError;
use castgate_contract::authority::{Authority, is_numeric};
use std::fmt;
use std::net::Ipv6Addr;

/// One origin, or several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OriginPattern {
    /// `*`: every origin.
    Any,
    /// `null`: of files, of frames in a sandbox, and of others that have none to tell.
    Null,
    /// This one.
    Exact(String),
    /// Those below a name.
    Subdomains {
        /// `https`
        scheme: String,
        /// `example.com`, or `example.com:8443`.
        parent: String,
    },
}

/// Schemes whose origins browsers write without this port.
const PORTS: [(&str, u16); 2] = [("http", 80), ("https", 443)];

impl OriginPattern {
    /// Parses an origin as written; nothing is accepted that no browser would send.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let whole = 0..text.len();
        if text.trim() != text {
            return Err(
                PatternError::new(whole, "an origin has no spaces at its ends").canonical(text.trim())
            );
        }
        match text {
            "*" => return Ok(Self::Any),
            "null" => return Ok(Self::Null),
            _ => {}
        }
        if !text.is_ascii() {
            return Err(PatternError::new(whole, "an origin is ASCII")
                .help("write an internationalised name in its punycode form (`xn--..`)"));
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(PatternError::new(whole, "browsers write origins in lower case")
                .canonical(text.to_ascii_lowercase()));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            let error = PatternError::new(whole, "an origin begins with its scheme");
            let is_host = !text.is_empty() && !text.contains([' ', '(', '^', '\\']);
            return Err(if is_host { error.canonical(format!("https://{text}")) } else { error });
        };
        check_scheme(scheme, rest)?;
        let start = scheme.len() + 3;
        if let Some(at) = rest.find(['/', '?', '#']) {
            return Err(PatternError::new(
                start + at..text.len(),
                "an origin ends with its host or its port",
            )
            .canonical(&text[..start + at]));
        }
        if let Some((user, host)) = rest.split_once('@') {
            return Err(PatternError::new(start..start + user.len() + 1, "an origin has no user")
                .canonical(format!("{scheme}://{host}")));
        }
        let (below, name) = match rest.strip_prefix("*.") {
            Some(name) => ("*.", name),
            None => ("", rest),
        };
        let start = start + below.len();
        if let Some(at) = name.find('*') {
            let error =
                PatternError::new(start + at..start + at + 1, "`*` stands only for whole labels in front");
            return Err(error.help("write `https://*.example.com`; each scheme and each port is written out"));
        }
        let Authority { host, port } =
            Authority::parse(name).map_err(|message| PatternError::new(start..text.len(), message))?;
        let is_address = host.parse::<Ipv6Addr>().is_ok();
        if !below.is_empty() && (is_address || is_numeric(&host)) {
            return Err(PatternError::new(start..text.len(), "an address has no names below it"));
        }
        let host = if is_address { format!("[{host}]") } else { host };
        if port.is_some_and(|port| PORTS.contains(&(scheme, port))) {
            let error =
                PatternError::new(start + host.len()..text.len(), "browsers leave the scheme's own port out");
            return Err(error.canonical(format!("{scheme}://{below}{host}")));
        }
        let parent = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        if parent != name {
            let error = PatternError::new(start..text.len(), "browsers write this in another way");
            return Err(error.canonical(format!("{scheme}://{below}{parent}")));
        }
        let scheme = scheme.to_owned();
        Ok(if below.is_empty() { Self::Exact(text.to_owned()) } else { Self::Subdomains { scheme, parent } })
    }

    /// Whether whoever is on the way can be such a page: it comes by plain HTTP, and not from the user's own machine.
    pub(crate) fn is_plain(&self) -> bool {
        let parent = match self {
            Self::Any | Self::Null => return false,
            Self::Exact(text) => text.strip_prefix("http://"),
            Self::Subdomains { scheme, parent } => Some(parent.as_str()).filter(|_| scheme == "http"),
        };
        let host = parent.and_then(|text| Authority::parse(text).ok()).map(|authority| authority.host);
        host.is_some_and(|host| {
            let is_local = host == "localhost" || host.ends_with(".localhost");
            let ip = host.parse::<std::net::IpAddr>();
            !is_local && !ip.is_ok_and(|ip| ip.is_loopback())
        })
    }
}

/// Of pages which send requests.
fn check_scheme(scheme: &str, rest: &str) -> Result<(), PatternError> {
    let here = 0..scheme.len();
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    match scheme {
        "file" => Err(PatternError::new(0..scheme.len() + 3 + rest.len(), "the origin of a file is `null`")
            .help("`null` is also the origin of a frame of anybody's page; serve the file by HTTP")),
        "ws" | "wss" => Err(PatternError::new(here, "a page comes by `http` or `https`")
            .canonical(format!("{}://{rest}", scheme.replace("ws", "http")))),
        _ if !is_scheme => Err(PatternError::new(here, "this is not a scheme")
            .help("write one entry for `https://` and, if need be, another for `http://`")),
        _ => Ok(()),
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Null => f.write_str("null"),
            Self::Exact(text) => f.write_str(text),
            Self::Subdomains { scheme, parent } => write!(f, "{scheme}://*.{parent}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::mended;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in [
            "*",
            "null",
            "https://example.com",
            "http://localhost:3000",
            "https://*.example.com",
            "https://*.example.com:8443",
            "https://[::1]:8443",
            "http://127.0.0.1:8080",
            "https://xn--bcher-kva.example",
            "http://a_b",
            "http://a:443",
            "capacitor://localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ] {
            assert_eq!(OriginPattern::parse(good).map(|origin| origin.to_string()), Ok(good.to_owned()));
        }
    }

    #[test]
    fn what_no_browser_sends_is_mended() {
        for (bad, mend) in [
            ("https://example.com/", Some("https://example.com")),
            ("https://example.com/a?b#c", Some("https://example.com")),
            ("HTTPS://Example.com", Some("https://example.com")),
            ("https://example.com:443", Some("https://example.com")),
            ("http://*.example.com:80", Some("http://*.example.com")),
            ("https://example.com:08443", Some("https://example.com:8443")),
            ("https://[0:0::1]", Some("https://[::1]")),
            ("https://u:p@example.com", Some("https://example.com")),
            ("example.com", Some("https://example.com")),
            ("*.example.com:8443/", Some("https://*.example.com:8443")),
            ("wss://example.com", Some("https://example.com")),
            (" NULL ", Some("null")),
            ("https://*", None),
            ("https://*example.com", None),
            ("https://a.*.example.com", None),
            ("https://example.com:*", None),
            ("https://*.127.0.0.1", None),
            ("https://*.[::1]", None),
            ("*://example.com", None),
            ("https?://example.com", None),
            ("file:///a.html", None),
            ("https://b\u{fc}cher.example", None),
            ("https://", None),
            ("https://a b", None),
            ("https://1.2.3", None),
            ("https://example.com:99999", None),
            ("^https://.*$", None),
            ("", None),
        ] {
            let error = OriginPattern::parse(bad).unwrap_err();
            assert!(error.range.end <= bad.len(), "{bad}: {error:?}");
            assert_eq!(mended(&error, OriginPattern::parse).as_deref(), mend, "{bad}: {error:?}");
        }
    }

    #[test]
    fn a_plain_page_is_one_that_others_can_change_on_the_way() {
        let is_plain = |text| OriginPattern::parse(text).unwrap().is_plain();
        assert!(is_plain("http://a.com") && is_plain("http://*.a.com:8080") && is_plain("http://10.0.0.1"));
        for fine in [
            "https://a.com",
            "http://localhost:3000",
            "http://a.localhost",
            "http://127.0.0.9",
            "http://[::1]:1",
            "*",
            "null",
        ] {
            assert!(!is_plain(fine), "{fine}");
        }
    }
}
