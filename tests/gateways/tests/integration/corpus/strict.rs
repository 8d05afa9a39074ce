//! Requests of a gateway as RFC 9112 has them, and not a byte else. A peer of the gateway may read anything that is not exactly so in
//! its own way, so nothing that is not exactly so may reach it. Written for the tests alone: it shares no code with the gateway.

/// One whole request.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in small letters, values as they came.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) trailers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How many bytes it takes.
    pub(crate) length: usize,
}

impl Parsed {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(field, _)| field == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// Why there is no request at the beginning of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Not {
    /// It has not come as a whole.
    Yet,
    /// What has come is none.
    Request(String),
}

fn no(what: impl Into<String>) -> Not {
    Not::Request(what.into())
}

/// The request at the beginning of these bytes.
pub(crate) fn request(bytes: &[u8]) -> Result<Parsed, Not> {
    let end = find(bytes, b"\r\n\r\n").ok_or(Not::Yet)?;
    let text = latin1(&bytes[..end]);
    let mut lines = text.split("\r\n");
    let (method, target) = request_line(lines.next().unwrap_or_default())?;
    let fields = lines.map(field).collect::<Result<Vec<_>, _>>()?;
    let mut parsed =
        Parsed { method, target, fields, trailers: Vec::new(), body: Vec::new(), length: end + 4 };
    let (codings, lengths) = (parsed.all("transfer-encoding"), parsed.all("content-length"));
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => {}
        (["chunked"], []) => chunks(bytes, &mut parsed)?,
        ([], [length]) => {
            let is_number = !length.is_empty() && length.len() < 19 && is_all(length, |c| c.is_ascii_digit());
            let length = length.parse::<usize>().ok().filter(|_| is_number);
            let length = length.ok_or_else(|| no(format!("a length of {lengths:?}")))?;
            let body = bytes.get(parsed.length..parsed.length + length).ok_or(Not::Yet)?;
            parsed.body = body.to_vec();
            parsed.length += length;
        }
        _ => return Err(no(format!("codings {codings:?} and lengths {lengths:?}"))),
    }
    Ok(parsed)
}

fn request_line(line: &str) -> Result<(String, String), Not> {
    let words: Vec<&str> = line.split(' ').collect();
    let &[method, target, "HTTP/1.1"] = words.as_slice() else {
        return Err(no(format!("a request line {line:?}")));
    };
    let is_target = (target.starts_with('/') || (method == "OPTIONS" && target == "*"))
        && is_all(target, |c| ('\x21'..='\x7e').contains(&c) && c != '#')
        && !target.split('?').next().unwrap_or_default().contains('\\');
    if is_token(method) && is_target {
        Ok((method.to_owned(), target.to_owned()))
    } else {
        Err(no(format!("a request line {line:?}")))
    }
}

fn field(line: &str) -> Result<(String, String), Not> {
    let (name, value) = line.split_once(": ").ok_or_else(|| no(format!("a field line {line:?}")))?;
    let is_value =
        value.trim_matches([' ', '\t']) == value && is_all(value, |c| c == '\t' || (c >= ' ' && c != '\x7f'));
    if is_token(name) && is_value {
        Ok((name.to_ascii_lowercase(), value.to_owned()))
    } else {
        Err(no(format!("a field line {line:?}")))
    }
}

fn chunks(bytes: &[u8], parsed: &mut Parsed) -> Result<(), Not> {
    loop {
        let line = line(bytes, parsed)?;
        let is_size = !line.is_empty() && line.len() < 16 && is_all(&line, |c| c.is_ascii_hexdigit());
        let size = usize::from_str_radix(&line, 16).ok().filter(|_| is_size);
        let size = size.ok_or_else(|| no(format!("a chunk of {line:?}")))?;
        if size == 0 {
            break;
        }
        let data = bytes.get(parsed.length..parsed.length + size).ok_or(Not::Yet)?;
        parsed.body.extend_from_slice(data);
        parsed.length += size;
        let after = bytes.get(parsed.length..parsed.length + 2).ok_or(Not::Yet)?;
        if after != b"\r\n" {
            return Err(no(format!("{after:?} after a chunk")));
        }
        parsed.length += 2;
    }
    loop {
        let line = line(bytes, parsed)?;
        if line.is_empty() {
            return Ok(());
        }
        parsed.trailers.push(field(&line)?);
    }
}

fn line(bytes: &[u8], parsed: &mut Parsed) -> Result<String, Not> {
    let rest = &bytes[parsed.length..];
    let end = find(rest, b"\r\n").ok_or(Not::Yet)?;
    parsed.length += end + 2;
    Ok(latin1(&rest[..end]))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| byte as char).collect()
}

fn is_all(text: &str, good: impl Fn(char) -> bool) -> bool {
    text.chars().all(good)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && is_all(text, |c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

#[test]
fn what_is_exactly_a_request_is_one() {
    for (bytes, body) in [
        ("GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n", ""),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\nX:\x20\r\n\r\n", ""),
        ("POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi", "hi"),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n",
            "hi!",
        ),
    ] {
        let parsed = request(bytes.as_bytes()).unwrap();
        assert_eq!((parsed.body.as_slice(), parsed.length), (body.as_bytes(), bytes.len()), "{bytes:?}");
        for cut in 0..bytes.len() {
            assert_eq!(request(&bytes.as_bytes()[..cut]).err(), Some(Not::Yet), "{cut} of {bytes:?}");
        }
    }
}

#[test]
fn what_is_almost_a_request_is_none() {
    for bytes in [
        "GET / HTTP/1.0\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n\r\n",
        "GET /#a HTTP/1.1\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\0\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: +2\r\n\r\nhi",
        "GET / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        "GET / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;a\r\nhi\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi!\r\n0\r\n\r\n",
    ] {
        let error = request(bytes.chars().map(|c| c as u8).collect::<Vec<_>>().as_slice()).err();
        assert!(matches!(error, Some(Not::Request(_))), "{bytes:?}: {error:?}");
    }
}
