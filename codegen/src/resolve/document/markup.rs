//! Where in HTML or XML a value may stand: in text, or in an attribute with quotes, escaped as both want. Nothing that is
//! escaped so ends a script, a style or the code of an attribute, and none of them is text; and who chooses how a link begins
//! chooses its scheme (as the contexts of Go's html/template).

use super::{Objection, link};
use crate::model::Source;

/// What a document is in the middle of.
#[derive(Default, PartialEq)]
enum State {
    #[default]
    Text,
    /// `<` has been read, and this much of what follows.
    Opened(String),
    /// In a tag, between attributes; this much of a name has been read.
    Tag(String),
    /// Behind the `=` of this attribute.
    Equals(String),
    /// In the value of this attribute, which has no quotes.
    Bare,
    /// In the value of this attribute, until the quote comes again; this much of it has been read.
    Quoted { quote: char, attribute: String, value: String },
    /// In the text of this element, which is code, until its end tag; this much has been read.
    Code { element: String, text: String },
    /// Until `-->`.
    Comment(String),
}

#[derive(Default)]
pub(super) struct Scan {
    state: State,
    /// The tag that is being read.
    element: String,
}

impl Scan {
    pub(super) fn read(&mut self, text: &str) {
        for char in text.chars() {
            self.state = self.next(char.to_ascii_lowercase());
        }
    }

    fn next(&mut self, char: char) -> State {
        match std::mem::take(&mut self.state) {
            State::Text if char == '<' => State::Opened(String::new()),
            State::Text => State::Text,
            State::Opened(mut name) => match char {
                '>' | '/' | ' ' | '\t' | '\n' | '\r' | '\x0c' if !name.is_empty() => {
                    self.element = name;
                    self.in_tag(String::new(), char)
                }
                'a'..='z' | '!' | '?' | '/' if name.is_empty() => State::Opened(char.into()),
                '<' if name.is_empty() => State::Opened(name),
                _ if name.is_empty() => State::Text,
                _ => {
                    name.push(char);
                    if name == "!--" { State::Comment(String::new()) } else { State::Opened(name) }
                }
            },
            State::Tag(name) => self.in_tag(name, char),
            State::Equals(attribute) => match char {
                '"' | '\'' => State::Quoted { quote: char, attribute, value: String::new() },
                '>' => self.in_tag(String::new(), char),
                char if char.is_ascii_whitespace() => State::Equals(attribute),
                _ => State::Bare,
            },
            State::Bare => match char {
                '>' => self.in_tag(String::new(), char),
                char if char.is_ascii_whitespace() => State::Tag(String::new()),
                _ => State::Bare,
            },
            State::Quoted { quote, attribute, mut value } => {
                if char == quote {
                    return State::Tag(String::new());
                }
                value.push(char);
                State::Quoted { quote, attribute, value }
            }
            State::Code { element, mut text } => {
                let before = text.strip_suffix(&element).is_some_and(|before| before.ends_with("</"));
                if before && (matches!(char, '>' | '/') || char.is_ascii_whitespace()) {
                    self.element = format!("/{element}");
                    return self.in_tag(String::new(), char);
                }
                text.push(char);
                State::Code { element, text }
            }
            State::Comment(mut text) => {
                text.push(char);
                if text.ends_with("-->") { State::Text } else { State::Comment(text) }
            }
        }
    }

    /// What follows in a tag behind this much of an attribute's name.
    fn in_tag(&self, mut name: String, char: char) -> State {
        match char {
            '>' if matches!(local(&self.element), "script" | "style") => {
                State::Code { element: self.element.clone(), text: String::new() }
            }
            '>' => State::Text,
            '=' if !name.is_empty() => State::Equals(name.trim_end().to_owned()),
            // A space may stand between a name and its `=`.
            char if char.is_ascii_whitespace() => {
                if !name.is_empty() && !name.ends_with(' ') {
                    name.push(' ');
                }
                State::Tag(name)
            }
            '/' => State::Tag(String::new()),
            _ if name.ends_with(' ') => State::Tag(char.into()),
            _ => {
                name.push(char);
                State::Tag(name)
            }
        }
    }

