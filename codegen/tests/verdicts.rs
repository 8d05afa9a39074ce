//! What the compiler says of routes that tie and of routes that no request gets to, against an oracle that tries every
//! request. Random gateways that are meant to be sound hardly ever have either; these have both.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

mod overlapping;
#[path = "random/mod.rs"]
mod random;

use castgate_codegen::{Diagnostics, Source, analyse};
use overlapping::{Condition, Gateway, Route, Segment, Spelling, oracle, route, yaml};
use random::Choices;
use std::collections::{BTreeMap, BTreeSet};

/// Gateways with routes that tie, and routes that are dead, in one run.
const FLOOR: usize = 200;
/// More than are needed by far, so that chance cannot miss the floor.
const MOST_SEEDS: u64 = 20_000;

/// Nothing but routes that respond: the other checks have nothing to say.
fn routes(choices: &mut Choices<'_>) -> Gateway {
    let mut routes: Vec<_> =
        (0..choices.between(2, 9)).map(|number| route(choices, &format!("r{number}"))).collect();
    if choices.chance(60) {
        routes.extend(hidden(choices));
    }
    for route in &mut routes {
        route.target = overlapping::RESPOND;
        route.timeout = None;
        // Ties are among routes of one path, and dead is what a route of the same fields hides.
        if choices.chance(50) {
            route.condition.fields.clear();
        }
        if choices.chance(50) {
            route.condition.hosts.clear();
        }
    }
    let has_listeners = choices.chance(50);
    for route in &mut routes {
        route.condition.listeners = if has_listeners { overlapping::listeners(choices) } else { Vec::new() };
    }
    Gateway {
        has_admin: true,
        has_listeners,
        most_body: 1024,
        middleware: BTreeMap::new(),
        upstreams: BTreeMap::new(),
        routes,
    }
}

/// A route, and those that could take all it matches: all but for a few, which are left out now and then.
fn hidden(choices: &mut Choices<'_>) -> Vec<Route> {
    let mut below = route(choices, "below");
    below.condition.path.truncate(choices.below(2));
    below.condition.path.retain(|segment| !matches!(segment, Segment::Rest | Segment::Literal("")));
    below.condition.is_exact = false;
    let taker = |name: &str, more: &[Segment], is_exact: bool| {
        let mut taker = Route { name: name.to_owned(), ..below.clone() };
        taker.condition.path.extend(more);
        taker.condition.is_exact = is_exact;
        taker
    };
    let mut takers = match choices.below(3) {
        0 => vec![taker("one", &[Segment::Any], false), taker("nothing", &[Segment::Literal("")], true)],
        1 => vec![
            taker("end", &[Segment::Any], true),
            taker("slash", &[Segment::Any, Segment::Literal("")], true),
            taker("more", &[Segment::Any, Segment::Rest], false),
            taker("nothing", &[Segment::Literal("")], true),
        ],
        _ => {
            let [mut read, mut write] = ["get", "post"].map(|name| taker(name, &[Segment::Any], false));
            let mut nothing = taker("nothing", &[Segment::Literal("")], true);
            read.condition.methods = vec!["GET"];
            write.condition.methods = vec!["POST"];
            nothing.condition.methods = Vec::new();
            below.condition.methods = vec!["GET", "POST"];
            vec![read, write, nothing]
        }
    };
    if choices.chance(20) {
        takers.remove(choices.below(takers.len()));
    }
    below.condition.path.push(Segment::Rest);
    takers.push(below);
    takers
}

/// What is reported: code, title, the first help.
type Report = (String, String, String);

fn reports(gateway: &Gateway, choices: &mut Choices<'_>) -> (Vec<Report>, String) {
    let text = yaml(choices, gateway, Spelling::Usual);
    let mut sink = Diagnostics::new();
    let _ = analyse(&mut Source::new("gateway.yml", text.as_str()), &mut sink);
    let reports = sink.sorted().into_iter().map(|diagnostic| {
        let help = diagnostic.help.first().cloned().unwrap_or_default();
        (diagnostic.code.id.to_owned(), diagnostic.title.clone(), help)
    });
    (reports.collect(), text)
}

const AMBIGUOUS: &str = "CG0308";
const UNREACHABLE: &str = "CG0309";

