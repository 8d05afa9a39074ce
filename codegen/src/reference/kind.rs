//! What may be written as a value, in words.

use crate::language::Shape;
use crate::resolve::units;

/// The type, with its unit.
pub(super) fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Flag => "`true`, `false`".to_owned(),
        Shape::Number(_, u64::MAX) => "number".to_owned(),
        Shape::Number(least, most) => format!("{least} to {most}"),
        Shape::Numbers(numbers) => listed(numbers),
        Shape::Words(words) => listed(words),
        Shape::Duration => format!("duration in {}", units::DURATIONS.listed()),
        Shape::Size => format!("size in {}", units::SIZES.listed()),
        Shape::Share => "share in `%`".to_owned(),
        Shape::Rate => format!("rate {}, or of a span (`/15m`)", units::RATES.listed()),
        Shape::Pattern(_, said) => (*said).to_owned(),
        Shape::Late => "late text".to_owned(),
        Shape::Text | Shape::FieldName(_) => "text".to_owned(),
        Shape::List(of) => format!("list of {}", kind(of)),
        Shape::Map(of) | Shape::Fields(_, of) => format!("map of names to {}", kind(of)),
        Shape::Statuses(of) => format!("map of statuses (`404`) and classes (`5xx`) to {}", kind(of)),
        Shape::AnyOf(choices) => {
            let kinds: Vec<String> = choices.iter().map(kind).collect();
            match kinds.as_slice() {
                [one, list, rest @ ..] if *list == format!("list of {one}") => {
                    let rest: String = rest.iter().map(|other| format!(", or {other}")).collect();
                    format!("{one}, one or a list{rest}")
                }
                _ => kinds.join(" or "),
            }
        }
        Shape::Section(_) => "section".to_owned(),
        Shape::Off => "`off`".to_owned(),
        Shape::Refused => "refused by this version".to_owned(),
    }
}

fn listed<T: ToString>(words: &[T]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{}`", word.to_string())).collect();
    words.join(", ")
}
