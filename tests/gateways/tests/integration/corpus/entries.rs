//! The entries of `tests/corpus/requests`: bytes of a client, and what must come of them. `tests/corpus/README.md` has the syntax.

use std::path::{Path, PathBuf};
use std::{fs, mem};

use super::outcome::Expected;

/// One request, or several, on one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// The config of the gateway that it is sent to.
    pub(crate) gateway: String,
    pub(crate) bytes: Vec<u8>,
    /// The client says after its bytes that nothing more will come (FIN).
    pub(crate) finishes: bool,
    pub(crate) right: Expected,
    /// What comes as long as it is wrong.
    pub(crate) today: Option<Expected>,
    /// What the backend must get: method, target and body of each request.
    pub(crate) arrives: Vec<(String, String, Vec<u8>)>,
    place: Place,
}

/// Where the file says what is expected.
#[derive(Clone, Debug, Default)]
struct Place {
    file: PathBuf,
    /// The line that `today:` comes after, from 0.
    anchor: usize,
    today: Option<usize>,
}

/// An entry as its lines say it, with a hole where its cases differ.
#[derive(Default)]
struct Template {
    name: String,
    text: String,
    finishes: bool,
    common: Case,
    cases: Vec<Case>,
}

#[derive(Clone, Default)]
struct Case {
    fill: String,
    right: Option<Expected>,
    today: Option<Expected>,
    arrives: Vec<(String, String, Vec<u8>)>,
    place: Place,
}

/// All entries of a directory, in the order of the files' names.
pub(crate) fn read(directory: &Path) -> Vec<Entry> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| parse(file, &fs::read_to_string(file).unwrap())).collect()
}

/// The entries of one file; panics with the line that is none.
fn parse(file: &Path, text: &str) -> Vec<Entry> {
    let (mut entries, mut gateway) = (Vec::new(), "proxy".to_owned());
    let mut template = Template::default();
    for (number, line) in text.lines().enumerate() {
        let wrong = |what: &str| -> ! { panic!("{}:{}: {what}: {line:?}", file.display(), number + 1) };
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        let case = template.cases.last_mut().unwrap_or(&mut template.common);
        match sign {
            "" | "#" => {}
            "gateway:" => gateway = rest.to_owned(),
            _ if line.starts_with('[') && line.ends_with(']') => {
                entries.extend(mem::take(&mut template).entries(&gateway));
                template.name = line[1..line.len() - 1].to_owned();
            }
            ">" => template.text.push_str(&format!("{rest}\\r\\n")),
            "|" => template.text.push_str(rest),
            "!" if rest == "fin" => template.finishes = true,
            "*" => template.cases.push(Case {
                fill: rest.to_owned(),
                place: Place { file: file.to_owned(), anchor: number, today: None },
                ..Case::default()
            }),
            "=" => {
                case.right = Some(Expected::parse(rest).unwrap_or_else(|| wrong("no outcome")));
                case.place = Place { file: file.to_owned(), anchor: number, today: None };
            }
            "today:" => {
                case.today = Some(Expected::parse(rest).unwrap_or_else(|| wrong("no outcome")));
                case.place.today = Some(number);
            }
            "<" => {
                let mut words = rest.splitn(3, ' ');
                let mut word = || words.next().unwrap_or_default();
                case.arrives.push((word().to_owned(), word().to_owned(), unescape(word())));
            }
            _ => wrong("no line of an entry"),
        }
    }
    entries.extend(template.entries(&gateway));
    entries
}