    pub(super) fn objection(&mut self, source: &Source) -> Option<Objection> {
        let label = "whoever chooses the value could write any part of the document";
        let objection = |title: String, help: String| Some(Objection { title, label, help });
        let attribute = format!("write `data-value=\"{{{source}}}\"`, and let the code read it from there");
        match &mut self.state {
            State::Text => None,
            State::Opened(_) | State::Tag(_) | State::Equals(_) | State::Bare => {
                let help = format!("write attributes in quotes, `name=\"{{{source}}}\"`");
                objection("stands in a tag, and not in quotes".into(), help)
            }
            State::Code { element, .. } => objection(format!("stands in a `{element}`"), attribute),
            State::Comment(_) => objection("stands in a comment".into(), "write it in the text".into()),
            State::Quoted { attribute: name, value, .. } => {
                if name.starts_with("on") || matches!(name.as_str(), "style" | "srcdoc") {
                    return objection(format!("stands in the code of `{name}`"), attribute);
                }
                let link = link::of_refresh(value).filter(|_| name == "content");
                let link = link.or(is_link(name).then_some(value.as_str()));
                let leads = source.is_chosen() && link.is_some_and(|link| !link::has_begun(link, source));
                // What follows stands behind something.
                value.push('v');
                let help = format!("write how it begins, `{name}=\"/path?of={{{source}}}\"`");
                leads.then(|| Objection {
                    title: format!("stands where the link of `{name}` begins"),
                    label: "whoever chooses the value chooses where it leads, or a script (`javascript:`)",
                    help,
                })
            }
        }
    }
}

/// A name without its namespace.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Whether browsers follow what is in an attribute of this name.
fn is_link(name: &str) -> bool {
    matches!(local(name), "href" | "src" | "action" | "formaction" | "data")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a value may stand where `{}` is.
    fn may_stand(document: &str, source: &Source) -> bool {
        let (before, _) = document.split_once("{}").unwrap();
        let mut scan = Scan::default();
        scan.read(before);
        scan.objection(source).is_none()
    }

    #[test]
    fn a_value_stands_in_text_or_in_quotes() {
        for (document, stands) in [
            ("{}", true),
            ("<p>{}", true),
            ("1 < {}", true),
            ("<{}>", false),
            ("<a{}>", false),
            ("<a {}>", false),
            ("<a b={}>", false),
            ("<a b= {}>", false),
            ("<a b=c{}>", false),
            ("<a b=c {}>", false),
            ("<a b=\"{}\">", true),
            ("<a b = '>{}'>", true),
            ("<a b=\"x\"{}>", false),
            ("<a b=\"x\">{}", true),
            ("<a/>{}", true),
            ("</{}>", false),
            ("<!doctype html>{}", true),
            ("<?xml version=\"1.0\"?><a>{}", true),
            ("<?xml {}?>", false),
            ("<![CDATA[{}]]>", false),
            ("<!--{}-->", false),
            ("<!-- <p> --{}", false),
            ("<!-- <p> -->{}", true),
            ("<script>{}", false),
            ("<SCRIPT type=module>'{}'", false),
            ("<svg:script>{}", false),
            ("<script>'</p>' {}", false),
            ("<script></scripts>{}", false),
            ("<script></SCRIPT >{}", true),
            ("<script></script>{}", true),
            ("<style>a { b: {}", false),
            ("<scripts>{}", true),
            ("<textarea>{}", true),
            ("<a onclick=\"f('{}')\">", false),
            ("<a ONCLICK = '{}'>", false),
            ("<a style=\"color: {}\">", false),
            ("<iframe srcdoc='{}'>", false),
            ("<a title='on {}'>", true),
        ] {
            assert_eq!(may_stand(document, &Source::Path), stands, "{document}");
        }
    }

    #[test]
    fn who_chooses_a_value_does_not_choose_where_a_link_leads() {
        for (link, stands) in [
            ("{}", false),
            (" {}", false),
            ("java{}", false),
            ("javascript:f('/{}')", false),
            ("data:text/html,{}", false),
            ("/{}", false),
            ("\\{}", false),
            ("//{}", false),
            ("//a.example{}", false),
            ("//a.example/{}", true),
            ("/a{}", true),
            ("/a/{}", true),
            ("?a={}", true),
            ("a/{}", true),
            ("a{}", false),
            ("https://{}", false),
            ("https://a.example{}", false),
            ("https://a.example/{}", true),
            ("mailto:{}", true),
        ] {
            for name in ["href", "xlink:href", "SRC", "formaction"] {
                let document = format!("<a {name}='{link}'>");
                assert_eq!(may_stand(&document, &Source::Path), stands, "{document}");
            }
        }
        assert!(may_stand("<a href='https://{}'>", &Source::Host));
        assert!(!may_stand("<a href='{}'>", &Source::Host));
        assert!(may_stand("<a href='{}://x'>", &Source::Scheme));
    }
}
