//! What configs are cast into, to the letter: each `golden/*.yml` has its `.rs` beside it. That those compile and
//! serve is tested where the runtime is at hand, in `tests/gateways` of the workspace.
//!
//! `UPDATE=1 cargo test -p castgate-codegen --test golden` writes them anew; read the diff before committing it.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::emit::emit_formatted;
use castgate_codegen::source::Disk;
use castgate_codegen::{Cast, Diagnostics, Source, Style, compile};
use proc_macro2::{TokenStream, TokenTree};

fn configs() -> Vec<String> {
    let entries = std::fs::read_dir("tests/golden").unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut configs: Vec<String> = names.filter(|name| name.ends_with(".yml")).collect();
    configs.sort();
    assert!(!configs.is_empty());
    configs
}

/// As in a build script, where the config lies beside `Cargo.toml`.
fn cast(name: &str) -> Cast {
    let mut sink = Diagnostics::new();
    let mut source = Source::read_with(name, Disk::at("tests/golden"), &mut sink);
    let cast = compile(&mut source, &mut sink);
    assert!(!sink.has_errors(), "{}", sink.render(&source, Style::Plain));
    cast.unwrap()
}

/// Its code is reached by its name alone: where no config has it, the linker leaves it out.
#[test]
fn a_door_is_named_only_where_there_is_one() {
    let mut doors = 0;
    for name in configs() {
        let config = std::fs::read_to_string(format!("tests/golden/{name}")).unwrap();
        let code = emit_formatted(&cast(&name).plan);
        for (key, of) in [("proxy_protocol: {", "ProxyProtocol {"), ("tls:", ": Tls = Tls::new(")] {
            assert_eq!(code.contains(of), config.contains(key), "{name}");
            doors += usize::from(config.contains(key));
        }
    }
    assert_eq!(doors, 2);
}

/// As above, by a constant.
#[test]
fn http2_is_spoken_only_where_a_listener_says_so() {
    for (protocols, speaks) in [("[h2]", true), ("[h2, http/1.1]", true), ("[http/1.1]", false)] {
        let listener = format!("{{address: 127.0.0.1:0, protocols: {protocols}}}");
        let config =
            format!("server: {{listeners: {{a: {listener}}}}}\nroutes: [{{path: /, respond: {{}}}}]\n");
        let mut sink = Diagnostics::new();
        let mut source = Source::new("gateway.yml", config);
        let code = emit_formatted(&compile(&mut source, &mut sink).unwrap().plan);
        assert!(code.contains(&format!("const SPEAKS_HTTP2: bool = {speaks};")), "{protocols}");
        assert_eq!(code.contains("features::HTTP2"), speaks, "{protocols}");
    }
}

/// As above.
#[test]
fn what_a_connection_begins_with_is_named_only_where_it_is_sent() {
    for (more, version) in [
        ("", None),
        (", proxy_protocol: v1", Some("Some(ProxyHeader::V1)")),
        (", proxy_protocol: v2", Some("Some(ProxyHeader::V2)")),
        (", proxy_protocol: v2, health_check: off", Some("Some(ProxyHeader::V2)")),
        (", proxy_protocol: v2, health_check: {port: 9100}", Some("Some(ProxyHeader::V2)")),
    ] {
        let config = format!(
            "upstreams: {{a: {{backends: [\"http://localhost:9001\"]{more}}}}}\nroutes: [{{path: /, upstream: a}}]\n"
        );
        let mut sink = Diagnostics::new();
        let mut source = Source::new("gateway.yml", config.clone());
        let code = emit_formatted(&compile(&mut source, &mut sink).unwrap().plan);
        // The upstream's own connections, and those of its probes, if they go to where the others go.
        let count = match version {
            None => 0,
            Some(_) => 1 + usize::from(!more.contains("health_check")),
        };
        assert_eq!(code.matches("ProxyHeader").count(), count, "{config}");
        assert_eq!(version.map_or(0, |version| code.matches(version).count()), count, "{config}");
    }
}

