//! Values of a request as other gateways write them: `$remote_addr`, `%[src]`, `{http.request.host}`. Each has one here that
//! means the same, or none.

use crate::pattern::PatternError;

/// A variable of another gateway.
pub(super) struct Variable<'t> {
    text: &'t str,
    /// What means the same here, without braces.
    ours: Option<String>,
}

/// nginx's, and those of whoever took them over.
const NGINX: [(&str, &str); 14] = [
    ("remote_addr", "client.ip"),
    ("binary_remote_addr", "client.ip"),
    ("realip_remote_addr", "client.ip"),
    ("host", "request.host"),
    ("http_host", "request.host"),
    ("server_name", "request.host"),
    ("server_port", "request.port"),
    ("scheme", "request.scheme"),
    ("request_method", "request.method"),
    ("uri", "request.path"),
    ("document_uri", "request.path"),
    ("request_uri", "request.path"),
    ("request_id", "request.id"),
    ("remote_host", "client.ip"),
];

/// What else is hardly meant as text.
const NGINX_OTHER: [&str; 10] = [
    "proxy_add_x_forwarded_for",
    "remote_user",
    "remote_port",
    "query_string",
    "args",
    "is_args",
    "request_time",
    "msec",
    "time_iso8601",
    "connection",
];

/// HAProxy's.
const HAPROXY: [(&str, &str); 5] = [
    ("src", "client.ip"),
    ("path", "request.path"),
    ("method", "request.method"),
    ("dst_port", "request.port"),
    ("unique-id", "request.id"),
];

/// Caddy's, without `http.request.`.
const CADDY: [(&str, &str); 9] = [
    ("remote.host", "client.ip"),
    ("remote_host", "client.ip"),
    ("client_ip", "client.ip"),
    ("host", "request.host"),
    ("port", "request.port"),
    ("scheme", "request.scheme"),
    ("method", "request.method"),
    ("uri.path", "request.path"),
    ("path", "request.path"),
];

/// Apache's.
const APACHE: [(&str, &str); 9] = [
    ("REMOTE_ADDR", "client.ip"),
    ("HTTP_HOST", "request.host"),
    ("SERVER_NAME", "request.host"),
    ("SERVER_PORT", "request.port"),
    ("REQUEST_SCHEME", "request.scheme"),
    ("REQUEST_METHOD", "request.method"),
    ("REQUEST_URI", "request.path"),
    ("HTTP_USER_AGENT", "header.user-agent"),
    ("HTTP_REFERER", "header.referer"),
];

fn of(table: &[(&str, &str)], name: &str) -> Option<String> {
    table.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| (*ours).to_owned())
}

/// The variable that a text begins with.
pub(super) fn variable(rest: &str) -> Option<Variable<'_>> {
    if let Some(inner) = rest.strip_prefix("%[") {
        let end = inner.find(']')?;
        let text = &rest[..end + 3];
        let (name, inner) = (inner[..end].split(',').next().unwrap_or_default(), &inner[..end]);
        let argument = name.split_once('(').map(|(_, rest)| rest.trim_end_matches(')'));
        let ours = match (name.split('(').next().unwrap_or_default(), argument) {
            ("req.hdr" | "req.fhdr" | "hdr", Some("host")) => Some("request.host".to_owned()),
            ("req.hdr" | "req.fhdr" | "hdr", Some(field)) => Some(format!("header.{field}")),
            ("req.cook" | "cook", Some(cookie)) => Some(format!("cookie.{cookie}")),
            ("url_param" | "urlp", Some(name)) => Some(format!("query.{name}")),
            (_, None) if inner == name => of(&HAPROXY, name),
            _ => None,
        };
        return Some(Variable { text, ours });
    }
    if let Some(inner) = rest.strip_prefix("%{") {
        let name = &inner[..inner.find('}')?];
        let field = name.strip_prefix("HTTP:").or_else(|| name.strip_prefix("req:"));
        let ours = of(&APACHE, name).or_else(|| field.map(|field| format!("header.{field}")));
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte);
        let is_named = !name.is_empty() && name.bytes().all(is_name);
        return is_named.then_some(Variable { text: &rest[..name.len() + 3], ours });
    }
    if let Some(inner) = rest.strip_prefix("${") {
        // Any other is a late value, or the attempt at one.
        let name = &inner[..inner.find('}')?];
        let is_group = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let ours = nginx(name);
        let text = &rest[..name.len() + 3];
        return (is_group || ours.is_some()).then_some(Variable { text, ours });
    }
    let name = rest.strip_prefix('$')?;
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    let name = &name[..name.bytes().take_while(is_word).count()];
    let ours = nginx(name);
    let is_other = NGINX_OTHER.contains(&name)
        || ["upstream_", "ssl_", "sent_http_"].iter().any(|theirs| name.starts_with(theirs));
    (ours.is_some() || is_other).then_some(Variable { text: &rest[..name.len() + 1], ours })
}

