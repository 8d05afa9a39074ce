//! Mistakes: something else where a value was, a key too many, one that is missing, and YAML that is none.

use super::Choices;
use super::yaml::Node;

/// One to three mistakes anywhere in a tree.
pub(super) fn in_tree(choices: &mut Choices<'_>, tree: &mut Node) {
    for _ in 0..choices.between(1, 3) {
        one_in_tree(choices, tree);
    }
}

/// A mistake anywhere in a tree.
pub(super) fn one_in_tree(choices: &mut Choices<'_>, tree: &mut Node) {
    let target = choices.below(size(tree));
    if let Some(node) = nth(tree, target) {
        one(choices, node);
    }
}

/// What people write who come from other programs, or in a hurry: keys, and values which are wrong for them.
const SLIPS: [(&str, &[&str]); 24] = [
    (
        "path",
        &[
            "api",
            "/a\\b",
            " /d",
            "/d ",
            "/a//b",
            "/caf\u{e9}/x",
            "/a%7eb",
            "/a%2fb",
            "^/api/.*$",
            "/users/[0-9]+",
            "/x/[a-z]+",
            "/x/\\d+",
            "/x/(a|b)",
            "/x/.*",
            "/{id:int}/x",
            "/x/<id>",
            "/x/<int:id>",
            "/x/{id...}",
            "/x/{**rest}",
            "/x/{rest*}",
            "/x/{*}",
            "/x/*",
            "/x/:id",
            "/x/{id}.png",
            "/a?b=1",
            "http://a.com/x",
            "/a b",
            "/a/../b",
            "/%",
            "",
            "/x/{id:[0-9]+}",
            "/x/${id}",
            "/x/$1",
        ],
    ),
    (
        "host",
        &[
            "*",
            "*.",
            "http://a.com",
            "https://a.com/",
            "a.com:80",
            "a.com.",
            "a..b",
            "http://",
            "*a.com",
            ".a.com",
            "a.com/x",
            "A.com.:80",
            "b\u{fc}cher.de",
            "[::1]",
            "",
            " a.com",
            "*.*.com",
            "localhost:",
            "{x}.a.com",
            "~^a",
        ],
    ),
    (
        "methods",
        &[
            "get",
            "GET, POST",
            "GET,POST",
            "GET POST",
            "GET|POST",
            "ANY",
            "ALL",
            "*",
            "any",
            "TRACE",
            "GTE",
            "",
            "get, post",
            "GET, TRACE",
        ],
    ),
    ("match", &["Exact", "regex", "prefx", "true", ""]),
    (
        "timeout",
        &[
            "5", "1h30m", "5 sec", "1:30", "1.5", "5seconds", "5S", "0s", "500d", "${env:T}", "none", "off",
            "-5s", "", "1e3", "1m 30s", " 5s", "5 s",
        ],
    ),
    (
        "rewrite",
        &["v2", "http://x/y", "", "/a b", "/a?b=1", "$1", "/$1", "/{nope}", "{id}", "/a\\b", " /d", "//x"],
    ),
    ("strip_prefix", &["", "/", "api", "/nope", "/{id}", "*", " /api"]),
    (
        "listen",
        &[
            "8080",
            ":8080",
            "localhost:8080",
            "127.0.0.1",
            "*:80",
            "http://0.0.0.0:80",
            "0.0.0.0",
            "localhost",
            "[::]",
            "::",
            "99999",
            "",
            "0.0.0.0:8080 ",
            "tcp://:80",
        ],
    ),
    ("log_level", &["loud", "warning", "INFO", "true", "3", "infos", ""]),
    ("strategy", &["roundrobin", "round_robin", "least_conn", "maglev", "Random", ""]),
    ("workers", &["0", "Auto", "many", "4096", "4.5", ""]),
    ("rate", &["100", "100 / s", "5 rps", "100/sec", "1.5/s", "0/s", "100/d", "", "100 /s", "r/s"]),
    ("burst", &["\"5\"", "5.0", "1e3", "many", "-1", "0"]),
    ("failure_ratio", &["0.5", "50", "50 %", "120%", "half", "0,5"]),
    ("upstream", &["userz", "", "Users", "user"]),
    (
        "url",
        &[
            "localhost:9001",
            "https://a",
            "http://a/",
            "http://a/x",
            "a",
            "",
            " http://a",
            "http://a:0",
            "tcp://a:1",
        ],
    ),
    ("keys", &["secret", "${API_KEYS}", "$API_KEYS", "${env:K", "", "${env:K:-x}"]),
    ("header", &["X Key", "x-key:", "", "Host"]),
    ("key", &["ip", "client-ip", "header", "header: x", "client_ip ", "headers:x"]),
    ("weight", &["\"2\"", "2.0", "1_000", "007", "-1", "1001", "heavy"]),
    ("backup", &["yes", "on", "\"true\"", "1", "True", "no"]),
    ("body", &["10", "10mb", "10M", "1.5.5MiB", "10 MiB", "10mib", "unlimited"]),
    ("status", &["\"308\"", "200", "999", "3o8", "404.0"]),
    ("trusted_proxies", &["10.0.0.0/8", "10.0.0.1/8"]),
];