impl Template {
    fn entries(self, gateway: &str) -> Vec<Entry> {
        let Self { name, text, finishes, common, cases } = self;
        if name.is_empty() {
            return Vec::new();
        }
        assert!(cases.is_empty() || text.contains("{}"), "[{name}] has cases and no hole");
        let cases = if cases.is_empty() { vec![common.clone()] } else { cases };
        let entry = |case: Case| Entry {
            name: if case.fill.is_empty() { name.clone() } else { format!("{name}: {}", case.fill) },
            gateway: gateway.to_owned(),
            bytes: unescape(&text.replace("{}", &case.fill)),
            finishes,
            right: case.right.or(common.right.clone()).unwrap_or_else(|| panic!("[{name}] expects nothing")),
            today: case.today,
            arrives: if case.arrives.is_empty() { common.arrives.clone() } else { case.arrives },
            place: case.place,
        };
        cases.into_iter().map(entry).collect()
    }
}

impl Entry {
    /// Whether the first request is one that gets no body back.
    pub(crate) fn method(&self) -> String {
        let line = self.bytes.trim_ascii_start();
        line.iter().take_while(|byte| byte.is_ascii_uppercase()).map(|&byte| byte as char).collect()
    }

    /// Whether its client knows nothing of connections that stay open.
    pub(crate) fn is_of_http_1_0(&self) -> bool {
        self.bytes.windows(11).any(|window| window == b" HTTP/1.0\r\n")
    }

    /// Whether a head comes to its end.
    pub(crate) fn has_a_head(&self) -> bool {
        self.bytes.windows(4).any(|window| window == b"\r\n\r\n")
    }

    /// For a person who looks for it.
    pub(crate) fn place(&self) -> String {
        let file = self.place.file.file_name().unwrap_or_default().to_string_lossy();
        format!("{file}:{} [{}]", self.place.anchor + 1, self.name)
    }
}

/// Writes into the files what comes today, where that is not what is right; of what is right, nothing is said.
pub(crate) fn rewrite<'e>(observed: impl Iterator<Item = (&'e Entry, Option<String>)>) {
    let mut changes: Vec<(PathBuf, usize, Option<usize>, Option<String>)> =
        observed.map(|(e, today)| (e.place.file.clone(), e.place.anchor, e.place.today, today)).collect();
    // From the end, so that the numbers of lines stay true.
    changes.sort_by(|a, b| b.cmp(a));
    for (file, anchor, old, today) in changes {
        let text = fs::read_to_string(&file).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        old.map(|number| lines.remove(number));
        if let Some(today) = today {
            lines.insert(anchor + 1, format!("today: {today}"));
        }
        fs::write(&file, lines.join("\n") + "\n").unwrap();
    }
}

/// `\r`, `\n`, `\t`, `\s` (a space), `\0`, `\\`, `\x7f`, and `\{text*3}`, three times a text.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let mut length = 1;
        match escape.bytes().next() {
            Some(b'r') => bytes.push(b'\r'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b's') => bytes.push(b' '),
            Some(b'0') => bytes.push(0),
            Some(b'\\') => bytes.push(b'\\'),
            Some(b'x') => {
                bytes.push(u8::from_str_radix(&escape[1..3], 16).unwrap());
                length = 3;
            }
            Some(b'{') => {
                let end = escape.find('}').unwrap_or_else(|| panic!("no end of \\{escape}"));
                let (text, times) = escape[1..end].rsplit_once('*').unwrap();
                bytes.extend(unescape(text).repeat(times.parse().unwrap()));
                length = end + 1;
            }
            _ => panic!("no escape: \\{escape}"),
        }
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

#[test]
fn escapes_and_cases_become_bytes() {
    let text = "[two]\n> GET /{} HTTP/1.1\n>\n| a\\x7f\\{\\r\\n*2}\n= 200 open\n* a\n* b\n= 400|431 close\n\
                today: 200 open\n< GET /b\n\n[one]\n| x\n! fin\n= - close\n";
    let entries = parse(Path::new("x"), text);
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["two: a", "two: b", "one"]);
    assert_eq!(entries[0].bytes, b"GET /a HTTP/1.1\r\n\r\na\x7f\r\n\r\n");
    assert!(entries[0].today.is_none() && entries[1].today.is_some() && entries[2].finishes);
    assert_eq!(entries[1].arrives, [("GET".to_owned(), "/b".to_owned(), Vec::new())]);
}
