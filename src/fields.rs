//! The header fields of a message: one block of bytes as it came, added text behind it, and a lean list of places in
//! both. Nothing is copied or hashed when a head is read, names keep their case, and the order of all lines is kept.

mod known;
mod lines;
mod maps;
mod name;

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

pub(crate) use self::known::{Classes, Known};
pub(crate) use self::lines::{BLOCK, Line};
pub(crate) use self::name::{Asked, FieldName};

/// Bytes that may be added to the fields of one message. Nobody adds so much on purpose.
const ADDED: usize = 16 << 20;

/// The header fields of a message, or its trailers, in their order. Names are compared without their case.
///
/// ```
/// use castgate::Fields;
/// use http::{HeaderValue, header};
///
/// let mut fields = Fields::default();
/// fields.append(&header::ACCEPT, &HeaderValue::from_static("text/html"));
/// fields.append(&header::ACCEPT, &HeaderValue::from_static("text/plain"));
/// assert_eq!(fields.get("Accept"), Some(&b"text/html"[..]));
/// fields.insert(&header::ACCEPT, &HeaderValue::from_static("*/*"));
/// assert_eq!(fields.get_all("accept").collect::<Vec<_>>(), [b"*/*"]);
/// assert!(fields.remove("ACCEPT") && fields.is_empty());
/// ```
#[derive(Clone, Default)]
pub struct Fields {
    /// What a place is in, if it is less than this is long.
    head: Bytes,
    /// What it is in else.
    added: Vec<u8>,
    entries: Vec<Entry>,
    /// Those of the entries: most questions are answered by them alone.
    classes: Classes,
}

/// Where a field is in the two blocks, one behind the other.
#[derive(Clone, Copy, Debug)]
struct Entry {
    name: u32,
    value: u32,
    value_length: u32,
    /// A [`HeaderName`] is no longer.
    name_length: u16,
    known: Known,
    /// The block has `name: value` and CRLF there, so that the line can be copied as it is.
    is_line: bool,
}

const _: () = assert!(size_of::<Entry>() == 16);

/// One line of [`Fields`].
#[derive(Clone, Copy)]
pub struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
    known: Known,
}

impl<'a> Field<'a> {
    /// The name as it came. Compare it with [`Field::is`].
    pub fn name(&self) -> &'a str {
        // It is made of ASCII characters, whoever wrote it.
        std::str::from_utf8(self.name).unwrap_or_default()
    }

    /// The value, without the spaces around it.
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// Whether this is its name, whatever the case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The name as it came; a token (RFC 9110 section 5.6.2).
    pub(crate) fn name_bytes(&self) -> &'a [u8] {
        self.name
    }

    /// What the name is to the gateway.
    pub(crate) fn known(&self) -> Known {
        self.known
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known.is_secret() {
            true => write!(f, "{}: (secret)", self.name()),
            false => write!(f, "{}: \"{}\"", self.name(), self.value.escape_ascii()),
        }
    }
}

/// The two blocks.
#[derive(Clone, Copy)]
struct Text<'a> {
    head: &'a [u8],
    added: &'a [u8],
}

impl<'a> Text<'a> {
    fn get(self, place: u32, length: usize) -> &'a [u8] {
        let place = place as usize;
        match place.checked_sub(self.head.len()) {
            Some(place) => &self.added[place..place + length],
            None => &self.head[place..place + length],
        }
    }

    /// Lines one behind the other.
    #[inline]
    fn run(self, places: Range<usize>) -> &'a [u8] {
        self.get(places.start as u32, places.len())
    }

    #[inline]
    fn name(self, entry: &Entry) -> &'a [u8] {
        self.get(entry.name, usize::from(entry.name_length))
    }

    #[inline]
    fn value(self, entry: &Entry) -> &'a [u8] {
        self.get(entry.value, entry.value_length as usize)
    }

    #[inline]
    fn field(self, entry: &Entry) -> Field<'a> {
        Field { name: self.name(entry), value: self.value(entry), known: entry.known }
    }
}