/// As above.
#[test]
fn a_tunnel_is_named_only_where_a_route_may_switch() {
    let upstream = "upstreams: {a: {backends: [\"http://localhost:9001\"]}}";
    for (config, has_tunnel) in [
        (format!("{upstream}\nroutes: [{{path: /, upstream: a}}]\n"), true),
        (format!("{upstream}\nroutes: [{{path: /, upstream: a, upgrades: off}}]\n"), false),
        (format!("server: {{upgrades: off}}\n{upstream}\nroutes: [{{path: /, upstream: a}}]\n"), false),
        (
            format!(
                "server: {{upgrades: off}}\n{upstream}\nroutes: [{{path: /, upstream: a, upgrades: tcp}}]\n"
            ),
            true,
        ),
        ("routes: [{path: /, respond: {}}]\n".to_owned(), false),
    ] {
        let mut sink = Diagnostics::new();
        let mut source = Source::new("gateway.yml", config.clone());
        let code = emit_formatted(&compile(&mut source, &mut sink).unwrap().plan);
        assert_eq!(code.contains("Tunnels::"), has_tunnel, "{config}");
    }
}

#[test]
fn configs_are_cast_as_before() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut changed = Vec::new();
    for name in configs() {
        let actual = emit_formatted(&cast(&name).plan);
        let path = format!("tests/golden/{}", name.replace(".yml", ".rs"));
        if update {
            std::fs::write(&path, &actual).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if actual != expected {
            let line = actual.lines().zip(expected.lines()).position(|(a, b)| a != b).unwrap_or(0);
            changed.push(format!("{path}, from line {}: {:?}", line + 1, actual.lines().nth(line)));
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

#[test]
fn the_same_config_gives_the_same_bytes() {
    for name in configs() {
        assert_eq!(cast(&name).rust, cast(&name).rust, "{name}");
    }
}

/// What people read and review is what a build script writes for rustc, but for where lines end, and the commas before that.
#[test]
fn what_is_built_is_what_is_read() {
    fn without_commas(tokens: TokenStream, out: &mut String) {
        for token in tokens {
            match token {
                TokenTree::Punct(comma) if comma.as_char() == ',' => {}
                TokenTree::Group(group) => {
                    out.push_str("( ");
                    without_commas(group.stream(), out);
                    out.push_str(") ");
                }
                other => out.push_str(&format!("{other} ")),
            }
        }
    }
    for name in configs() {
        let Cast { plan, rust, .. } = cast(&name);
        let (mut built, mut read) = (String::new(), String::new());
        without_commas(rust.parse().unwrap(), &mut built);
        without_commas(emit_formatted(&plan).parse().unwrap(), &mut read);
        assert!(built == read, "{name}");
        let lines = rust.lines().filter(|line| !line.is_empty() && !line.starts_with("//")).count();
        let items = syn::parse_file(&rust).unwrap().items.len();
        assert_eq!(lines, items + plan.normal_config.lines().count(), "{name}: an item is a line");
    }
}

/// rustfmt, clippy and people shall find nothing but items: no control flow, nothing that can panic.
#[test]
fn generated_files_hold_nothing_but_tables_and_one_impl() {
    for name in configs() {
        let file = syn::parse_file(&cast(&name).rust).unwrap();
        assert!(file.attrs.is_empty(), "{name}: `include!` does not take inner attributes");
        for item in &file.items {
            assert!(
                matches!(
                    item,
                    syn::Item::Use(_)
                        | syn::Item::Static(_)
                        | syn::Item::Type(_)
                        | syn::Item::Enum(_)
                        | syn::Item::Struct(_)
                        | syn::Item::Impl(_)
                        | syn::Item::Const(_)
                ),
                "{name}"
            );
        }
    }
}

/// Whatever a config's text may be, it stays text.
#[test]
fn text_of_the_config_is_never_code() {
    let hostile = r##"x\"; fn main() {} */ // \\ {}\u2028'\"#"##;
    let yaml = format!(
        "routes:\n  - path: /b\n    respond: {{status: 200, content_type: text/plain, body: \"{hostile}\"}}\n  \
         - path: /c\n    query: {{\"{hostile}\": \"{hostile}\"}}\n    respond: {{}}\n"
    );
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gate\nway.yml", yaml);
    let result = compile(&mut source, &mut sink);
    assert!(!sink.has_errors(), "{}", sink.render(&source, Style::Plain));
    let rust = result.unwrap().rust;
    assert!(rust.starts_with("// Generated by castgate-codegen from \"gate\\nway.yml\""));
    let file = syn::parse_file(&rust).unwrap();
    assert!(!file.items.iter().any(|item| matches!(item, syn::Item::Fn(_))));
}
