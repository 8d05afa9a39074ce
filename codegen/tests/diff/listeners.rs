//! What is reached where: clients know addresses, and not what a config calls its listeners.

use super::{LIMITED, kinds_of, model};
use castgate_codegen::diff::diff;
use castgate_codegen::model::Model;

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

#[test]
fn who_speaks_the_proxy_protocol_at_an_address_is_compared() {
    let with = |from: &str| {
        let door = format!("address: '0.0.0.0:8443', proxy_protocol: {{from: {from}}}");
        CONFIG.replace("address: '0.0.0.0:8443'", &door)
    };
    let ours = with("[10.0.0.0/8, unix]");
    let changes = diff(&model(CONFIG), &model(&ours)).text();
    assert_eq!(changes, "server-changed server.proxy_protocol.\"0.0.0.0:8443\": [\"10.0.0.0/8\", unix]\n");
    assert_eq!(kinds_of(&ours, CONFIG), ["server-changed"]);
    assert_eq!(kinds_of(&ours, &with("[10.0.0.0/8]")), ["server-changed"]);
    // Another spelling, and another name of the listener, are none.
    assert_eq!(kinds_of(&ours, &with("[unix, 10.128.0.0/9, 10.0.0.0/9]")), [""; 0]);
    assert_eq!(kinds_of(&ours, &ours.replace("public", "outside")), [""; 0]);
    assert_eq!(kinds_of(&with("10.0.0.0/8"), &with("[10.0.0.0/8]")), [""; 0]);
    // At another address it is one.
    let elsewhere =
        CONFIG.replace("'[::1]:8081']", "'[::1]:8081'], proxy_protocol: {from: [10.0.0.0/8, unix]}");
    assert_eq!(kinds_of(&ours, &elsewhere), ["server-changed"]);
}

#[test]
fn what_is_spoken_at_an_address_is_compared() {
    let with =
        |more: &str| CONFIG.replace("address: '0.0.0.0:8443'", &format!("address: '0.0.0.0:8443', {more}"));
    let ours = with("protocols: [h2, http/1.1]");
    let changes = diff(&model(CONFIG), &model(&ours)).text();
    assert_eq!(changes, "server-changed server.protocols.\"0.0.0.0:8443\": [h2, http/1.1]\n");
    assert_eq!(kinds_of(&ours, CONFIG), ["server-changed"]);
    assert_eq!(kinds_of(&ours, &with("protocols: [h2]")), ["server-changed"]);
    assert_eq!(kinds_of(&ours, &with("protocols: [http/1.1, h2]")), [""; 0]);
    assert_eq!(kinds_of(CONFIG, &with("protocols: [http/1.1]")), [""; 0]);
    // So are its limits, once.
    let limited = ours.replace("server:\n", "server:\n  http2: {streams: 10}\n");
    assert_eq!(kinds_of(&ours, &limited), ["server-changed"]);
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

/// Of a listener for everybody and one for some.
fn kinds_between(old: &str, new: &str) -> Vec<String> {
    let of = |listeners: &str| {
        model(&format!(
            "server: {{listeners: {{{listeners}}}}}\nroutes:\n  \
             - {{name: open, path: /open, respond: {{body: open}}}}\n  \
             - {{name: admin, listener: internal, path: /admin, respond: {{body: admin}}}}\n"
        ))
    };
    diff(&of(old), &of(new)).kinds().into_iter().map(str::to_owned).collect()
}

#[test]
fn a_route_that_comes_to_another_address_is_seen() {
    let old = "public: {address: '0.0.0.0:80'}, internal: {address: ['127.0.0.1:81', '127.0.0.1:82']}";
    for new in [
        // The names are as they were, and so are the addresses.
        "public: {address: ['127.0.0.1:81', '127.0.0.1:82']}, internal: {address: '0.0.0.0:80'}",
        "public: {address: '127.0.0.1:82'}, internal: {address: ['127.0.0.1:81', '0.0.0.0:80']}",
        "public: {address: '[::]:80'}, internal: {address: ['127.0.0.1:81', '127.0.0.1:82', '0.0.0.0:80']}",
    ] {
        let kinds = kinds_between(old, new);
        assert!(kinds.contains(&"route-exposed".to_owned()), "{new}: {kinds:?}");
    }
    let fewer = "public: {address: ['0.0.0.0:80', '127.0.0.1:82']}, internal: {address: '127.0.0.1:81'}";
    assert_eq!(kinds_between(old, fewer), ["route-removed"]);
}

#[test]
fn a_listener_that_moves_or_gets_another_spelling_keeps_its_routes() {
    let old = "public: {address: '[::]:80'}, internal: {address: '127.0.0.1:81'}";
    for new in [
        "internal: {address: '127.0.0.1:81'}, public: {address: '[::]:80'}",
        "public: {address: '[0::0]:80'}, internal: {address: '127.0.0.1:81'}",
        "outside: {address: '[::0]:80'}, internal: {address: '127.0.0.1:81'}",
    ] {
        assert!(kinds_between(old, new).is_empty(), "{new}");
    }
    for new in [
        "public: {address: '[::]:80'}, internal: {address: '127.0.0.1:82'}",
        "public: {address: '[::]:90'}, internal: {address: '127.0.0.1:91'}",
        "public: {address: '[::]:80'}, internal: {address: ['127.0.0.1:81', '127.0.0.1:82']}",
    ] {
        assert_eq!(kinds_between(old, new), ["server-changed"], "{new}");
    }
}

/// A gateway with two listeners, of which this is the second.
fn beside_public(plain: &str) -> Model {
    model(&format!(
        "server: {{listeners: {{public: {{address: 0.0.0.0:8443}}, plain: {{address: 0.0.0.0:80{plain}}}}}}}
routes:
  - {{name: all, path: /, respond: {{}}}}
  - {{name: own, path: /own, listener: public, respond: {{}}}}
"
    ))
}

#[test]
fn a_listener_that_begins_or_stops_to_redirect_is_a_change_of_its_requests() {
    let [serves, redirects, elsewhere] =
        ["", ", redirect: https", ", redirect: {scheme: https, port: 8443}"].map(beside_public);
    let kinds = |old: &Model, new: &Model| {
        let diff = diff(old, new);
        assert!(diff.requests.iter().all(|group| group.listeners == ["plain"]), "{}", diff.text());
        diff.kinds().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&redirects, &redirects), [""; 0]);
    assert_eq!(kinds(&redirects, &elsewhere), ["redirect-changed"]);
    assert!(kinds(&serves, &redirects).contains(&"target-changed".to_owned()));
    // What was reached on the other listener only is open here, which `--fail-on route-exposed` sees.
    let stops = kinds(&redirects, &serves);
    assert!(
        ["route-exposed", "target-changed"].iter().all(|kind| stops.iter().any(|it| it == kind)),
        "{stops:?}"
    );
}
