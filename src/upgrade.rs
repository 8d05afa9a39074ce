//! Switching a connection to another protocol (RFC 9110 section 7.8): what a route allows, and what of that a request asks for.
//! What is not allowed is no error: the field ends at this hop as it always does, and the request is answered in HTTP/1.1.

use http::{Method, Version};

use crate::fields::Fields;
use crate::tunnel::Open;

/// The token of the WebSocket protocol, which begins with a GET without a body (RFC 6455 section 4.1).
const WEBSOCKET: &str = "websocket";

/// What a connection may switch to on a route, and who carries it then. Generated code has one where a config lets a route switch, and
/// names tunnels nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Upgrades {
    /// The protocols, in lower case.
    pub tokens: &'static [&'static str],
    /// What becomes of a connection that has switched.
    pub tunnels: &'static dyn Open,
}

/// What a request asks for, and may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The protocol, as the backend is asked for it.
    pub(crate) token: &'static str,
    pub(crate) tunnels: &'static dyn Open,
}

impl Upgrades {
    /// What of all this a request asks for: of its own order the first that it may have.
    #[cold]
    pub(crate) fn asked(
        &self,
        (method, version): (&Method, Version),
        has_body: bool,
        fields: &Fields,
    ) -> Option<Asked> {
        // HTTP/1.0 knows no upgrade, and without the option in `Connection` somebody on the way has passed on what was not meant for us.
        let is_meant = || fields.connection_options().any(|option| option.eq_ignore_ascii_case(b"upgrade"));
        if version != Version::HTTP_11 || !is_meant() {
            return None;
        }
        let may_begin = |token: &str| token != WEBSOCKET || *method == Method::GET && !has_body;
        let allowed = |asked: &[u8]| {
            let is_asked = |token: &&&str| token.as_bytes().eq_ignore_ascii_case(asked) && may_begin(token);
            self.tokens.iter().find(is_asked).copied()
        };
        let lines = fields.get_all("upgrade");
        let asked = lines.flat_map(|line| line.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        let token = asked.into_iter().find_map(allowed)?;
        Some(Asked { token, tunnels: self.tunnels })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue, header};

    use super::*;
    use crate::tunnel::Tunnels;

    const TWO: Upgrades = Upgrades { tokens: &["name/2", "websocket"], tunnels: Tunnels::OPENED };

    fn asked(method: Method, lines: &[(HeaderName, &'static str)]) -> Option<&'static str> {
        let mut fields = Fields::default();
        for (name, value) in lines {
            fields.append(name, &HeaderValue::from_static(value));
        }
        let has_body = fields.contains(header::CONTENT_LENGTH);
        TWO.asked((&method, Version::HTTP_11), has_body, &fields).map(|asked| asked.token)
    }

    #[test]
    fn the_first_that_may_be_had_is_asked_for() {
        use header::{CONNECTION, CONTENT_LENGTH, UPGRADE};
        let meant = (CONNECTION, "keep-alive, Upgrade");
        let get = |lines: &[(HeaderName, &'static str)]| asked(Method::GET, lines);
        assert_eq!(get(&[meant.clone(), (UPGRADE, "WebSocket")]), Some("websocket"));
        assert_eq!(get(&[meant.clone(), (UPGRADE, "h2c, websocket, name/2")]), Some("websocket"));
        assert_eq!(get(&[meant.clone(), (UPGRADE, "h2c"), (UPGRADE, ", Name/2,websocket")]), Some("name/2"));
        // A version is a part of the name, and so is what only looks like one.
        for other in
            ["h2c", "websocket/13", "name", "name/20", "websocketx", "web socket", "\"websocket\"", "", ","]
        {
            assert_eq!(get(&[meant.clone(), (UPGRADE, other)]), None, "{other}");
        }
        assert_eq!(get(&[(UPGRADE, "websocket")]), None);
        assert_eq!(get(&[(CONNECTION, "close, xupgrade"), (UPGRADE, "websocket")]), None);
        assert_eq!(get(std::slice::from_ref(&meant)), None);
        // A WebSocket begins with a GET and no body; what others begin with is theirs to say.
        let with_body = [meant.clone(), (UPGRADE, "websocket, name/2"), (CONTENT_LENGTH, "1")];
        assert_eq!(get(&with_body), Some("name/2"));
        assert_eq!(asked(Method::POST, &[meant.clone(), (UPGRADE, "websocket")]), None);
        assert_eq!(asked(Method::POST, &[meant, (UPGRADE, "name/2")]), Some("name/2"));
    }

    #[test]
    fn http_1_0_asks_for_nothing() {
        let mut fields = Fields::default();
        fields.append(&header::CONNECTION, &HeaderValue::from_static("upgrade"));
        fields.append(&header::UPGRADE, &HeaderValue::from_static("websocket"));
        assert!(TWO.asked((&Method::GET, Version::HTTP_10), false, &fields).is_none());
    }
}
