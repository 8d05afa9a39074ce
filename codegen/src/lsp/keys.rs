//! What the language says of a place in the config.

use super::scan::Step;
use crate::language::gateway::Gateway;
use crate::language::kind::written_word;
use crate::language::{KeyMeta, Section, Shape};

/// What the value at a path may be, each form on its own.
pub(super) fn at(path: &[Step]) -> Vec<Shape> {
    path.iter().fold(vec![Shape::Section(Gateway::META)], |forms, step| {
        forms.into_iter().filter_map(|form| down(form, step)).flat_map(Shape::forms).collect()
    })
}

fn down(form: Shape, step: &Step) -> Option<Shape> {
    match (form, step) {
        (Shape::List(of), Step::Index(_))
        | (Shape::Map(of) | Shape::Statuses(of) | Shape::Fields(_, of), Step::Key(_)) => Some(*of),
        (Shape::Section(section), Step::Key(name)) => {
            section.keys.iter().find(|key| key.name == name).map(|key| (key.shape)())
        }
        _ => None,
    }
}

/// The keys of the map at a path.
pub(super) fn keys(path: &[Step]) -> Vec<&'static KeyMeta> {
    let sections = at(path).into_iter().filter_map(|form| match form {
        Shape::Section(section) => Some(section.keys),
        _ => None,
    });
    sections.flatten().collect()
}

/// The words which the value at a path may be.
pub(super) fn words(path: &[Step]) -> Vec<String> {
    let words = at(path).into_iter().flat_map(|form| match form {
        Shape::Words(words) => words.into_iter().map(|word| written_word(word).one_line()).collect(),
        Shape::Numbers(numbers) => numbers.iter().map(u64::to_string).collect(),
        Shape::Flag => vec!["true".to_owned(), "false".to_owned()],
        // `false` is only another word for it.
        Shape::Off => vec!["off".to_owned()],
        _ => Vec::new(),
    });
    words.collect()
}

/// What is said of the key at a path; of a name of the user's, what it is the name of.
pub(super) fn description(path: &[Step]) -> Option<String> {
    let (last, around) = path.split_last()?;
    let key = keys(around).into_iter().find(|key| matches!(last, Step::Key(name) if key.name == name));
    let section =
        || at(path).into_iter().find_map(|form| form.section()).map(|section| section.description());
    key.map(KeyMeta::description).or_else(section)
}
