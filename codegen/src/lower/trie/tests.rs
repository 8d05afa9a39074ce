//! The tables against an oracle that knows nothing of tries.

use super::*;
use crate::model::Methods;
use crate::table::Request;
use crate::table::oracle::{any_request, any_route, best, matches, order, route};
use castgate_contract::search::Tables;
use proptest::prelude::*;

/// The number of the route the tables lead to.
fn find(index: &Index, routes: &[Route], request: &Request) -> Option<usize> {
    let method = Methods::of(request.method());
    let accepts = |route: &Route| route.methods.intersects(method) && request.has_fields_of(route);
    let found =
        index.search(request.host(), request.path(), &mut |number, _| accepts(&routes[number as usize]));
    found.map(|number| number as usize)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_tables_find_what_the_oracle_finds(
        routes in prop::collection::vec(any_route(), 1..24),
        requests in prop::collection::vec(any_request(), 16),
    ) {
        let index = index(&routes, Stems::Joined);
        for request in &requests {
            let found = find(&index, &routes, request);
            match (found, best(&routes, request)) {
                (None, None) => {}
                // Routes which tie are refused before; here they only have to be as good as each other.
                (Some(found), Some(best)) => {
                    prop_assert!(matches(&routes[found], request), "{} does not match", routes[found].name);
                    prop_assert!(order(&routes[found], best, request).is_eq(), "{} is better than {}", best.name, routes[found].name);
                }
                (found, best) => prop_assert!(false, "found {:?}, expected {:?} for {:?}", found, best.map(|route| &route.name), request),
            }
        }
    }
}

#[test]
fn nodes_are_numbered_depth_first_and_the_root_path_ends_at_the_root() {
    let one = |number| Span::one(number, crate::plan::Methods::ALL);
    let exact = |path| route(&format!("* !{path}"));
    let index = index(&[exact("/b/c"), exact("/a/{x}"), exact("/"), exact("/a/")], Stems::Joined);
    assert_eq!((index.nodes().len(), index.roots.any_host), (5, 0));
    assert_eq!(index.nodes()[0].exact, one(2));
    assert_eq!(index.nodes()[1].param, 3);
    assert_eq!(index.nodes()[3].exact, one(1));
    assert!(index.candidates().is_empty());
}

#[test]
fn literals_without_alternatives_are_one_stem() {
    let exact = |path| route(&format!("* !{path}"));
    let index = index(
        &[exact("/api/v1/a"), exact("/api/v1/b/c/{x}/d/e"), exact("/api/v1/b/c/{x}/d/e/")],
        Stems::Joined,
    );
    let stems: Vec<&str> = index.nodes().iter().map(|node| node.stem.as_str()).collect();
    assert_eq!(stems, ["api/v1", "", "c", "d/e", ""]);
}
