//! Mistakes: something else where a value was, a key too many, one that is missing, and YAML that is none.

use super::Choices;
use super::yaml::Node;

/// One to three mistakes anywhere in a tree.
pub(super) fn in_tree(choices: &mut Choices<'_>, tree: &mut Node) {
    for _ in 0..choices.between(1, 3) {
        let target = choices.below(size(tree));
        if let Some(node) = nth(tree, target) {
            one(choices, node);
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