/// What means the same as this variable of nginx.
fn nginx(name: &str) -> Option<String> {
    let family = [("http_", "header."), ("arg_", "query."), ("cookie_", "cookie.")];
    let of_family = |(theirs, ours): &(&str, &str)| {
        let inner = name.strip_prefix(theirs).filter(|inner| !inner.is_empty())?;
        let inner = if *theirs == "http_" { inner.replace('_', "-") } else { inner.to_owned() };
        Some(format!("{ours}{inner}"))
    };
    of(&NGINX, name).or_else(|| family.iter().find_map(of_family))
}

/// The first variable of another gateway in a text, and what means the same.
pub(crate) fn first(text: &str) -> Option<(&str, Option<String>)> {
    let mut found = text.match_indices(['$', '%']).filter_map(|(at, _)| variable(&text[at..]));
    found.next().map(|Variable { text, ours }| (text, ours))
}

/// The first that is hardly anything else, whatever stands around it, and what means the same: `$remote_addr`, `%[src]`, but neither
/// `$host` nor `${name}`, which are also a shell's.
pub(crate) fn unmistakable(text: &str) -> Option<(&str, String)> {
    let all = text.match_indices(['$', '%']).filter_map(|(at, _)| variable(&text[at..]));
    let is_gateways = |text: &str| match text.strip_prefix('$') {
        Some(name) => name.starts_with("http_x_") || name.contains('_') && of(&NGINX, name).is_some(),
        None => text.starts_with("%["),
    };
    let mut known = all.filter_map(|Variable { text, ours }| Some((text, ours?)));
    known.find(|(text, _)| is_gateways(text))
}

impl Variable<'_> {
    /// It is at this place of the text.
    pub(super) fn error(self, text: &str, at: usize) -> PatternError {
        let range = at..at + self.text.len();
        let error =
            PatternError::new(range.clone(), format!("`{}` is a variable of another gateway", self.text));
        match self.ours {
            Some(ours) => {
                error.canonical(format!("{}{{{ours}}}{}", &text[..range.start], &text[range.end..]))
            }
            None if self.text.bytes().any(|byte| byte.is_ascii_digit()) => {
                error.help("what a path has taken has a name here: `{name}` or, last, `{*name}`")
            }
            None if self.text.ends_with("x_forwarded_for") => {
                error.help("the gateway itself adds the client to `X-Forwarded-For`; leave this out")
            }
            None => error.help("nothing here means the same"),
        }
    }
}

/// What means the same as this name in braces.
pub(super) fn braced(name: &str) -> Option<String> {
    // Caddy's of old.
    let old = [('>', "header."), ('~', "cookie."), ('?', "query.")];
    if let Some((theirs, ours)) = old.into_iter().find(|(theirs, _)| name.starts_with(*theirs)) {
        let inner = name.trim_start_matches(theirs);
        return (!inner.is_empty()).then(|| format!("{ours}{inner}"));
    }
    let theirs = name.strip_prefix("http.request.").unwrap_or(name);
    let family = [("header.", "header."), ("uri.query.", "query."), ("cookie.", "cookie.")];
    let inner = |(theirs_is, ours): &(&str, &str)| {
        theirs.strip_prefix(theirs_is).map(|inner| format!("{ours}{inner}"))
    };
    let nested = family.iter().find_map(inner).filter(|ours| ours != name);
    nested.or_else(|| of(&CADDY, theirs)).or_else(|| of(&NGINX, name))
}
