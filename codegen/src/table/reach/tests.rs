//! The verdicts against the oracle.

use crate::model::{Model, Route};
use crate::table::oracle::{any_request, any_route, best, route};
use crate::table::{Answer, Reach, Table};
use crate::testing::cast;
use proptest::prelude::*;

fn model(routes: Vec<Route>) -> Model {
    Model { routes, ..cast("routes: [{path: /, respond: {}}]").model }
}

fn dead(texts: &[&str]) -> Vec<(String, Vec<String>)> {
    let model = model(texts.iter().map(|text| route(text)).collect());
    let table = Table::new(&model);
    let dead = table.dead().into_iter();
    dead.map(|(route, by)| (route.name.clone(), by.into_iter().map(|by| by.name.clone()).collect())).collect()
}

#[test]
fn routes_die_of_unions() {
    for (routes, takers) in [
        // `{x}` as a prefix takes all that `{*rest}` would, but for nothing.
        (&["* /a/{*rest}", "* /a/{x}", "* !/a/"][..], &["* /a/{x}", "* !/a/"][..]),
        (&["* /{*rest}", "* /{x}", "* !/"], &["* /{x}", "* !/"]),
        (&["* /a", "* !/a", "* !/a/", "* /a/{*rest}"], &["* !/a", "* !/a/", "* /a/{*rest}"]),
        (&["* /a", "* !/a", "* /a/{*rest}"], &["* !/a", "* /a/{*rest}"]),
        (&["* /", "* /{*rest}"], &["* /{*rest}"]),
        (&["* /", "* !/", "* /{*rest}"], &["* !/", "* /{*rest}"]),
        // Methods add up.
        (
            &["GET,PUT /a/{*rest}", "GET /a/{x}", "PUT,PATCH /a/{x}", "* !/a/"],
            &["GET /a/{x}", "PUT,PATCH /a/{x}", "* !/a/"],
        ),
        // So do lengths.
        (
            &["GET /a/{*r}", "* !/a/", "* !/a/{x}", "* !/a/{x}/", "GET /a/{x}/{*rest}"],
            &["* !/a/", "* !/a/{x}", "* !/a/{x}/", "GET /a/{x}/{*rest}"],
        ),
        // So do hosts, of a route that has several.
        (
            &["* a.com,{t}.com/a/{*rest}", "* a.com/a/{x}", "* {u}.com/a/{x}", "* !a.com,{u}.com/a/"],
            &["* a.com/a/{x}", "* {u}.com/a/{x}", "* !a.com,{u}.com/a/"],
        ),
        // Whoever asks for less takes more.
        (&["* /a/{*rest} +h +g ?q", "* /a/{x} +h", "* !/a/ ?q"], &["* /a/{x} +h", "* !/a/ ?q"]),
    ] {
        let takers: Vec<String> = takers.iter().map(|taker| (*taker).to_owned()).collect();
        assert_eq!(dead(routes), [(routes[0].to_owned(), takers)]);
    }
}

#[test]
fn routes_live_by_what_is_left() {
    for routes in [
        &["* /a/{*rest}", "GET,HEAD,POST,PUT,DELETE,OPTIONS,PATCH /a/{x}"][..],
        &["* /a", "* !/a", "* /a/{x}"],
        &["* /a", "* /a/{*rest}"],
        &["* /a/{*rest}", "* /a/{x:uint}", "* /a/{x:uuid}"],
        &["* a.com/a/{*rest}", "* /a/{x}"],
        &["* *.com/", "* a.com/", "* *.a.com/"],
        &["* *.com/", "* {t}.com/", "* a.com/"],
        &["* *.com/", "* {t}.com/", "* {t}.x.com/", "* *.x.com/", "* x.x.com/", "* *.x1.com/"],
        &["* a.com,b.com/a/{*rest}", "* a.com/a/{x}"],
        &["* /a/{*rest}", "* /a/{x} +h"],
        &["GET /a/{*rest}", "PUT /a/{x}"],
        &["* /a/{*rest}", "* !/a/{x}", "* /a/{x}/{y}"],
        &["* /a/{*rest}", "* /a/{x}"],
        &["* /{*rest}", "* /{x}"],
        &["* /{*rest}", "* !/"],
    ] {
        assert_eq!(dead(routes), []);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_routes_have_a_witness_and_no_request_gets_to_a_dead_one(
        drawn in prop::collection::vec(any_route(), 1..14),
        requests in prop::collection::vec(any_request(), 48),
    ) {
        // Ties are refused by another check.
        let mut routes: Vec<Route> = Vec::new();
        for route in drawn {
            let shares_host = |other: &Route| route.hosts.iter().any(|host| other.hosts.contains(host));
            let ties = |other: &Route| {
                shares_host(other) && other.precedence_within(&route).is_eq() && other.methods.intersects(route.methods)
            };
            if !routes.iter().any(ties) {
                routes.push(route);
            }
        }
        let model = model(routes);
        let table = Table::new(&model);
        let reach = table.reach();
        for (route, reach) in model.routes.iter().zip(&reach) {
            match reach {
                Reach::Live(witness) => {
                    let Answer::Route(found) = table.ask(witness) else { panic!("{witness} gets nowhere") };
                    prop_assert_eq!(&found.name, &route.name, "{} is not the witness", witness);
                    prop_assert_eq!(best(&model.routes, witness).map(|best| &best.name), Some(&route.name));
                }
                Reach::Dead(by) => prop_assert!(!by.is_empty() && by.iter().all(|by| by.precedence_within(route).is_lt())),
            }
        }
        for request in &requests {
            let best = best(&model.routes, request);
            let found = match table.ask(request) {
                Answer::Route(found) => Some(found),
                _ => None,
            };
            prop_assert_eq!(found.map(|found| &found.name), best.map(|best| &best.name), "{}", request);
            let number = model.routes.iter().position(|route| best.is_some_and(|best| std::ptr::eq(best, route)));
            if let Some(number) = number {
                prop_assert!(matches!(reach[number], Reach::Live(_)), "{} gets to {}", request, model.routes[number].name);
            }
        }
    }
}
