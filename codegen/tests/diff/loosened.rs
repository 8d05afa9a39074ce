//! What lets more pass than before has a name of its own.

use super::*;

/// What lets more pass is a kind of its own beside the change, and says what; what lets less pass is none.
#[test]
fn what_lets_more_pass_is_called_so() {
    let config = |middleware: &str| {
        let server = "server: {trusted_proxies: []}";
        model(&format!("{server}\nmiddleware: {{{middleware}}}\nroutes: [{{path: /, respond: {{}}}}]\n"))
    };
    let changes = |old: &str, new: &str| -> Vec<String> {
        let text = diff(&config(old), &config(new)).text();
        let lines = text.lines().filter_map(|line| line.trim().split_once("-loosened: "));
        lines.map(|(kind, what)| format!("{kind}: {what}")).collect()
    };
    for (old, new, loosened) in [
        (
            "ip_filter: {allow: [10.0.0.0/8]}",
            "ip_filter: {allow: [10.0.0.0/7]}",
            &["ip-filter: lets 11.0.0.0 in"][..],
        ),
        ("ip_filter: {allow: [10.0.0.0/8]}", "ip_filter: {allow: [10.0.0.0/9]}", &[]),
        ("ip_filter: {allow: [10.0.0.0/8]}", "ip_filter: {allow: [10.128.0.0/9, 10.0.0.0/9]}", &[]),
        (
            "ip_filter: {deny: [10.0.0.0/8]}",
            "ip_filter: {deny: [10.0.0.0/9]}",
            &["ip-filter: lets 10.128.0.0 in"],
        ),
        ("ip_filter: {deny: [10.0.0.0/8]}", "ip_filter: {allow: [192.0.2.1]}", &[]),
        (
            "ip_filter: {deny: [\"2001:db8::/32\"]}",
            "ip_filter: {deny: [192.0.2.1]}",
            &["ip-filter: lets 2001:db8:: in"],
        ),
        (
            "cors: {origins: [https://a.com]}",
            "cors: {origins: [https://b.com, https://a.com, 'https://*.a.com']}",
            &["cors: origins https://b.com, https://*.a.com"],
        ),
        ("cors: {origins: [https://b.com, https://a.com]}", "cors: {origins: [https://a.com]}", &[]),
        ("cors: {origins: ['https://*.com']}", "cors: {origins: [https://a.b.com, 'https://*.b.com']}", &[]),
        (
            "cors: {origins: ['https://*.b.com']}",
            "cors: {origins: [https://b.com, 'http://*.b.com', 'https://*.c-b.com']}",
            &["cors: origins https://b.com, http://*.b.com, https://*.c-b.com"],
        ),
        ("cors: {origins: [https://a.com]}", "cors: {origins: ['*']}", &["cors: origins *"]),
        ("cors: {origins: ['*']}", "cors: {origins: [https://a.com]}", &[]),
        (
            "cors: {origins: [https://a.com], max_age: 1m}",
            "cors: {origins: [https://a.com], methods: [GET, DELETE], headers: [x-a], credentials: true}",
            &["cors: methods DELETE; headers x-a; credentials"],
        ),
        (
            "cors: {origins: [https://a.com], headers: ['*'], methods: ['*'], expose: ['*']}",
            "cors: {origins: [https://a.com], headers: [x-a], methods: [PUT], expose: [x-b], private_network: true}",
            &["cors: private_network"],
        ),
        (
            "cors: {origins: [https://a.com], headers: ['*']}",
            "cors: {origins: [https://a.com], headers: ['*', authorization]}",
            &["cors: headers authorization"],
        ),
        (
            "rate_limit: {rate: 5/s}",
            "rate_limit: {rate: 6/s}",
            &["rate-limit: rate 5/s -> 6/s, burst 5 -> 6"],
        ),
        ("rate_limit: {rate: 5/s}", "rate_limit: {rate: 5/m}", &[]),
        ("rate_limit: {rate: 60/m, burst: 9}", "rate_limit: {rate: 1/s, burst: 2}", &[]),
        (
            "rate_limit: {rate: 1/h, burst: 3}",
            "rate_limit: {rate: 1/d, burst: 4}",
            &["rate-limit: burst 3 -> 4"],
        ),
        (
            "rate_limit: {rate: 5/s}",
            "rate_limit: {rate: 5/s, key: 'header:x-tenant'}",
            &["rate-limit: counts by another key"],
        ),
        // Of several each one needs another that is as strict.
        ("rate_limit: {rate: 5/s}", "rate_limit: [{rate: 5/s}, {rate: 100/m}]", &[]),
        (
            "rate_limit: [{rate: 5/s}, {rate: 100/m}]",
            "rate_limit: {rate: 5/s}",
            &["rate-limit: no limit is as strict as 100/m client_ip"],
        ),
        ("rate_limit: [{rate: 9/s}, {rate: 10/s, burst: 5}]", "rate_limit: {rate: 1/s, burst: 5}", &[]),
        (
            "rate_limit: [{rate: 5/s}, {rate: 100/m}]",
            "rate_limit: [{rate: 100/m, burst: 200}, {rate: 6/s}]",
            &["rate-limit: no limit is as strict as 5/s client_ip; 100/m client_ip: burst 100 -> 200"],
        ),
        (
            "rate_limit: [{rate: 5/s}, {rate: 9/s, key: 'header:x-a'}]",
            "rate_limit: [{rate: 5/s, key: 'header:x-a'}, {rate: 5/s}]",
            &[],
        ),
        (
            "rate_limit: [{rate: 5/s}, {rate: 9/s, key: 'header:x-a'}]",
            "rate_limit: [{rate: 5/s}, {rate: 9/s, key: 'header:x-b'}]",
            &["rate-limit: no limit is as strict as 9/s header:x-a"],
        ),
    ] {
        assert_eq!(changes(old, new), loosened, "{old} -> {new}");
    }
    let same = diff(
        &config("ip_filter: {allow: [10.0.0.0/8]}"),
        &config("ip_filter: {allow: [10.0.0.0/9, 10.128.0.0/9]}"),
    );
    assert!(same.is_empty(), "{}", same.text());
    let same = diff(
        &config("cors: {origins: [https://a.com, https://b.com], headers: [x-a, X-B]}"),
        &config("cors: {origins: [https://b.com, https://a.com], headers: [X-b, x-a]}"),
    );
    assert!(same.is_empty(), "{}", same.text());
}

