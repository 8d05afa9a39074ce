//! What is compiled for whom: nobody waits for a gateway that is not theirs, and what was left out of the library is asked for by name.

use serde_json::Value;

use crate::home::{Crate, read, root, stderr};

/// What cargo said of this build, one message after the other.
fn messages(output: &std::process::Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", stderr(output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Whether the library was there already.
fn the_library_is_fresh(messages: &[Value]) -> bool {
    let mut libraries = messages.iter().filter(|message| {
        message["reason"] == "compiler-artifact" && message["target"]["name"] == "castgate"
    });
    let library = libraries.next().expect("the library");
    assert!(libraries.next().is_none(), "the library is built twice");
    library["fresh"] == true
}

#[test]
fn nobody_compiles_a_gateway_that_is_not_theirs() {
    let own = Crate::copy("other-config");
    own.write("gateway.yml", &read(&root().join("examples/embedded/gateway.yml")));
    own.write("other.yml", "server: {listen: 127.0.0.1:0}\nroutes: [{path: /, respond: {body: other}}]\n");
    own.compiles();

    let output = own.build_with([("GATEWAY_CONFIG", "other.yml")], ["--message-format=json"]);
    let messages = messages(&output);
    // `path+file:///..#castgate@0.1.0`, if the directory has another name than the package, and `../castgate#0.1.0` if not.
    let library = messages
        .iter()
        .find(|message| message["target"]["name"] == "castgate")
        .map(|message| message["package_id"].clone())
        .expect("the library");
    let mut scripts = messages.iter().filter(|message| message["reason"] == "build-script-executed");
    assert!(scripts.all(|script| script["package_id"] != library), "the library casts a gateway");
    assert!(the_library_is_fresh(&messages), "another config compiles the library anew");
    let said = std::process::Command::new(own.binary()).arg("--version").output().expect("the gateway");
    assert!(String::from_utf8_lossy(&said.stdout).contains(", other.yml "), "{said:?}");
}

/// The code of tunnels is reached by a name of generated code alone, so that the linker leaves it out where nothing may switch.
#[test]
fn a_gateway_without_upgrades_has_no_tunnel() {
    let own = Crate::copy("tunnels");
    let upstream = "upstreams: {a: {backends: [\"http://localhost:9001\"]}}\nroutes: [{path: /, upstream: a";
    // As names are mangled: the two files in which nothing but tunnels is.
    let symbols = ["6tunnel7two_way", "6tunnel4flow"];
    for (config, may_switch) in [
        (format!("{upstream}}}]\n"), true),
        (format!("{upstream}, upgrades: off}}]\n"), false),
        (format!("server: {{upgrades: off}}\n{upstream}}}]\n"), false),
        ("routes: [{path: /, respond: {}}]\n".to_owned(), false),
    ] {
        own.write("gateway.yml", &config);
        own.compiles();
        let binary = std::fs::read(own.binary()).expect("the gateway");
        let binary = String::from_utf8_lossy(&binary);
        for symbol in symbols {
            assert_eq!(binary.contains(symbol), may_switch, "{symbol} and {config}");
        }
        // What it is looked for in has symbols.
        assert!(binary.contains("8exchange5clock"), "{config}");
    }
}

/// The same of HTTP/2, whose crate is another; what is called by a constant alone is not called if that says no.
#[test]
fn a_gateway_without_http2_has_none_of_it() {
    let own = Crate::copy("http2");
    own.with_features("\"http2\"");
    for (protocols, speaks) in [("[h2]", true), ("[h2, http/1.1]", true), ("[http/1.1]", false)] {
        let listener = format!("{{address: 127.0.0.1:0, protocols: {protocols}}}");
        let config =
            format!("server: {{listeners: {{a: {listener}}}}}\nroutes: [{{path: /, respond: {{}}}}]\n");
        own.write("gateway.yml", &config);
        own.compiles();
        let binary = std::fs::read(own.binary()).expect("the gateway");
        let binary = String::from_utf8_lossy(&binary);
        for symbol in ["10downstream5http2", "2h25proto", "2h25hpack"] {
            assert_eq!(binary.contains(symbol), speaks, "{symbol} and {protocols}");
        }
        assert!(binary.contains("10downstream5http1"), "{protocols}");
    }
}

/// A library that has TLS costs a gateway without it nothing.
#[test]
fn a_gateway_without_tls_has_none_of_it() {
    let own = Crate::copy("tls");
    own.with_features("\"tls\"");
    let listener = "server: {listeners: {public: {address: 127.0.0.1:0";
    let tls = "tls: {certificates: [{certificate: /a.crt, key: /a.key}]}";
    for (config, speaks_tls) in
        [(format!("{listener}, {tls}}}}}}}\n"), true), (format!("{listener}}}}}}}\n"), false)]
    {
        own.write("gateway.yml", &format!("{config}routes: [{{path: /, respond: {{}}}}]\n"));
        own.compiles();
        let binary = std::fs::read(own.binary()).expect("the gateway");
        let binary = String::from_utf8_lossy(&binary);
        for symbol in ["6rustls6server", "4ring", "6webpki", "8castgate3tls", "4door3tls4kept9handshake"] {
            assert_eq!(binary.contains(symbol), speaks_tls, "{symbol} and {config}");
        }
    }
}

#[test]
fn a_config_that_needs_a_feature_says_which_line_to_write() {
    let own = Crate::copy("without-features");
    let manifest = read(&own.directory.join("Cargo.toml"));
    let without = manifest
        .replace("[dependencies]\ncastgate = {", "[dependencies]\ncastgate = { default-features = false,");
    assert_ne!(without, manifest);
    own.write("Cargo.toml", &without);
    let config = read(&root().join("examples/embedded/gateway.yml"));
    let guarded = format!("{config}    middleware: {{auth: {{api_keys: {{keys: \"${{env:KEYS}}\"}}}}}}\n");
    own.write("gateway.yml", &guarded);
    let line = guarded.lines().count();

    let output = own.build([]);
    let said = stderr(&output);
    assert!(!output.status.success(), "{said}");
    let errors: Vec<&str> =
        said.lines().filter(|line| line.starts_with("error") || line.starts_with("warning")).collect();
    let [problem, cargo] = errors[..] else { panic!("not one problem alone:\n{said}") };
    let expected = format!(
        "error[E0080]: evaluation panicked: gateway.yml:{line}: `auth` needs a feature that castgate is built without; in Cargo.toml, \
         write into the line of castgate: features = [\"api-keys\"]"
    );
    assert_eq!(problem, expected);
    assert!(cargo.starts_with("error: could not compile `without-features`"), "{said}");

    // What it says helps, and without the need there is no problem.
    own.write("gateway.yml", &config);
    own.compiles();
    own.write("gateway.yml", &guarded);
    own.write(
        "Cargo.toml",
        &without.replace("default-features = false,", "default-features = false, features = [\"api-keys\"],"),
    );
    own.compiles();
}
