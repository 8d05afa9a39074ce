//! Random configs, made from the language's own structure: every section and key of docs/configuration.md in every
//! spelling, most of them right, some with a mistake put in.
//!
//! Nothing here knows the compiler but by its schema, so that both cannot be wrong in the same way. It is used by the tests of this
//! crate, by those of the workspace that compile what was generated, and by the fuzzer.
// Every test takes in the whole module, and uses the part it needs.
#![allow(dead_code)]

mod choices;
mod declared;
mod gateway;
mod middleware;
mod mistake;
mod quantity;
mod route;
mod target;
mod text;
mod upstream;
pub(crate) mod yaml;

pub(crate) use choices::Choices;

/// A config, as it stands in a file. A sound one is meant to be accepted, and nearly always is: that two routes tie, or
/// hide a third, is left to chance.
pub(crate) fn sound(choices: &mut Choices<'_>) -> String {
    let tree = tree(choices);
    yaml::file(choices, &tree)
}

/// A config, three in four of which are sound.
pub(crate) fn config(choices: &mut Choices<'_>) -> String {
    let mut tree = tree(choices);
    if choices.chance(75) {
        return yaml::file(choices, &tree);
    }
    if choices.chance(80) {
        mistake::in_tree(choices, &mut tree);
    }
    let text = yaml::file(choices, &tree);
    if choices.chance(30) { mistake::in_text(choices, &text) } else { text }
}

/// A config that is meant to be accepted, and the same with one mistake in it, each as it may stand in a file.
pub(crate) fn mistaken(choices: &mut Choices<'_>) -> (String, String) {
    let mut tree = tree(choices);
    let sound = yaml::file(choices, &tree);
    if choices.chance(60) {
        mistake::slip(choices, &mut tree);
    } else {
        mistake::one_in_tree(choices, &mut tree);
    }
    (sound, yaml::file(choices, &tree))
}

fn tree(choices: &mut Choices<'_>) -> yaml::Node {
    let mut tree = gateway::gateway(choices);
    declared::fill(choices, &mut tree);
    tree
}

/// The seed of a test: its own, or what `CASTGATE_SEED` says.
pub(crate) fn seed(own: u64) -> u64 {
    let Ok(text) = std::env::var("CASTGATE_SEED") else { return own };
    text.parse().unwrap_or_else(|_| panic!("CASTGATE_SEED={text} is not a number"))
}

/// Calls `test` with so many configs, one seed after the other, and says which seed made it panic.
pub(crate) fn for_each(
    first: u64,
    count: u64,
    make: fn(&mut Choices<'_>) -> String,
    mut test: impl FnMut(&str),
) {
    let first = seed(first);
    for seed in first..first + count {
        let text = make(&mut Choices::seeded(seed));
        let told = Told { seed, text: &text };
        test(told.text);
        std::mem::forget(told);
    }
}

/// Dropped only by a panic.
struct Told<'a> {
    seed: u64,
    text: &'a str,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        eprintln!("CASTGATE_SEED={} gives this config:\n{}", self.seed, self.text);
    }
}
