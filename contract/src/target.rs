//! Where a redirect leads, or what a backend is asked, put together of text and of values that whoever sends the request may
//! choose. No value leaves the part of the URL that it stands in, and what comes out is as canonical as what clients send.

use crate::authority::Authority;
use crate::path::{self, Disputed, canonical, is_path_byte, is_unreserved};
use crate::query;
use crate::template::add_query;

/// No target is longer, in bytes: HTTP libraries count their lengths in 16 bits.
pub const MOST_BYTES: usize = 65_534;

/// A value, as it is written where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text, whatever its bytes.
    Text(&'a [u8]),
    /// Segments of a canonical path, without a slash in front; they stand for what their escapes do.
    Segments(&'a str),
    /// A whole canonical path, which stands for itself: in a query its escapes are text.
    Path(&'a str),
    /// Of a query, encoded as forms write it.
    Form(&'a str),
}

/// Why nothing comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A value is empty where there has to be something.
    Empty,
    /// A value cannot stand where it would: it is no host, or would be a dot segment, or has a slash in a segment.
    Unfit,
}

/// What has been put together so far.
#[derive(Debug)]
pub struct Target {
    text: String,
    part: Part,
    keeps: Disputed,
}

/// The part of the URL at the end of the text, and where it began.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The scheme, or nothing yet.
    Scheme,
    Authority(usize),
    Path(usize),
    Query,
}

impl Target {
    /// Nothing yet. Of what others may read differently, the path may have what is in `keeps`.
    pub fn new(keeps: Disputed) -> Self {
        Self { text: String::new(), part: Part::Scheme, keeps }
    }

    /// Goes on with text of the config, which begins the next part where it says so.
    pub fn literal(&mut self, mut text: &str) -> Result<(), Refused> {
        while !text.is_empty() {
            let end = match self.part {
                Part::Scheme if text.starts_with('/') && self.text.is_empty() => {
                    self.part = Part::Path(0);
                    continue;
                }
                Part::Scheme => text.find("://").map(|colon| colon + 3),
                Part::Authority(_) => text.find(['/', '?']),
                Part::Path(_) => text.find('?'),
                Part::Query => None,
            };
            let (of_part, rest) = text.split_at(end.unwrap_or(text.len()));
            self.text.push_str(of_part);
            text = rest;
            if end.is_some() {
                self.close()?;
                self.part = match self.part {
                    Part::Scheme => Part::Authority(self.text.len()),
                    Part::Authority(_) if rest.starts_with('/') => Part::Path(self.text.len()),
                    Part::Authority(_) | Part::Path(_) | Part::Query => Part::Query,
                };
            }
        }
        Ok(())
    }

    /// Goes on with a value, which stays in this part.
    pub fn value(&mut self, value: Value<'_>) -> Result<(), Refused> {
        if let (Value::Path(_), Part::Scheme | Part::Authority(_)) = (value, self.part) {
            self.close()?;
            self.part = Part::Path(self.text.len());
        }
        let output = &mut self.text;
        match (self.part, value) {
            (Part::Scheme | Part::Authority(_), Value::Text(name)) => {
                let is_fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:[]".contains(byte);
                let name = std::str::from_utf8(name).ok().filter(|name| name.as_bytes().iter().all(is_fit));
                output.push_str(name.ok_or(Refused::Unfit)?);
            }
            (Part::Scheme | Part::Authority(_), _) => return Err(Refused::Unfit),
            (Part::Path(_), Value::Segments(path) | Value::Path(path)) => output.push_str(path),
            (Part::Path(_), Value::Text(text)) => in_segment(text.iter().copied(), output)?,
            (Part::Path(_), Value::Form(text)) => in_segment(query::decoded(text), output)?,
            (Part::Query, Value::Text(text)) => in_query(text.iter().copied(), output),
            (Part::Query, Value::Path(path)) => in_query(path.bytes(), output),
            (Part::Query, Value::Segments(path)) => in_query(path::decoded(path), output),
            (Part::Query, Value::Form(text)) => in_query(query::decoded(text), output),
        }
        Ok(())
    }

    /// All of it, and the query of the request behind its own.
    pub fn end(mut self, query: Option<&str>) -> Result<String, Refused> {
        self.close()?;
        if let Some(query) = query {
            add_query(&mut self.text, query);
        }
        if self.text.len() > MOST_BYTES { Err(Refused::Unfit) } else { Ok(self.text) }
    }

    /// Looks at the part that ends here, with the eyes of whoever reads it next.
    fn close(&self) -> Result<(), Refused> {
        let is_fit = match self.part {
            Part::Scheme | Part::Query => true,
            Part::Authority(start) => Authority::parse(&self.text[start..]).is_ok(),
            Part::Path(start) => {
                let path = &self.text[start..];
                canonical(path).is_ok_and(|read| read.text == path && self.keeps.contains(read.disputed))
            }
        };
        if is_fit { Ok(()) } else { Err(Refused::Unfit) }
    }
}

/// A part of a segment: it has neither a slash nor a parameter of its own.
fn in_segment(bytes: impl Iterator<Item = u8>, output: &mut String) -> Result<(), Refused> {
    let before = output.len();
    bytes.for_each(|byte| put(byte, is_path_byte(byte) && byte != b';', output));
    if output.len() == before { Err(Refused::Empty) } else { Ok(()) }
}

/// A part of a value: it ends neither the parameter nor the query.
fn in_query(bytes: impl Iterator<Item = u8>, output: &mut String) {
    bytes.for_each(|byte| put(byte, is_unreserved(byte) || byte == b'/', output));
}

fn put(byte: u8, as_it_is: bool, output: &mut String) {
    if as_it_is {
        output.push(char::from(byte));
    } else {
        path::escape(byte, output);
    }
}

#[cfg(test)]
mod tests;
