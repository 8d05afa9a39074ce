//! Text -> ast: YAML syntax, duplicate and unknown keys, types.
//!
//! One event parser decides the structure and gives the spans; `serde_yaml` decides what a plain scalar is. Both
//! see the same text once, so they cannot disagree about the shape. What could be read is returned even if there
//! are problems in the sink; only a syntax error leaves nothing to go on with.

mod decode;
mod elsewhere;
mod files;
mod former;
mod home;
mod merge;
mod node;
mod problem;
mod reader;
mod tree;

use crate::ast::Gateway;
use crate::codes;
use crate::diagnostic::{Diagnostics, Failed};
use crate::place::Span;
use crate::source::Source;
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError};
use merge::Document;
use node::Node;
use serde::Deserialize;
use tree::{Scalar, Tree};

/// Deeper nesting is a syntax error; the language itself needs eight levels.
const MOST_LEVELS: usize = 64;

/// More keys, values, lists and maps than this are too large a config, however few bytes they have: each takes a
/// hundred times the memory of its text.
const MOST_NODES: usize = 500_000;

/// The paths to all values together; a config of ten thousand routes has a tenth of this.
const MOST_PATH_BYTES: usize = 64 * 1024 * 1024;

/// Reads a config, and the files that it includes. Problems are in the sink, even if the result is `Ok`.
pub(crate) fn parse(source: &mut Source, sink: &mut Diagnostics) -> Result<Gateway, Failed> {
    let Some(root) = files::read(source, sink)? else {
        sink.error(&codes::EMPTY_FILE, "the config is empty")
            .help("a small one: `routes: [{path: /, backends: [\"http://localhost:9001\"]}]`");
        return Err(Failed);
    };
    let problems = decode::Problems::default();
    let gateway = Gateway::deserialize_whole(&root, &problems);
    problem::report_all(problems, source, sink);
    if sink.is_full() {
        return Err(Failed);
    }
    gateway.ok_or(Failed)
}

impl Gateway {
    fn deserialize_whole(root: &Node, problems: &decode::Problems) -> Option<Self> {
        let whole = crate::ast::Lenient::<Self>::deserialize(decode::Decode::root(root, problems)).ok()?;
        whole.0
    }
}

/// How much has been read, of all files.
#[derive(Debug, Default)]
struct Size {
    events: usize,
    path_bytes: usize,
}

/// Builds the tree of a file's nodes, and the index of their places. After a syntax error there is only the index.
fn read_tree(source: &Source, file: Span, size: &mut Size, sink: &mut Diagnostics) -> Document {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        block_nesting_limit: MOST_LEVELS,
        flow_nesting_limit: MOST_LEVELS,
    };
    let base = file.start;
    directives(&source.text()[file.clone()], base, sink);
    let mut tree = Tree::new(source.text());
    let mut documents = 0;
    // How far the events have come.
    let mut read = base;
    for item in Parser::new_from_str_with_options(&source.text()[file.clone()], options) {
        size.events += 1;
        let is_too_large = size.events > MOST_NODES || size.path_bytes + tree.path_bytes() > MOST_PATH_BYTES;
        if is_too_large {
            let what = if size.events > MOST_NODES { "keys and values" } else { "long keys around others" };
            sink.error(&codes::FILE_TOO_LARGE, format!("the config has too many {what}"));
        }
        if sink.is_full() || is_too_large {
            return Document { is_broken: true, ..tree.finish() };
        }
        let (event, marks) = match item {
            Ok(item) => item,
            Err(error) => {
                syntax_error(source.text(), file, &error, (tree.open_bracket(), read), sink);
                return Document { is_broken: true, ..tree.finish() };
            }
        };
        let start = base + marks.start.byte_offset().unwrap_or(0);
        let end = (base + marks.end.byte_offset().unwrap_or(0)).max(start);
        read = end;
        let at = tree::At { span: start..end, line: u32::try_from(marks.start.line()).unwrap_or(u32::MAX) };
        match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    sink.error(&codes::SEVERAL_DOCUMENTS, "a config is one YAML document")
                        .label(at.span, "a second one starts here");
                    break;
                }
            }
            Event::Alias(_) => tree.alias(at, None, sink),
            Event::UnresolvedAlias(name) => tree.alias(at, Some(&name), sink),
            Event::Anchor(..) => tree.anchor(at.span, sink),
            Event::Scalar(text, style, _, tag) => {
                refuse_tag(&tree, tag.is_some(), &marks, base, sink);
                // Of what a tag stands for, its text says nothing; but a file that is nothing else is not empty.
                let is_refused = tag.is_some() && !tree.is_at_root();
                let (style, node) = match style {
                    ScalarStyle::Plain => (tree::Style::Plain, plain_scalar(&text)),
                    ScalarStyle::Literal | ScalarStyle::Folded => {
                        (tree::Style::Block, Some(Node::Text(text.to_string())))
                    }
                    _ => (tree::Style::Quoted, Some(Node::Text(text.to_string()))),
                };
                let node = if is_refused { Scalar::Refused } else { Scalar::Read(node) };
                tree.scalar(text.to_string(), style, node, at, sink);
            }
            Event::SequenceStart(_, _, tag) => {
                refuse_tag(&tree, tag.is_some(), &marks, base, sink);
                tree.open_list(at);
            }
            Event::MappingStart(_, _, tag) => {
                refuse_tag(&tree, tag.is_some(), &marks, base, sink);
                tree.open_map(at);
            }
            Event::SequenceEnd | Event::MappingEnd => tree.close(end, sink),
            _ => {}
        }
    }
    size.path_bytes += tree.path_bytes();
    tree.finish()
}

