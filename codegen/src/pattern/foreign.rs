//! Segments as other programs write them: `<int:id>`, `{id...}`, `[0-9]+`. Each has a segment here that means the same,
//! or nearly so.

use super::segment::is_name;

/// The segment as it is written here; `None` if it is nothing that is known from elsewhere.
pub(super) fn segment(raw: &str, is_last: bool, whole: &str) -> Option<String> {
    if let Some(inner) = raw.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        // Flask and Django: `<int:id>`.
        return match inner.split_once(':') {
            Some((kind, name)) => typed(name, kind, is_last),
            None => typed(inner, "", is_last),
        };
    }
    if let Some(inner) = raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return braces(inner, is_last, whole);
    }
    let kind = takes(raw)?;
    // A name that is free: this one's, and a digit if need be.
    let base = match kind {
        Takes::Digits => "id",
        Takes::Rest if is_last => "rest",
        Takes::One | Takes::Rest => "name",
    };
    let is_free =
        |name: &String| !whole.contains(&format!("{{{name}")) && !whole.contains(&format!("{{*{name}"));
    let name = std::iter::once(base.to_owned())
        .chain((2..10).map(|number| format!("{base}{number}")))
        .find(is_free)?;
    Some(kind.named(&name, is_last))
}

/// A whole path that is a regular expression, without the `^` in front, segment by segment.
pub(super) fn expression(text: &str) -> String {
    let mut path = text.strip_suffix('$').unwrap_or(text).to_owned();
    let count = path.split('/').count();
    for index in 0..count {
        let raw = path.split('/').nth(index).unwrap_or_default().to_owned();
        if let Some(here) = segment(&raw, index + 1 == count, &path) {
            let parts = path.split('/').enumerate();
            let parts: Vec<&str> =
                parts.map(|(at, part)| if at == index { here.as_str() } else { part }).collect();
            path = parts.join("/");
        }
    }
    path
}

/// What a regular expression of one segment takes.
#[derive(Clone, Copy)]
enum Takes {
    Digits,
    One,
    Rest,
}

impl Takes {
    fn named(self, name: &str, is_last: bool) -> String {
        match self {
            Self::Digits => format!("{{{name}:uint}}"),
            Self::Rest if is_last => format!("{{*{name}}}"),
            Self::One | Self::Rest => format!("{{{name}}}"),
        }
    }
}

/// `[0-9]+`, `\d{4}`, `[a-z]+`, `(a|b)`, `.*`: the whole segment is one expression.
fn takes(text: &str) -> Option<Takes> {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    if let Some(inner) = inner.filter(|inner| !inner.contains(['(', ')'])) {
        return takes(inner).or_else(|| inner.contains('|').then_some(Takes::One));
    }
    let atom = text.strip_suffix(['+', '*']).unwrap_or(text);
    match atom {
        r"\d" | "[0-9]" => Some(Takes::Digits),
        "." if atom != text => Some(Takes::Rest),
        r"\w" | r"\S" => Some(Takes::One),
        _ => {
            let class = atom.strip_prefix('[')?.strip_suffix(']')?;
            (!class.is_empty() && !class.contains(['[', ']'])).then_some(Takes::One)
        }
    }
}

fn braces(inner: &str, is_last: bool, whole: &str) -> Option<String> {
    // Go `{rest...}`, Spring `{*rest}` and `{**rest}`, ASP.NET `{**rest}`, RFC 6570 `{+rest}`.
    let rest = inner
        .strip_suffix("...")
        .or_else(|| inner.strip_prefix("**"))
        .or_else(|| inner.strip_prefix('+'))
        .or_else(|| inner.strip_suffix('*'));
    if let Some(name) =
        rest.map(|name| if name.is_empty() { "rest" } else { name }).filter(|name| is_name(name))
    {
        let is_taken = whole.contains(&format!("{{{name}}}"));
        return (is_last && !is_taken).then(|| format!("{{*{name}}}"));
    }
    if let Some(inner) = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return is_name(inner).then(|| format!("{{{inner}}}"));
    }
    let (name, kind) = inner.split_once(':')?;
    typed(name, kind, is_last)
}

/// A parameter with a type of another program, or with an expression for its type.
fn typed(name: &str, kind: &str, is_last: bool) -> Option<String> {
    if !is_name(name) {
        return None;
    }
    match kind.to_ascii_lowercase().as_str() {
        "uint" | "int" | "integer" | "number" | "num" | "long" | "u32" | "u64" | "i32" | "i64" | "digits" => {
            Some(Takes::Digits.named(name, is_last))
        }
        "" | "any" | "str" | "string" | "slug" | "segment" => Some(Takes::One.named(name, is_last)),
        "path" => is_last.then(|| Takes::Rest.named(name, is_last)),
        "guid" | "uuid" => Some(format!("{{{name}:uuid}}")),
        _ => takes(kind).map(|takes| takes.named(name, is_last)),
    }
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn what_others_write_has_a_segment_here() {
        for (raw, expected) in [
            ("<id>", Some("{id}")),
            ("<int:id>", Some("{id:uint}")),
            ("<uuid:key>", Some("{key:uuid}")),
            ("<path:rest>", Some("{*rest}")),
            ("{id:int}", Some("{id:uint}")),
            ("{id:[0-9]+}", Some("{id:uint}")),
            ("{name:string}", Some("{name}")),
            ("{file:.*}", Some("{*file}")),
            ("{rest...}", Some("{*rest}")),
            ("{**rest}", Some("{*rest}")),
            ("{rest*}", Some("{*rest}")),
            ("{{id}}", Some("{id}")),
            ("[a-z]+", Some("{name}")),
            (r"\d+", Some("{id:uint}")),
            (r"(\d+)", Some("{id:uint}")),
            ("(a|b)", Some("{name}")),
            (".*", Some("{*rest}")),
            ("[^/]+", Some("{name}")),
            ("{id}.png", None),
            ("{id:float}", None),
            ("<>", None),
            ("users", None),
            ("a.b", None),
            ("*", None),
        ] {
            assert_eq!(segment(raw, true, raw).as_deref(), expected, "{raw}");
        }
        assert_eq!(segment(".*", false, "/.*/x").as_deref(), Some("{name}"), "no rest in the middle");
        assert_eq!(
            segment("[a-z]+", false, "/{name}/[a-z]+").as_deref(),
            Some("{name2}"),
            "a name that is free"
        );
    }
}