/// The same of what connections may switch to.
#[test]
fn a_further_protocol_is_called_so() {
    let config = |server: &str, route: &str| {
        let upstream = "upstreams: {a: {backends: [\"http://localhost:9001\"]}}";
        model(&format!(
            "server: {{via: on{server}}}\n{upstream}\nroutes: [{{path: /, upstream: a{route}}}]\n"
        ))
    };
    let kinds = |old, new| -> Vec<String> {
        let text = diff(&old, &new).text();
        let lines = text.lines().filter(|line| line.trim().starts_with("upgrades-"));
        lines.map(|line| line.trim().to_owned()).collect()
    };
    let changed = |what: &str| format!("upgrades-changed upgrades: {what}");
    assert_eq!(
        kinds(config("", ""), config("", ", upgrades: [Tcp, websocket]")),
        [changed("[websocket] -> [tcp, websocket]"), "upgrades-loosened: tcp".to_owned()]
    );
    assert_eq!(
        kinds(config("", ", upgrades: off"), config("", "")),
        [changed("off -> [websocket]"), "upgrades-loosened: websocket".to_owned()]
    );
    assert_eq!(kinds(config("", ""), config("", ", upgrades: off")), [changed("[websocket] -> off")]);
    // It is the route's, wherever it was said.
    let everywhere = kinds(config("", ""), config(", upgrades: [websocket, x]", ""));
    assert_eq!(everywhere, [changed("[websocket] -> [websocket, x]"), "upgrades-loosened: x".to_owned()]);
    assert!(kinds(config(", upgrades: off", ""), config("", ", upgrades: off")).is_empty());
}