/// `%YAML 1.1` in front of the document asks for another language than the one that is read.
fn directives(text: &str, base: usize, sink: &mut Diagnostics) {
    let lines = text.trim_start_matches('\u{feff}');
    let mut next = base + text.len() - lines.len();
    for line in lines.split_inclusive('\n') {
        let start = next;
        next += line.len();
        let is_in_front = line.trim().is_empty() || line.starts_with(['#', '%']);
        if !is_in_front {
            return;
        }
        let Some(version) = line.strip_prefix("%YAML").and_then(|rest| rest.split_whitespace().next()) else {
            continue;
        };
        if version == "1.2" {
            continue;
        }
        let at = start + line.find(version).unwrap_or(0);
        let span = at..at + version.len();
        sink.error(&codes::YAML_TRAP, format!("this file asks for YAML {version}"))
            .label(span.clone(), "castgate reads YAML 1.2, in which `no` and `off` are text")
            .suggest("if it is meant to be read so", span, "1.2");
    }
}

fn refuse_tag(
    tree: &Tree<'_>,
    has_tag: bool,
    marks: &granit_parser::Span,
    base: usize,
    sink: &mut Diagnostics,
) {
    if has_tag {
        let start = marks.tag_start.unwrap_or(marks.start);
        tree.tag(base + start.byte_offset().unwrap_or(0), sink);
    }
}

/// What YAML 1.2 makes of a plain scalar; `None` is null.
fn plain_scalar(text: &str) -> Option<Node> {
    const WORDS: [&str; 9] = ["null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"];
    let first = text.bytes().next()?;
    let may_be_more = matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.' | b'~') || WORDS.contains(&text);
    let is_simple = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._~".contains(&byte));
    if !may_be_more || !is_simple {
        return Some(Node::Text(text.to_owned()));
    }
    // A reader is set up for every scalar, which costs far more than the number is worth.
    let is_whole = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(number) = text.parse().ok().filter(|_| is_whole) {
        return Some(Node::Unsigned(number));
    }
    match serde_yaml::from_str(text) {
        Ok(serde_yaml::Value::Null) => None,
        Ok(serde_yaml::Value::Bool(value)) => Some(Node::Bool(value)),
        Ok(serde_yaml::Value::Number(number)) => Some(if let Some(value) = number.as_u64() {
            Node::Unsigned(value)
        } else if let Some(value) = number.as_i64() {
            Node::Signed(value)
        } else {
            Node::Float(number.as_f64().unwrap_or(f64::NAN))
        }),
        _ => Some(Node::Text(text.to_owned())),
    }
}

/// `open` is the innermost bracket that is open where the last event ended, at `read`.
fn syntax_error(
    text: &str,
    file: Span,
    error: &ScanError,
    (open, read): (Option<usize>, usize),
    sink: &mut Diagnostics,
) {
    let start = (file.start + error.marker().byte_offset().unwrap_or(0)).min(file.end);
    let text = &text[..file.end];
    let is_tab = matches!(
        error.kind(),
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    );
    if is_tab {
        let line_start = text[file.start..start].rfind('\n').map_or(file.start, |at| file.start + at + 1);
        let at = text[line_start..].find('\t').map_or(start, |at| line_start + at);
        sink.error(&codes::TAB, "a tab where YAML wants spaces")
            .label(at..at + 1, "this is a tab")
            .help("indent with spaces");
        return;
    }
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        sink.error(&codes::YAML_SYNTAX, format!("lists and maps are nested more than {MOST_LEVELS} deep"))
            .label(start..start + 1, "one level too many")
            .help("the language itself needs eight levels; most likely a bracket is not closed");
        return;
    }
    if let Some(opened) =
        open.or_else(|| unclosed(text, read..start)).filter(|at| is_left(text, file.start, *at, start))
    {
        let bracket = &text[opened..opened + 1];
        sink.error(&codes::YAML_SYNTAX, format!("YAML syntax error: a `{bracket}` is not closed"))
            .label(opened..opened + 1, "opened here")
            .label(
                start..start + text[start..].chars().next().map_or(0, char::len_utf8),
                "not closed before this",
            )
            .help("what is opened is never closed");
        return;
    }
    let problem = sink.error(&codes::YAML_SYNTAX, format!("YAML syntax error: {}", error.info()));
    problem.label(start..start + text[start..].chars().next().map_or(0, char::len_utf8), "found here");
    if let Some(value) = braces_in_value(text, start) {
        let quoted = format!("\"{}\"", &text[value.clone()]);
        problem.help("a brace begins a map here, even in the middle of a value").suggest(
            "put the value in quotes",
            value,
            quoted,
        );
    } else if matches!(error.kind(), ErrorKind::MappingValueNotAllowed) || text[start..].starts_with(':') {
        problem.help(
            "a `: ` in a value has to be in quotes; or else the indentation is not that of the lines above",
        );
    } else if is_unclosed(error.kind()) {
        problem.help("what is opened is never closed");
    } else if text[start..].starts_with(['@', '`', '%', '!', '&', '*', '|', '>', '{', '}', '[', ']']) {
        problem.help("a value with special characters has to be in quotes");
    }
}

