//! Names and constant expressions. Text of the config leaves here only as a string literal, which `quote` escapes.

use crate::plan::{FileLine, Late, Name, Part, Piece, RequestText, Source, Value};

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use std::time::Duration;

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        Ident::new(&self.0, Span::call_site()).to_tokens(tokens);
    }
}

/// A constant expression over the facade.
pub(super) fn value(of: &Value) -> TokenStream {
    value_in(None, of)
}

/// A constant expression over the runtime file of a middleware, or else the facade.
pub(super) fn value_in(middleware: Option<&str>, of: &Value) -> TokenStream {
    let value = |of| value_in(middleware, of);
    let path = |of| path_in(middleware, of);
    match of {
        Value::Text(text) => text.to_token_stream(),
        Value::Bytes(bytes) => {
            let bytes = Literal::byte_string(bytes);
            quote!(*#bytes)
        }
        Value::Number(number) => uint(*number),
        Value::Wide(number) => wide(*number),
        Value::Flag(flag) => flag.to_token_stream(),
        Value::Duration(length) => duration(*length),
        Value::Origin(line) => origin(line),
        Value::Late(value) => late(value),
        Value::OfRequest(text) => of_request(text),
        Value::Path(of) => path(of),
        Value::Call(function, arguments) => {
            let (function, arguments) = (path(function), arguments.iter().map(value));
            quote!(#function(#(#arguments),*))
        }
        Value::Struct(of, fields) => {
            let fields = fields.iter().map(|(name, of)| {
                let (name, of) = (self::path(name), value(of));
                quote!(#name: #of)
            });
            let of = path(of);
            quote!(#of { #(#fields),* })
        }
        Value::Option(of) => option(of.as_deref().map(value)),
        Value::Array(entries) => {
            let entries = entries.iter().map(value);
            quote!([#(#entries),*])
        }
        Value::Ref(name) => quote!(&#name),
        Value::Borrowed(of) => {
            let of = value(of);
            quote!(&#of)
        }
        Value::Slice(entries) | Value::Cells(_, entries) => {
            let entries = entries.iter().map(value);
            quote!(&[#(#entries),*])
        }
    }
}

/// `Limit::new`, `Methods::GET`, `window`: names which the compiler itself chose.
pub(super) fn path(of: &str) -> TokenStream {
    let names = of.split("::").map(|name| Ident::new(name, Span::call_site()));
    quote!(#(#names)::*)
}

/// The same in the runtime file of a middleware: `middleware::rate_limit::Limit::new`.
pub(super) fn path_in(middleware: Option<&str>, of: &str) -> TokenStream {
    let of = path(of);
    match middleware.map(path) {
        Some(middleware) => quote!(middleware::#middleware::#of),
        None => of,
    }
}

/// An integer without a suffix: its type is the field's.
pub(super) fn uint(number: impl Into<u64>) -> TokenStream {
    Literal::u64_unsuffixed(number.into()).to_token_stream()
}

/// The same in hexadecimal digits, in which the parts of an address can be read.
fn wide(number: u128) -> TokenStream {
    let digits = format!("{number:#x}").parse::<Literal>();
    digits.unwrap_or_else(|_| Literal::u128_unsuffixed(number)).to_token_stream()
}

/// An index or a length.
pub(super) fn size(number: usize) -> TokenStream {
    Literal::usize_unsuffixed(number).to_token_stream()
}

/// Text of many lines: a raw string, which a person can read, unless something in it could be mistaken there.
pub(super) fn lines(text: &str) -> TokenStream {
    // More than a config written by a person needs; rustc takes up to 255.
    const MOST_HASHES: usize = 8;
    let is_visible = |char: char| match char {
        '\n' | ' '..='~' => true,
        other => other.escape_debug().eq(std::iter::once(other)),
    };
    let mut fences = (1..=MOST_HASHES).map(|count| "#".repeat(count));
    let fence = fences.find(|hashes| !text.contains(&format!("\"{hashes}")));
    let raw = fence.filter(|_| text.chars().all(is_visible));
    let raw = raw.and_then(|hashes| format!("r{hashes}\"{text}\"{hashes}").parse::<Literal>().ok());
    raw.map_or_else(|| text.to_token_stream(), |raw| raw.to_token_stream())
}

/// In the largest unit that holds it exactly.
pub(super) fn duration(length: Duration) -> TokenStream {
    let (seconds, nanos) = (uint(length.as_secs()), length.subsec_nanos());
    if nanos == 0 {
        return quote!(Duration::from_secs(#seconds));
    }
    match u64::try_from(length.as_millis()) {
        Ok(millis) if nanos % 1_000_000 == 0 => {
            let millis = uint(millis);
            quote!(Duration::from_millis(#millis))
        }
        _ => {
            let nanos = uint(nanos);
            quote!(Duration::new(#seconds, #nanos))
        }
    }
}

/// The line that an item comes from.
pub(super) fn origin(of: &FileLine) -> TokenStream {
    let (file, line) = (&*of.file, uint(of.line));
    quote!(Origin::at(#file, #line))
}

/// A late value.
pub(super) fn late(Late { pieces }: &Late) -> TokenStream {
    let pieces = pieces.iter().map(piece);
    quote!(Late::new(&[#(#pieces),*]))
}

/// A text with values of the request.
fn of_request(RequestText { parts }: &RequestText) -> TokenStream {
    let parts = parts.iter().map(|part| match part {
        Part::Late(late) => {
            let piece = piece(late);
            quote!(RequestPart::Late(#piece))
        }
        Part::Request(source) => self::source(source),
    });
    quote!(RequestText::new(&[#(#parts),*]))
}

fn source(of: &Source) -> TokenStream {
    match of {
        Source::ClientIp => quote!(RequestPart::ClientIp),
        Source::Scheme => quote!(RequestPart::Scheme),
        Source::Host => quote!(RequestPart::Host),
        Source::Port => quote!(RequestPart::Port),
        Source::Method => quote!(RequestPart::Method),
        Source::Path => quote!(RequestPart::Path),
        Source::Id => quote!(RequestPart::Id),
        Source::Query(name) => quote!(RequestPart::Query(#name)),
        Source::Cookie(name) => quote!(RequestPart::Cookie(#name)),
        Source::Header(name) => {
            let name = name.as_str();
            quote!(RequestPart::Header(#name))
        }
        Source::Label { name: _ } => quote!(RequestPart::Label),
        Source::Segment { name: _, number } => {
            let number = uint(*number);
            quote!(RequestPart::Segment(#number))
        }
        Source::Rest { name: _, number } => {
            let number = uint(*number);
            quote!(RequestPart::Rest(#number))
        }
    }
}

fn piece(of: &Piece) -> TokenStream {
    match of {
        Piece::Literal(text) => quote!(Piece::Literal(#text)),
        Piece::Env { name, default } => {
            let default = option(default.as_ref());
            quote!(Piece::Env(#name, #default))
        }
        Piece::File(path) => quote!(Piece::File(#path)),
    }
}

/// `Some(..)` or `None`.
pub(super) fn option(of: Option<impl ToTokens>) -> TokenStream {
    match of {
        Some(of) => quote!(Some(#of)),
        None => quote!(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_raw_only_where_nothing_can_be_mistaken() {
        for (text, expected) in [
            ("a: 1\n", "r#\"a: 1\n\"#"),
            ("a: \"\\n\"\n", "r#\"a: \"\\n\"\n\"#"),
            ("a: \"#\"\n", "r##\"a: \"#\"\n\"##"),
            ("\u{e9}\n", "r#\"\u{e9}\n\"#"),
            ("a\r\n", "\"a\\r\\n\""),
            // It would turn the text around for whoever reads the file, and rustc refuses it.
            ("\u{202e}", "\"\\u{202e}\""),
        ] {
            assert_eq!(lines(text).to_string(), expected, "{text:?}");
            let literal: syn::LitStr = syn::parse2(lines(text)).unwrap();
            assert_eq!(literal.value(), text);
        }
        let fenced = format!("\"{}", "#".repeat(8));
        let literal: syn::LitStr = syn::parse2(lines(&fenced)).unwrap();
        assert_eq!(literal.value(), fenced);
    }
}
