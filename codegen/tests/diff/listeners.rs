//! What is reached where: clients know addresses, and not what a config calls its listeners.

use super::{LIMITED, kinds_of};

const CONFIG: &str = "\
server:
  listeners:
    public: {address: '0.0.0.0:8443'}
    internal: {address: ['127.0.0.1:8081', '[::1]:8081']}
middleware: {rate_limit: {rate: 5/s}}
routes:
  - {name: open, path: /, listener: public, respond: {}}
  - {name: admin, path: /admin, listener: internal, respond: {}}
  - {name: both, path: /both, respond: {}}
";

#[test]
fn another_name_is_no_change() {
    let one = CONFIG.replace("public", "outside");
    assert_eq!(kinds_of(CONFIG, &one), [""; 0]);
    let all = one.replace("internal", "inside");
    assert_eq!(kinds_of(CONFIG, &all), [""; 0]);
    // Or none at all.
    let named =
        "server: {listeners: {a: {address: '127.0.0.1:1'}}}\nroutes: [{path: /, listener: a, respond: {}}]\n";
    let unnamed = "server: {listen: '127.0.0.1:1'}\nroutes: [{path: /, respond: {}}]\n";
    assert_eq!(kinds_of(named, unnamed), [""; 0]);
    assert_eq!(kinds_of(unnamed, named), [""; 0]);
    // What changes with the name is seen.
    let exposed =
        one.replace("path: /admin, listener: internal", "path: /admin, listener: [internal, outside]");
    assert_eq!(kinds_of(CONFIG, &exposed), ["route-changed", "route-exposed"]);
}

#[test]
fn another_address_is_one() {
    let moved = CONFIG.replace("0.0.0.0:8443", "0.0.0.0:9443");
    assert_eq!(kinds_of(CONFIG, &moved), ["server-changed"]);
    let renamed = moved.replace("public", "outside");
    assert_eq!(kinds_of(CONFIG, &renamed), ["server-changed"]);
}

/// Two listeners that change their names, and so the routes at their addresses.
#[test]
fn names_that_are_swapped_swap_what_is_reached() {
    let swapped = CONFIG
        .replace("public: {", "x: {")
        .replace("internal: {", "public: {")
        .replace("x: {", "internal: {");
    let kinds = kinds_of(CONFIG, &swapped);
    assert!(kinds.iter().any(|kind| kind == "route-exposed"), "{kinds:?}");
}

#[test]
fn built_in_paths_that_become_public_are_seen() {
    let admin = format!("admin: {{listen: '127.0.0.1:9090'}}\n{LIMITED}");
    assert_eq!(kinds_of(&admin, LIMITED), ["admin-changed", "built-in-added"]);
    assert_eq!(kinds_of(LIMITED, &admin), ["admin-changed", "built-in-removed"]);
    // What a route guarded is answered by anybody now.
    let guarded = |config: &str| {
        config
            .replace("path: /a", "path: /")
            .replace("rate_limit: {rate: 5/s}", "auth: {api_keys: {keys: '${env:KEYS}'}}")
    };
    let kinds = kinds_of(&guarded(&admin), &guarded(LIMITED));
    assert!(
        ["auth-removed", "built-in-added"].iter().all(|kind| kinds.iter().any(|other| other == kind)),
        "{kinds:?}"
    );
}