fn is_unclosed(kind: &ErrorKind) -> bool {
    use ErrorKind::{UnclosedFlowCollection, UnclosedQuotedScalar, UnclosedVerbatimTag};
    matches!(kind, UnclosedFlowCollection { .. } | UnclosedQuotedScalar | UnclosedVerbatimTag)
}

/// The innermost bracket that is opened and not closed in a part of the text without an event.
fn unclosed(text: &str, part: Span) -> Option<usize> {
    let mut open = Vec::new();
    let mut chars = text.get(part.clone())?.char_indices();
    let mut before = ' ';
    while let Some((at, char)) = chars.next() {
        match char {
            '[' | '{' => open.push(part.start + at),
            ']' | '}' => drop(open.pop()),
            '#' if before.is_whitespace() => {
                chars.by_ref().find(|(_, char)| *char == '\n')?;
            }
            '"' | '\'' if before.is_whitespace() || "[{,:".contains(before) => {
                chars.by_ref().find(|(_, other)| *other == char)?;
            }
            _ => {}
        }
        before = char;
    }
    open.pop()
}

/// Whether a later line is outside of what a bracket has opened: it is not indented more than the bracket's line.
fn is_left(text: &str, file_start: usize, bracket: usize, at: usize) -> bool {
    let line =
        |at: usize| text[file_start..at].rfind('\n').map_or(file_start, |found| file_start + found + 1);
    let indent = |start: usize| text[start..].len() - text[start..].trim_start_matches(' ').len();
    let (opened, here) = (line(bracket), line(at));
    opened < here && indent(here) <= indent(opened)
}

/// Of `/users/{id}` without quotes, in a list or map in brackets, the parser sees `/users/` and then a map.
fn braces_in_value(text: &str, brace: usize) -> Option<Span> {
    let ends = |char: char| char.is_whitespace() || ",[]{}".contains(char);
    let before = text[..brace].chars().next_back().filter(|char| !ends(*char) && *char != ':');
    if !text[brace..].starts_with('{') || before.is_none() {
        return None;
    }
    let before = text[..brace].char_indices().rev().find(|(_, char)| ends(*char));
    let start = before.map_or(0, |(at, char)| at + char.len_utf8());
    let mut depth = 0_usize;
    let mut end = brace;
    for char in text[brace..].chars() {
        match char {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            _ if depth == 0 && ends(char) => break,
            '\n' | '"' | '\\' => return None,
            _ => {}
        }
        end += char.len_utf8();
    }
    (depth == 0 && !text[start..brace].contains(['"', '\'', '\\'])).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_quotes_is_found_as_a_whole() {
        for (text, expected) in [
            ("[{path: /users/{id}, a: b}]", Some("/users/{id}")),
            ("{path: /u/{id:uint}/x/{*rest}}", Some("/u/{id:uint}/x/{*rest}")),
            ("[/a/{id}]", Some("/a/{id}")),
            ("{path: a\u{a0}/b/{id}}", Some("/b/{id}")),
            ("{path: \u{3000}/b/{id}}", Some("/b/{id}")),
            ("{a: {b: c}}", None),
            ("{path: /a/{id", None),
            ("{path: /a/{\"", None),
        ] {
            let brace = text.find("/{").map_or_else(|| text.rfind('{').unwrap(), |at| at + 1);
            assert_eq!(braces_in_value(text, brace).map(|span| &text[span]), expected, "{text}");
        }
    }

    #[test]
    fn plain_scalars_are_yaml_1_2() {
        for text in ["no", "yes", "on", "off", "5s", "1.2.3.4", "10MiB", "-", "1:20", "http://a", "0x", "n"] {
            assert_eq!(plain_scalar(text), Some(Node::Text(text.to_owned())), "{text}");
        }
        assert_eq!(plain_scalar("12"), Some(Node::Unsigned(12)));
        assert_eq!(plain_scalar("-3"), Some(Node::Signed(-3)));
        assert_eq!(plain_scalar("1e3"), Some(Node::Float(1000.0)));
        assert_eq!(plain_scalar("true"), Some(Node::Bool(true)));
        for null in ["", "~", "null"] {
            assert_eq!(plain_scalar(null), None);
        }
    }
}