impl Fields {
    /// The value of the first field of this name.
    pub fn get(&self, name: impl AsRef<str>) -> Option<&[u8]> {
        let place = self.place(Asked::new(name.as_ref()))?;
        Some(self.text().value(&self.entries[place]))
    }

    /// The values of all fields of this name, in their order.
    pub fn get_all<'a>(&'a self, name: &'a (impl AsRef<str> + ?Sized)) -> impl Iterator<Item = &'a [u8]> {
        self.values(Asked::new(name.as_ref()))
    }

    /// The same of a name whose class may be known already.
    #[inline]
    pub(crate) fn values<'a>(&'a self, asked: Asked<'a>) -> impl Iterator<Item = &'a [u8]> {
        let text = self.text();
        self.entries.iter().filter(move |entry| asked.is_of(text, entry)).map(move |entry| text.value(entry))
    }

    /// Whether there is a field of this name.
    pub fn contains(&self, name: impl AsRef<str>) -> bool {
        self.has_any(Asked::new(name.as_ref()))
    }

    /// The same of a name whose class may be known already.
    pub(crate) fn has_any(&self, asked: Asked<'_>) -> bool {
        self.place(asked).is_some()
    }

    /// Puts a field in the place of all of its name: in the place of the first, or at the end if there is none.
    pub fn insert(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.put(Asked::new(name.as_str()), value.as_bytes());
    }

    /// The same with a name and a value that were found to be good.
    pub(crate) fn put(&mut self, asked: Asked<'_>, value: &[u8]) {
        let first = self.place(asked);
        let Some(entry) = self.add(asked.name, value, asked.known) else { return };
        let Some(first) = first else { return self.entries.push(entry) };
        self.entries[first] = entry;
        let (text, mut place) = (Text { head: &self.head, added: &self.added }, 0);
        self.entries.retain(|entry| {
            place += 1;
            place <= first + 1 || !asked.is_of(text, entry)
        });
    }

    /// Adds a field behind all others.
    pub fn append(&mut self, name: &HeaderName, value: &HeaderValue) {
        let name = name.as_str().as_bytes();
        let entry = self.add(name, value.as_bytes(), Known::of(name));
        self.entries.extend(entry);
    }

    /// Takes out all fields of this name; whether there were any.
    pub fn remove(&mut self, name: impl AsRef<str>) -> bool {
        self.take_out(Asked::new(name.as_ref()))
    }

    /// The same of a name whose class may be known already.
    pub(crate) fn take_out(&mut self, asked: Asked<'_>) -> bool {
        let before = self.len();
        if asked.known.is_one_name() {
            self.remove_all(Classes::one(asked.known));
        } else if self.has(asked.known) {
            self.retain(|field| !asked.is(field));
        }
        self.len() < before
    }

    /// Keeps only the fields of which this is true.
    pub fn retain(&mut self, mut keeps: impl FnMut(&Field<'_>) -> bool) {
        let text = Text { head: &self.head, added: &self.added };
        let mut kept = Classes::NONE;
        self.entries.retain(|entry| {
            let keeps = keeps(&text.field(entry));
            if keeps {
                kept = kept.and(Classes::one(entry.known));
            }
            keeps
        });
        self.classes = kept;
    }

    /// Takes out all fields of these classes.
    #[inline]
    pub(crate) fn remove_all(&mut self, classes: Classes) {
        if self.classes.intersects(classes) {
            self.entries.retain(|entry| !classes.has(entry.known));
            self.classes = self.classes.without(classes);
        }
    }

    /// Whether there is a field of this class.
    #[inline]
    pub(crate) fn has(&self, known: Known) -> bool {
        self.classes.has(known)
    }

    /// The classes of all fields, in their order, and the fields themselves for whoever asks.
    #[inline]
    pub(crate) fn classes<'a>(&'a self) -> impl Iterator<Item = (Known, impl FnOnce() -> Field<'a>)> {
        let text = self.text();
        self.entries.iter().map(move |entry| (entry.known, move || text.field(entry)))
    }

