//! Every config on the page for who comes from another gateway is whole, without a warning, and its tests pass.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::{Cast, Diagnostics, Source, Style, compile};

const PAGE: &str = include_str!("../../docs/migrating.md");

/// The sections of the page: the heading, and the configs below it.
fn sections() -> Vec<(&'static str, Vec<&'static str>)> {
    let sections = PAGE.split("\n## ").skip(1).map(|section| {
        let heading = section.lines().next().unwrap();
        let configs = section.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        (heading, configs.collect())
    });
    sections.collect()
}

#[test]
fn every_config_of_the_page_is_compiled_and_tests_itself() {
    let mut others = 0;
    for (heading, configs) in
        sections().into_iter().filter(|(heading, _)| *heading != "What castgate does not do")
    {
        assert_eq!(configs.len(), 1, "{heading}");
        for config in configs {
            let (mut source, mut sink) = (Source::new("gateway.yml", config), Diagnostics::new());
            let cast = compile(&mut source, &mut sink);
            assert!(sink.is_empty(), "{heading}: {}", sink.render(&source, Style::Plain));
            let Cast { model, .. } = cast.unwrap();
            assert!(!model.tests.is_empty(), "{heading}");
            others += 1;
        }
    }
    assert_eq!(others, 8);
}

/// What the tables call castgate's is a key of the language.
#[test]
fn the_page_names_keys_that_there_are() {
    let reference = include_str!("../../docs/configuration.md");
    for key in [
        "strip_prefix",
        "add_prefix",
        "redirect",
        "respond",
        "resolve",
        "listeners",
        "cors",
        "rewrite",
        "error_pages",
        "ip_filter",
        "rate_limit",
        "request_headers",
        "response_headers",
        "host_header",
        "trusted_proxies",
        "circuit_breaker",
        "health_check",
        "retries",
        "keepalive",
        "request_id",
        "access_log",
    ] {
        assert!(PAGE.contains(key) && reference.contains(&format!("`{key}`")), "{key}");
    }
}
