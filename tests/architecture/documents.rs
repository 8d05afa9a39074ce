//! What documents say is so, and all of it is said.

use super::{between, code, read, sources};
use std::collections::BTreeSet;

/// The README's table of middleware is the registry, in its order.
#[test]
fn the_readme_has_the_registry_s_order() {
    let registry = read("codegen/src/middleware.rs");
    let (_, entries) = registry.split_once("\nregistry! {").unwrap();
    let registered: Vec<&str> =
        entries.lines().filter_map(|line| Some(line.trim().split_once(": ")?.0)).collect();
    let table = between(&read("README.md"), "middleware");
    let documented: Vec<&str> = table.lines().skip(3).filter_map(|line| line.split('`').nth(1)).collect();
    assert!(!registered.is_empty());
    assert_eq!(documented, registered);
}

/// No key of the language is missing in docs/configuration.md.
#[test]
fn the_reference_has_every_key() {
    fn keys(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
        match schema {
            serde_json::Value::Object(map) => {
                let properties = map.get("properties").and_then(serde_json::Value::as_object);
                found.extend(properties.into_iter().flat_map(|keys| keys.keys().cloned()));
                map.values().for_each(|value| keys(value, found));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
            _ => {}
        }
    }
    let reference = read("docs/configuration.md");
    let mut found = BTreeSet::new();
    keys(&serde_json::from_str(&read("codegen/gateway.schema.json")).unwrap(), &mut found);
    assert!(found.len() > 70, "only {} keys were found", found.len());
    for key in found {
        let row = format!("| `{key}` |");
        assert!(reference.contains(&row), "`{key}` is not in docs/configuration.md");
    }
}

/// The keys of a schema by their way there, `.routes.redirect.to.`, without the names of upstreams and places in lists.
fn ways(schema: &serde_json::Value, here: &serde_json::Value, way: &str, found: &mut BTreeSet<String>) {
    if let Some(name) = here["$ref"].as_str() {
        return ways(schema, &schema["definitions"][name.rsplit('/').next().unwrap()], way, found);
    }
    for (key, of) in here["properties"].as_object().into_iter().flatten() {
        let way = format!("{way}{key}.");
        ways(schema, of, &way, found);
        found.insert(way);
    }
    let choices = ["allOf", "anyOf"].into_iter().filter_map(|rule| here[rule].as_array()).flatten();
    let entries = ["items", "additionalProperties"].into_iter().map(|rule| &here[rule]);
    choices.chain(entries).filter(|of| of.is_object()).for_each(|of| ways(schema, of, way, found));
}

/// A slip would lose the place of a report without a word.
#[test]
fn whoever_asks_where_a_key_is_names_one() {
    let schema: serde_json::Value = serde_json::from_str(&read("codegen/gateway.schema.json")).unwrap();
    let mut found = BTreeSet::new();
    ways(&schema, &schema, ".", &mut found);
    let mut asked = 0;
    for (path, source) in sources("codegen/src") {
        let source: String = code(&source).flat_map(|line| line.trim_start().chars()).collect();
        // `root().key("server").key("drain")` asks for the way `.server.drain.` from the root.
        let mut rest = source.as_str();
        while let Some((before, after)) = rest.split_once(".key(\"") {
            rest = after;
            let mut way = ".".to_owned();
            while let Some((key, after)) = rest.split_once("\")") {
                way.push_str(&format!("{key}."));
                let Some(next) = after.strip_prefix(".key(\"") else { break };
                rest = next;
            }
            let is_from_root = before.ends_with("ConfigPath::root()");
            let is_it = |known: &String| if is_from_root { *known == way } else { known.ends_with(&way) };
            assert!(way == ".<<." || found.iter().any(is_it), "{path} asks for `{way}`, which is no key");
            asked += 1;
        }
    }
    assert!(asked > 30, "only {asked} ways were found");
}

/// Every reason and every metric is in docs/operations.md.
#[test]
fn the_operator_is_told_every_reason_and_every_metric() {
    let manual = read("docs/operations.md");
    let error = read("src/error.rs");
    let (_, texts) = error.split_once("fn as_str(self)").unwrap();
    let reasons = texts.lines().skip(2).map_while(|line| line.split('"').nth(1));
    let collectors = ["src/admin/collector.rs", "src/admin/process.rs"].map(read).concat();
    let metrics = collectors
        .lines()
        .filter_map(|line| line.split('"').nth(1))
        .filter(|text| text.starts_with("gateway_") || text.starts_with("process_"));
    let middlewares = sources("src/middleware");
    let refusals: Vec<&str> = middlewares
        .iter()
        .flat_map(|(_, text)| text.split("Refusal::new(").skip(1))
        .filter_map(|rest| rest.split('"').nth(1))
        .collect();
    let retries = read("src/retries.rs");
    let (_, retries) = retries.split_once("fn as_str(self)").unwrap();
    let metrics = metrics.chain(retries.lines().skip(2).map_while(|line| line.split('"').nth(1)));
    let reasons: Vec<&str> = reasons.chain(refusals.iter().copied()).collect();
    let distinct: BTreeSet<&str> = reasons.iter().copied().collect();
    assert_eq!(distinct.len(), reasons.len(), "two reasons have one name: {reasons:?}");
    assert!(refusals.len() >= 4, "only {refusals:?} were found");
    for (path, text) in &middlewares {
        // What has a series is counted only if the policy says so.
        assert_eq!(text.contains(".counted("), text.contains("fn counted(&self)"), "{path}");
    }
    let own = middlewares.iter().flat_map(|(_, text)| code(text)).filter_map(|line| line.split('"').nth(1));
    let metrics = metrics.chain(own.filter(|text| text.starts_with("gateway_")));
    let mut count = 0;
    for word in reasons.into_iter().chain(metrics) {
        assert!(manual.contains(&format!("`{word}`")), "{word} is not in docs/operations.md");
        count += 1;
    }
    assert!(count >= 24 + 12 + 7 + 3, "only {count} words were found");
}