    /// All fields in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Field<'_>> + Clone {
        let text = self.text();
        self.entries.iter().map(move |entry| text.field(entry))
    }

    /// The number of fields; of lines, not of names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes out all fields. The memory is kept for the next.
    pub fn clear(&mut self) {
        self.head = Bytes::new();
        self.added.clear();
        self.entries.clear();
        self.classes = Classes::NONE;
    }

    /// The value of the first field of this class.
    #[inline]
    pub(crate) fn first(&self, known: Known) -> Option<&[u8]> {
        self.has(known).then(|| self.all(known).next())?
    }

    /// The values of all fields of this class, in their order.
    #[inline]
    pub(crate) fn all(&self, known: Known) -> impl DoubleEndedIterator<Item = &[u8]> {
        let text = self.text();
        self.entries.iter().filter(move |entry| entry.known == known).map(move |entry| text.value(entry))
    }

    /// Moves the fields of which this is true behind those of another message, in their order.
    pub(crate) fn move_to(&mut self, others: &mut Self, mut moves: impl FnMut(&Field<'_>) -> bool) {
        self.retain(|field| {
            let moves = moves(field);
            if moves {
                let entry = others.add(field.name, field.value, field.known);
                others.entries.extend(entry);
            }
            !moves
        });
    }

    /// Puts other values in the place of some of this name.
    pub(crate) fn replace(
        &mut self,
        name: impl AsRef<str>,
        mut other: impl FnMut(&[u8]) -> Option<HeaderValue>,
    ) {
        let asked = Asked::new(name.as_ref());
        for at in 0..self.entries.len() {
            let (text, entry) = (self.text(), self.entries[at]);
            if !asked.is_of(text, &entry) {
                continue;
            }
            let Some(value) = other(text.value(&entry)) else { continue };
            let name = entry.name;
            let name_length = entry.name_length;
            if let Some(of_value) = self.add(&[], value.as_bytes(), entry.known) {
                self.entries[at] = Entry { name, name_length, is_line: false, ..of_value };
            }
        }
    }

    /// A value of these fields that outlives them. What came with the head shares its memory.
    pub(crate) fn share(&self, value: &[u8]) -> Bytes {
        let head = self.head.as_ptr_range();
        match head.contains(&value.as_ptr()) && !value.is_empty() {
            true => self.head.slice_ref(value),
            false => Bytes::copy_from_slice(value),
        }
    }

    /// Bytes of memory that it would keep for another message.
    pub(crate) fn room(&self) -> usize {
        self.added.capacity() + self.entries.capacity() * size_of::<Entry>()
    }

    /// The options of all `Connection` lines (RFC 9110 section 7.6.1), without the empty ones.
    pub(crate) fn connection_options(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.iter().filter(|field| field.known == Known::Connection);
        let options = lines.flat_map(|field| field.value.split(|byte| *byte == b','));
        options.map(<[u8]>::trim_ascii).filter(|option| !option.is_empty())
    }

    fn text(&self) -> Text<'_> {
        Text { head: &self.head, added: &self.added }
    }

    /// Where the first field of a name is.
    fn place(&self, asked: Asked<'_>) -> Option<usize> {
        let text = self.text();
        self.has(asked.known).then(|| self.entries.iter().position(|entry| asked.is_of(text, entry)))?
    }

    /// Of a name and a value that were found to be good; who asks for it puts it among the others.
    fn add(&mut self, name: &[u8], value: &[u8], known: Known) -> Option<Entry> {
        let place = self.head.len() + self.added.len();
        if self.added.len() + name.len() + value.len() + 4 > ADDED {
            tracing::error!(bytes = value.len(), "a field was not added: the message's fields have no end");
            return None;
        }
        let entry = Entry {
            name: u32::try_from(place).ok()?,
            value: u32::try_from(place + name.len() + 2).ok()?,
            value_length: u32::try_from(value.len()).ok()?,
            name_length: u16::try_from(name.len()).ok()?,
            known,
            is_line: true,
        };
        [name, b": ", value, b"\r\n"].into_iter().for_each(|part| self.added.extend_from_slice(part));
        self.classes = self.classes.and(Classes::one(known));
        Some(entry)
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
