//! A request, as far as routes look at it.

use crate::diagnostic::quoted;
use crate::field;
use crate::model::{HeaderPredicate, QueryPredicate, Route};
use castgate_contract::authority::Authority;
#[cfg(feature = "cli")]
use castgate_contract::cross_origin::Headers as _;
use castgate_contract::cross_origin::{self, Preflight};
use castgate_contract::path::{self, Disputed};
use castgate_contract::{host, query};
use std::fmt;
use std::net::IpAddr;

/// A request: method, host, path, query, header fields, and perhaps from whom it comes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    method: String,
    /// Lower case, without port and trailing dot; empty if there is none.
    host: String,
    port: Option<u16>,
    /// As written.
    raw_path: String,
    /// Canonical.
    path: String,
    /// What it is matched as, if that is another text.
    matched_path: Option<String>,
    disputed: Disputed,
    query: Option<String>,
    headers: Vec<(String, String)>,
    client_ip: Option<IpAddr>,
}

impl Request {
    /// Reads `GET http://api.example.com/users?debug=1`, or `GET /users` for a host which no route names.
    ///
    /// The error is one line without a full stop.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (method, target) = line
            .trim()
            .split_once(' ')
            .map(|(method, target)| (method, target.trim()))
            .ok_or("expected a method and a target: `GET http://host/path`")?;
        if !field::is_token(method) {
            return Err(format!("{} is not a method", quoted(method)));
        }
        if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return Err(format!("methods are in capitals: `{}`", method.to_ascii_uppercase()));
        }
        if target.contains([' ', '#']) {
            return Err("a target has neither spaces nor a fragment".to_owned());
        }
        let (host, target) = match target.split_once("://") {
            Some(("http" | "https", rest)) => {
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                (rest.get(..end).unwrap_or_default(), rest.get(end..).unwrap_or_default())
            }
            _ if target.starts_with('/') => ("", target),
            _ if target == "*" => {
                return Err(
                    "`*` is the gateway itself, which answers `OPTIONS *`; no route gets it".to_owned()
                );
            }
            _ => return Err("expected a target such as `http://host/path` or `/path`".to_owned()),
        };
        if host.contains('@') {
            return Err("a URL with a user in it is not sent to a gateway; leave out what is before the `@`"
                .to_owned());
        }
        if !host.is_empty() {
            Authority::parse(host).map_err(|message| format!("the host {}: {message}", quoted(host)))?;
        }
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        Self::new(method, host, path, query, Vec::new()).map_err(str::to_owned)
    }

    /// A request in parts; the host may have a port, and the path need not be canonical.
    pub fn new(
        method: &str,
        host: &str,
        path: &str,
        query: Option<&str>,
        headers: Vec<(String, String)>,
    ) -> Result<Self, &'static str> {
        let path::Canonical { text, disputed, is_spelled } = path::canonical(path)?;
        Ok(Self {
            method: method.to_owned(),
            host: String::from_utf8_lossy(host::name(host.as_bytes())).to_ascii_lowercase(),
            port: host::port(host.as_bytes()),
            raw_path: path.to_owned(),
            matched_path: is_spelled.then(|| path::matched(&text)),
            disputed,
            path: text.into_owned(),
            query: query.map(str::to_owned),
            headers,
            client_ip: None,
        })
    }

    /// A request whose parts are in canonical form already.
    pub(super) fn plain(
        method: &str,
        host: &str,
        path: &str,
        query: Option<String>,
        headers: Vec<(String, String)>,
    ) -> Self {
        let (method, host, path) = (method.to_owned(), host.to_owned(), path.to_owned());
        let (raw_path, disputed) = (path.clone(), Disputed::NOTHING);
        let (matched_path, client_ip) = (None, None);
        Self { method, host, port: None, raw_path, path, matched_path, disputed, query, headers, client_ip }
    }

    /// The request with one more header field.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// The request to this host, which may have a port.
    pub fn with_host(self, host: &str) -> Result<Self, &'static str> {
        let client_ip = self.client_ip;
        let moved = Self::new(&self.method, host, &self.raw_path, self.query.as_deref(), self.headers)?;
        Ok(Self { client_ip, ..moved })
    }

    /// The request with this method, whatever it had.
    pub(crate) fn with_method(&self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self.clone() }
    }

    /// The request for this path; `None` if that is none.
    pub(crate) fn with_path(&self, path: &str) -> Option<Self> {
        let headers = self.headers.clone();
        Self::new(&self.method, &self.authority(), path, self.query.as_deref(), headers).ok()
    }

    /// The request as it comes from this client.
    pub fn from_client(self, client_ip: IpAddr) -> Self {
        Self { client_ip: Some(client_ip), ..self }
    }

    /// The client's address, as the gateway knows it; `None`: nobody asks for it.
    pub fn client_ip(&self) -> Option<IpAddr> {
        self.client_ip
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The host in lower case, without port; empty if there is none.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that was written behind the host.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Host and port, as a `Host` says them.
    pub fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    /// The canonical path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What routes are matched with: the canonical path, without parameters of segments and needless escapes.
    pub fn matched_path(&self) -> &str {
        self.matched_path.as_deref().unwrap_or(&self.path)
    }

    /// What of the path others may read differently.
    pub fn disputed(&self) -> Disputed {
        self.disputed
    }

    /// Path and query as written.
    pub fn target(&self) -> String {
        self.query
            .as_ref()
            .map_or_else(|| self.raw_path.clone(), |query| format!("{}?{query}", self.raw_path))
    }

    /// The query, without `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Header fields; names are in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    pub(super) fn raw_path(&self) -> &str {
        &self.raw_path
    }

    /// What it announces, if it is a preflight.
    pub(crate) fn preflight(&self) -> Option<Preflight<'_, Self>> {
        Some(self).filter(|request| request.method == "OPTIONS").and_then(Preflight::of)
    }

    /// The request that a preflight announces, as far as it says; any other is itself.
    #[cfg(feature = "cli")]
    pub(crate) fn announced(&self) -> Self {
        let method = self
            .preflight()
            .and_then(|_| Some(String::from_utf8_lossy(self.lines(cross_origin::METHOD).next()?)));
        Self {
            method: method.map_or_else(|| self.method.clone(), |method| method.into_owned()),
            ..self.clone()
        }
    }

    /// Whether it has all header fields and query parameters which the route asks for.
    pub fn has_fields_of(&self, route: &Route) -> bool {
        route.headers.iter().all(|wanted| self.has_header(wanted))
            && route.query.iter().all(|wanted| self.has_parameter(wanted))
    }

    /// The first line of the field counts.
    pub(super) fn has_header(&self, wanted: &HeaderPredicate) -> bool {
        let HeaderPredicate { name, value } = wanted;
        let first = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name.as_str()));
        first.is_some_and(|(_, text)| text == value)
    }

    /// The first of its name counts.
    pub(crate) fn has_parameter(&self, wanted: &QueryPredicate) -> bool {
        self.query.as_ref().is_some_and(|query| query::has(query, &wanted.name, &wanted.value))
    }

    /// The first query parameter of this name, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let value: Vec<u8> = query::decoded(query::first(self.query.as_deref()?, name)?).collect();
        Some(String::from_utf8_lossy(&value).into_owned())
    }
}

impl cross_origin::Headers for Request {
    fn lines(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        let lines = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        lines.map(|(_, value)| value.as_bytes())
    }
}

/// As one would write it: `GET http://host/path?query`.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.method)?;
        if !self.host.is_empty() {
            write!(f, "http://{}", self.authority())?;
        }
        f.write_str(&self.target())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_lines_are_read() {
        let request = Request::parse("GET http://API.Example.com:8080/a/../b?x=1%20+2&x=3").unwrap();
        assert_eq!((request.method(), request.host(), request.path()), ("GET", "api.example.com", "/b"));
        assert_eq!(request.parameter("x").as_deref(), Some("1  2"));
        assert_eq!(Request::parse("GET /").unwrap().host(), "");
        assert_eq!(Request::parse("GET http://a?x").unwrap().path(), "/");
        for bad in [
            "",
            "GET",
            "get /",
            "GET users",
            "GET ftp://a/",
            "OPTIONS *",
            "GET /a b",
            "GET /a#b",
            "GET /%zz",
            "GET http://u:p@a/",
            "GET http://h:99999/",
            "GET http://256.1.1.1/",
            "GET http://[::1/",
        ] {
            assert!(Request::parse(bad).is_err(), "{bad}");
        }
    }
}
