//! `diff` is a promise: on random pairs of gateways it finds what an oracle finds that tries every request, and on one
//! gateway in two spellings nothing.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod overlapping;
#[path = "random/mod.rs"]
mod random;

use castgate_codegen::diff::diff;
use castgate_codegen::model::Model;
use castgate_codegen::{Diagnostics, Source, analyse};
use overlapping::{Gateway, Spelling, gateway, mutated, oracle, told_by_parameters, yaml};
use random::Choices;
use std::collections::{BTreeMap, BTreeSet};

/// Pairs that differ, in one run.
const PAIRS: usize = 400;
/// Gateways in two spellings.
const SPELLINGS: usize = 200;
/// More than are needed by far, so that chance cannot miss the floors.
const MOST_SEEDS: u64 = 20_000;

fn model(text: &str) -> Option<Model> {
    analyse(&mut Source::new("gateway.yml", text), &mut Diagnostics::new()).ok()
}

#[test]
fn what_any_request_shows_is_reported_and_nothing_else() {
    let first = random::seed(50_000);
    let (mut differing, mut alike) = (0, 0);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for seed in first..first + MOST_SEEDS {
        if differing >= PAIRS {
            break;
        }
        let mut choices = Choices::seeded(seed);
        let old = gateway(&mut choices);
        let new: Gateway =
            if choices.chance(20) { gateway(&mut choices) } else { mutated(&mut choices, &old) };
        let texts = [&old, &new].map(|gateway| yaml(&mut choices, gateway, Spelling::Usual));
        let (Some(one), Some(other)) = (model(&texts[0]), model(&texts[1])) else { continue };
        let expected = oracle::kinds(&old, &new);
        let diff = diff(&one, &other);
        let found: BTreeSet<String> = diff.kinds().into_iter().map(str::to_owned).collect();
        let what = format!("CASTGATE_SEED={seed}\n{}\n{}\n{}", texts[0], texts[1], diff.text());
        assert!(diff.is_complete, "{what}");
        assert_eq!(found, expected, "{what}");
        if expected.is_empty() {
            alike += 1
        } else {
            differing += 1
        }
        expected.into_iter().for_each(|kind| *seen.entry(kind).or_default() += 1);
    }
    println!("{differing} pairs differ, {alike} do not: {seen:?}");
    assert!(differing >= PAIRS, "only {differing} pairs differ");
    for kind in [
        "auth-removed",
        "auth-added",
        "rate-limit-changed",
        "route-changed",
        "forward-path-changed",
        "built-in-added",
        "route-exposed",
    ] {
        assert!(seen.get(kind).is_some_and(|count| *count >= 5), "{kind}: {seen:?}");
    }
}

#[test]
fn what_only_path_parameters_show_is_reported() {
    let first = random::seed(80_000);
    let (mut differing, mut alike) = (0, 0);
    for seed in first..first + MOST_SEEDS {
        if differing >= 50 {
            break;
        }
        let mut choices = Choices::seeded(seed);
        let gateway = gateway(&mut choices);
        let pair = told_by_parameters(&mut choices, &gateway);
        let texts = pair.each_ref().map(|gateway| yaml(&mut choices, gateway, Spelling::Usual));
        let (Some(one), Some(other)) = (model(&texts[0]), model(&texts[1])) else { continue };
        let expected = oracle::kinds(&pair[0], &pair[1]);
        let diff = diff(&one, &other);
        let found: BTreeSet<String> = diff.kinds().into_iter().map(str::to_owned).collect();
        assert_eq!(found, expected, "CASTGATE_SEED={seed}\n{}\n{}\n{}", texts[0], texts[1], diff.text());
        assert!(expected.iter().all(|kind| kind == "forward-path-changed"), "{expected:?}");
        if expected.is_empty() { alike += 1 } else { differing += 1 }
    }
    assert!(differing >= 50 && alike >= 50, "{differing} pairs differ, {alike} do not");
}

#[test]
fn one_gateway_in_two_spellings_is_no_change() {
    let first = random::seed(60_000);
    let mut compared = 0;
    for seed in first..first + MOST_SEEDS {
        if compared >= SPELLINGS {
            break;
        }
        let mut choices = Choices::seeded(seed);
        let gateway = gateway(&mut choices);
        let texts = [0, 1].map(|_| yaml(&mut choices, &gateway, Spelling::Any));
        let (Some(one), Some(other)) = (model(&texts[0]), model(&texts[1])) else { continue };
        compared += 1;
        let diff = diff(&one, &other);
        assert!(diff.is_empty(), "CASTGATE_SEED={seed}\n{}\n{}\n{}", texts[0], texts[1], diff.text());
    }
    println!("{compared} gateways in two spellings");
    assert!(compared >= SPELLINGS, "only {compared} were compared");
}

/// The whole language, written out with every default.
#[test]
fn the_normal_form_of_a_config_is_no_change() {
    let mut compared = 0;
    random::for_each(70_000, 100, random::sound, |text| {
        let Some(before) = model(text) else { return };
        let after = model(&castgate_codegen::normal::text(&before)).unwrap();
        compared += 1;
        let diff = diff(&before, &after);
        assert!(diff.is_empty() && diff.is_complete, "{}", diff.text());
    });
    assert!(compared >= 50, "only {compared} of 100 were compared");
}