/// Such a value in the place of one that was right.
pub(super) fn slip(choices: &mut Choices<'_>, tree: &mut Node) {
    let mut places = Vec::new();
    values(tree, &mut places);
    if places.is_empty() {
        return one_in_tree(choices, tree);
    }
    let place = choices.below(places.len());
    let (slips, node) = places.swap_remove(place);
    let text = choices.pick(slips);
    let wrong = if choices.chance(50) { Node::plain(text) } else { Node::text(text) };
    // Without quotes a few of them would be another YAML.
    let is_odd = text.is_empty()
        || text.contains([':', '#', '[', ']', '{', '}', '*', ',', '%', '|', ' ', '"', '\\', '~']);
    let wrong = if is_odd && !text.starts_with('"') { Node::text(text) } else { wrong };
    match node {
        Node::List(list) if !list.is_empty() && choices.chance(60) => {
            let index = choices.below(list.len());
            list[index] = wrong;
        }
        node => *node = wrong,
    }
}

/// The values that such a slip is known for.
fn values<'t>(node: &'t mut Node, found: &mut Vec<(&'static [&'static str], &'t mut Node)>) {
    match node {
        Node::Plain(_) | Node::Text(_) => {}
        Node::List(list) => list.iter_mut().for_each(|value| values(value, found)),
        Node::Map(map) => {
            for (key, value) in map {
                match SLIPS.iter().find(|(known, _)| known == key) {
                    Some((_, slips)) => found.push((slips, value)),
                    None => values(value, found),
                }
            }
        }
    }
}

fn size(node: &Node) -> usize {
    1 + match node {
        Node::Plain(_) | Node::Text(_) => 0,
        Node::List(list) => list.iter().map(size).sum(),
        Node::Map(map) => map.iter().map(|(_, value)| size(value)).sum(),
    }
}

/// The node of this number, counted from the root.
fn nth(node: &mut Node, number: usize) -> Option<&mut Node> {
    let Some(mut left) = number.checked_sub(1) else { return Some(node) };
    let values: Vec<&mut Node> = match node {
        Node::Plain(_) | Node::Text(_) => Vec::new(),
        Node::List(list) => list.iter_mut().collect(),
        Node::Map(map) => map.iter_mut().map(|(_, value)| value).collect(),
    };
    for value in values {
        let size = size(value);
        if left < size {
            return nth(value, left);
        }
        left -= size;
    }
    None
}

fn one(choices: &mut Choices<'_>, node: &mut Node) {
    match node {
        Node::Map(map) if !map.is_empty() && choices.chance(70) => {
            let index = choices.below(map.len());
            match choices.below(5) {
                0 => drop(map.remove(index)),
                1 => map[index].0.push_str(choices.pick(&["s", "_", "\u{0}", " ", "\u{e9}"])),
                2 => drop(map[index].0.pop()),
                3 => map.push(map[index].clone()),
                _ => {
                    let key = choices
                        .pick(&["include", "tls", "<<", "", "path", "upstream", "respond", "x"])
                        .to_owned();
                    map.push((key, other(choices)));
                }
            }
        }
        Node::List(list) if !list.is_empty() && choices.chance(70) => {
            let index = choices.below(list.len());
            match choices.below(3) {
                0 => drop(list.remove(index)),
                1 => list.push(list[index].clone()),
                _ => list[index] = other(choices),
            }
        }
        Node::Text(text) if choices.chance(50) => {
            text.push_str(
                choices.pick(&["${env:X}", "${", "\u{0}", "\u{9b}1m", "/", "*", "{", "\u{e9}", "\r\n", " "]),
            );
        }
        node => *node = other(choices),
    }
}

/// A value of some type.
fn other(choices: &mut Choices<'_>) -> Node {
    const WORDS: [&str; 22] = [
        "0",
        "-1",
        "1",
        "null",
        "~",
        "true",
        "off",
        "1e9",
        "0x10",
        "007",
        "1_000",
        "1:30",
        ".inf",
        "99999999999999999999",
        "5s",
        "5",
        "1TB",
        "-5s",
        "200%",
        "0/s",
        "18446744073709551615",
        "0.0",
    ];
    match choices.below(4) {
        0 => Node::List(Vec::new()),
        1 => Node::Map(Vec::new()),
        2 => Node::text(choices.pick(&[
            "",
            "x",
            "\u{1b}[2J",
            "${env:X}",
            "/a",
            "http://h",
            "GET",
            "*",
            "/{id}/{*rest}",
        ])),
        _ => Node::plain(choices.pick(&WORDS)),
    }
}

/// Something put into the text that YAML may stumble over.
pub(super) fn in_text(choices: &mut Choices<'_>, text: &str) -> String {
    let mut at = choices.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let token = choices.pick(&[
        "&a ", "*a", "!!str ", "<<: *a\n", "\t", "\"", "'", "{", "]", ": ", "- ", "\n---\n", "|", "\u{0}",
        "\u{feff}", "#", "\n...\n", "? ", "%",
    ]);
    format!("{}{token}{}", &text[..at], &text[at..])
}
