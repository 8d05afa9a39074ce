//! The header fields of a message: one block of bytes as it came, added text behind it, and a lean list of places in
//! both. Nothing is copied or hashed when a head is read, names keep their case, and the order of all lines is kept.

mod known;
mod lines;
mod list;
mod maps;
mod name;
mod nominated;

use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

pub(crate) use self::known::{Classes, Known};
pub(crate) use self::lines::{BLOCK, Line};
use self::list::{Entry, List, NO_FIELDS, Text};
pub(crate) use self::name::{Asked, FieldName};
pub(crate) use self::nominated::{Nominated, is_usual};

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
///
/// They are a pointer wide, so that a message is moved at no cost; without any there is no memory.
#[derive(Clone, Default)]
pub struct Fields(Option<Box<List>>);

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

impl Fields {
    /// The value of the first field of this name.
    pub fn get(&self, name: impl AsRef<str>) -> Option<&[u8]> {
        let list = self.list();
        let place = list.place(Asked::new(name.as_ref()))?;
        Some(list.text().value(&list.entries[place]))
    }

    /// The values of all fields of this name, in their order.
    pub fn get_all<'a>(&'a self, name: &'a (impl AsRef<str> + ?Sized)) -> impl Iterator<Item = &'a [u8]> {
        self.values(Asked::new(name.as_ref()))
    }

    /// The same of a name whose class may be known already.
    #[inline]
    pub(crate) fn values<'a>(&'a self, asked: Asked<'a>) -> impl Iterator<Item = &'a [u8]> {
        let (list, text) = (self.list(), self.list().text());
        list.entries.iter().filter(move |entry| asked.is_of(text, entry)).map(move |entry| text.value(entry))
    }

    /// Whether there is a field of this name.
    pub fn contains(&self, name: impl AsRef<str>) -> bool {
        self.has_any(Asked::new(name.as_ref()))
    }

    /// The same of a name whose class may be known already.
    pub(crate) fn has_any(&self, asked: Asked<'_>) -> bool {
        self.list().place(asked).is_some()
    }

    /// Puts a field in the place of all of its name: in the place of the first, or at the end if there is none.
    pub fn insert(&mut self, name: &HeaderName, value: &HeaderValue) {
        self.put(Asked::new(name.as_str()), value.as_bytes());
    }

    /// The same with a name and a value that were found to be good.
    pub(crate) fn put(&mut self, asked: Asked<'_>, value: &[u8]) {
        let list = self.list_mut();
        let first = list.place(asked);
        let Some(entry) = list.add(asked.name, value, asked.known) else { return };
        let Some(first) = first else { return list.entries.push(entry) };
        list.entries[first] = entry;
        let (text, mut place) = (Text { head: &list.head, added: &list.added }, 0);
        list.entries.retain(|entry| {
            place += 1;
            place <= first + 1 || !asked.is_of(text, entry)
        });
    }

    /// Adds a field behind all others.
    pub fn append(&mut self, name: &HeaderName, value: &HeaderValue) {
        let (list, name) = (self.list_mut(), name.as_str().as_bytes());
        let entry = list.add(name, value.as_bytes(), Known::of(name));
        list.entries.extend(entry);
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
        let Some(list) = &mut self.0 else { return };
        let text = Text { head: &list.head, added: &list.added };
        let mut kept = Classes::NONE;
        list.entries.retain(|entry| {
            let keeps = keeps(&text.field(entry));
            if keeps {
                kept = kept.and(Classes::one(entry.known));
            }
            keeps
        });
        list.classes = kept;
    }

    /// Takes out all fields of these classes.
    #[inline]
    pub(crate) fn remove_all(&mut self, classes: Classes) {
        if let Some(list) = &mut self.0
            && list.classes.intersects(classes)
        {
            list.entries.retain(|entry| !classes.has(entry.known));
            list.classes = list.classes.without(classes);
        }
    }

    /// Whether there is a field of this class.
    #[inline]
    pub(crate) fn has(&self, known: Known) -> bool {
        self.list().classes.has(known)
    }

    /// The classes of all fields, in their order, and the fields themselves for whoever asks.
    #[inline]
    pub(crate) fn classes<'a>(&'a self) -> impl Iterator<Item = (Known, impl FnOnce() -> Field<'a>)> {
        let text = self.list().text();
        self.list().entries.iter().map(move |entry| (entry.known, move || text.field(entry)))
    }

    /// All fields in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Field<'_>> + Clone {
        let text = self.list().text();
        self.list().entries.iter().map(move |entry| text.field(entry))
    }

    /// The number of fields; of lines, not of names.
    pub fn len(&self) -> usize {
        self.list().entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list().entries.is_empty()
    }

    /// Takes out all fields. The memory is kept for the next.
    pub fn clear(&mut self) {
        if let Some(list) = &mut self.0 {
            list.head = Bytes::new();
            list.added.clear();
            list.entries.clear();
            list.classes = Classes::NONE;
        }
    }

    /// The value of the first field of this class.
    #[inline]
    pub(crate) fn first(&self, known: Known) -> Option<&[u8]> {
        self.has(known).then(|| self.all(known).next())?
    }

    /// The values of all fields of this class, in their order.
    #[inline]
    pub(crate) fn all(&self, known: Known) -> impl DoubleEndedIterator<Item = &[u8]> {
        let text = self.list().text();
        let entries = self.list().entries.iter();
        entries.filter(move |entry| entry.known == known).map(move |entry| text.value(entry))
    }

    /// Moves the fields of which this is true behind those of another message, in their order.
    pub(crate) fn move_to(&mut self, others: &mut Self, mut moves: impl FnMut(&Field<'_>) -> bool) {
        self.retain(|field| {
            let moves = moves(field);
            if moves {
                let others = others.list_mut();
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
        let Some(list) = &mut self.0 else { return };
        for at in 0..list.entries.len() {
            let (text, entry) = (list.text(), list.entries[at]);
            if !asked.is_of(text, &entry) {
                continue;
            }
            let Some(value) = other(text.value(&entry)) else { continue };
            let name = entry.name;
            let name_length = entry.name_length;
            if let Some(of_value) = list.add(&[], value.as_bytes(), entry.known) {
                list.entries[at] = Entry { name, name_length, is_line: false, ..of_value };
            }
        }
    }

    /// A value of these fields that outlives them. What came with the head shares its memory.
    pub(crate) fn share(&self, value: &[u8]) -> Bytes {
        let head = &self.list().head;
        match head.as_ptr_range().contains(&value.as_ptr()) && !value.is_empty() {
            true => head.slice_ref(value),
            false => Bytes::copy_from_slice(value),
        }
    }

    /// Bytes of memory that it would keep for another message.
    pub(crate) fn room(&self) -> usize {
        let room = |list: &List| list.added.capacity() + list.entries.capacity() * size_of::<Entry>();
        self.0.as_deref().map_or(0, room)
    }

    /// The options of all `Connection` lines (RFC 9110 section 7.6.1), without the empty ones.
    pub(crate) fn connection_options(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.iter().filter(|field| field.known == Known::Connection);
        let options = lines.flat_map(|field| field.value.split(|byte| *byte == b','));
        options.map(<[u8]>::trim_ascii).filter(|option| !option.is_empty())
    }

    #[inline]
    fn list(&self) -> &List {
        self.0.as_deref().unwrap_or(&NO_FIELDS)
    }

    #[inline]
    fn list_mut(&mut self) -> &mut List {
        self.0.get_or_insert_default()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