/// Routes that tie where the request is the one that a help shows: "for example `GET http://a.com/x?q=1` with `x-h: 1`".
fn shown<'g>(universe: &oracle::Universe<'g>, help: &str) -> BTreeSet<(&'g str, &'g str)> {
    let (help, listeners) = help.rsplit_once(" on ").unwrap_or((help, ""));
    let quoted: Vec<&str> = help.split('`').skip(1).step_by(2).collect();
    let (line, headers) = quoted.split_first().unwrap();
    let (method, url) = line.split_once(' ').unwrap();
    let (target, query) = url.split_once('?').unwrap_or((url, ""));
    let (host, path) = target.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let query = query.split('&').filter_map(|pair| pair.split_once('='));
    let fields = headers.iter().filter_map(|field| field.split_once(": ")).chain(query).collect();
    universe.tied_at(|condition: &Condition| {
        listeners.split(", ").all(|listener| condition.is_on(listener))
            && condition.has(method, host, &format!("/{path}"), &fields)
    })
}

#[test]
fn routes_tie_exactly_if_a_request_shows_it() {
    let first = random::seed(80_000);
    let (mut tied, mut pairs, mut others, mut taken) = (0, 0, 0, 0);
    for seed in first..first + MOST_SEEDS {
        if tied >= FLOOR {
            break;
        }
        let mut choices = Choices::seeded(seed);
        let gateway = routes(&mut choices);
        let universe = oracle::Universe::of(&gateway);
        let ties = universe.ties();
        let (reports, text) = reports(&gateway, &mut choices);
        let ambiguous: Vec<&Report> = reports.iter().filter(|(code, ..)| code == AMBIGUOUS).collect();
        let what = format!("CASTGATE_SEED={seed}\n{text}\n{reports:?}");
        assert_eq!(ambiguous.is_empty(), ties.is_empty(), "{what}");
        for (_, title, help) in ambiguous {
            let names: Vec<&str> = title.split('`').skip(1).step_by(2).collect();
            let pair = (names[0].min(names[1]), names[0].max(names[1]));
            assert!(ties.contains(&pair), "{what}");
            assert!(shown(&universe, help).contains(&pair), "{help} is no example\n{what}");
        }
        let pairs_of = |routes: &[Route]| -> usize {
            let one_and_others =
                |number: usize| routes[number + 1..].iter().map(move |other| (number, other));
            let pairs = (0..routes.len()).flat_map(one_and_others);
            pairs.filter(|(one, other)| routes[*one].condition.ties(&other.condition)).count()
        };
        taken += usize::from(ties.is_empty() && pairs_of(&gateway.routes) > 0);
        pairs += ties.len();
        if ties.is_empty() { others += 1 } else { tied += 1 }
    }
    println!(
        "{tied} gateways have {pairs} ties, {others} have none; of {taken} others take all that two match"
    );
    assert!(taken >= FLOOR / 20, "{taken}");
    assert!(tied >= FLOOR && others >= FLOOR / 10, "{tied} and {others}");
}

#[test]
fn routes_are_dead_exactly_if_no_request_gets_to_them() {
    let first = random::seed(90_000);
    let (mut dead, mut live) = (0, 0);
    for seed in first..first + MOST_SEEDS {
        if dead >= FLOOR {
            break;
        }
        let mut choices = Choices::seeded(seed);
        let mut gateway = routes(&mut choices);
        // Where two tie, nobody can say which of them takes a request.
        let mut sound = Vec::new();
        for route in std::mem::take(&mut gateway.routes) {
            if !sound.iter().any(|other: &Route| other.condition.ties(&route.condition)) {
                sound.push(route);
            }
        }
        gateway.routes = sound;
        let universe = oracle::Universe::of(&gateway);
        let expected: BTreeSet<String> =
            universe.dead().into_iter().map(|name| format!("no request gets to route `{name}`")).collect();
        let (reports, text) = reports(&gateway, &mut choices);
        let unreachable = reports.into_iter().filter(|(code, ..)| code == UNREACHABLE);
        let found: BTreeSet<String> = unreachable.map(|(_, title, _)| title).collect();
        assert_eq!(found, expected, "CASTGATE_SEED={seed}\n{text}");
        dead += expected.len();
        live += gateway.routes.len() - expected.len();
    }
    println!("{dead} routes are dead, {live} are not");
    assert!(dead >= FLOOR && live >= FLOOR, "{dead} and {live}");
}
