//! The command line of a gateway: what it says of itself, and that no secret is in it.

use std::process::{Command, Output};

use castgate_codegen::{Diagnostics, Source, analyse, normal};
use castgate_test_support::Request;

use crate::testbed::{Testbed, launch};

/// Values that only the environment knows.
const SECRETS: [(&str, &str); 2] =
    [("API_KEYS", "hidden-key-0123456789"), ("SECRET", "hidden-field-9876543210")];

/// A gateway's answer to these arguments, with the secrets in its environment.
#[track_caller]
fn gateway(config: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateways"));
    command.arg(config).args(arguments).envs(SECRETS).output().unwrap()
}

#[track_caller]
fn stdout(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn config_is_what_the_compiler_calls_normal() {
    for config in ["middleware", "routing", "seed"] {
        let mut sink = Diagnostics::new();
        let mut source = Source::read(&format!("configs/{config}.yml"), &mut sink);
        let model = analyse(&mut source, &mut sink).unwrap();
        assert_eq!(stdout(&gateway(config, &["config"])), normal::text(&model), "{config}");
    }
}

#[test]
fn a_secret_is_never_printed() {
    let config = gateway("middleware", &["config"]);
    assert!(stdout(&config).contains(r#"keys: ["${env:API_KEYS}"]"#), "{config:?}");
    assert!(stdout(&config).contains(r#"x-secret: "${env:SECRET:-quiet}""#), "{config:?}");
    let mut printed = stdout(&config).to_owned();
    for arguments in [["--version"], ["--help"], ["nonsense"]] {
        let output = gateway("middleware", &arguments);
        printed.push_str(&String::from_utf8_lossy(&[output.stdout, output.stderr].concat()));
    }

    let bed = Testbed::new("middleware");
    let launch = launch("middleware", [&bed.a, &bed.b, &bed.c]).env("RUST_LOG", "trace");
    let running = SECRETS.into_iter().fold(launch, |launch, (name, value)| launch.env(name, value)).start();
    let [(_, key), (_, field)] = SECRETS;
    let answer = running.call(&Request::get("/private").header("X-API-Key", key));
    assert_eq!(answer.status, 200, "the key is the one it was started with");
    assert_eq!(running.get("/private").status, 401);
    // The backend gets the field, and echoes it: the secret is in use.
    assert!(running.get("/edited").text().contains(field));
    running.log_of("/edited");
    for path in ["/health", "/readyz", "/metrics"] {
        printed.push_str(&running.admin(path).text());
    }
    printed.push_str(&running.raw_log().join("\n"));
    printed.push_str(&running.stderr());
    for (name, value) in SECRETS {
        assert!(!printed.contains(value), "{name} is printed:\n{printed}");
    }
}

#[test]
fn version_names_the_config_and_its_hash() {
    let bed = Testbed::new("routing");
    let health = bed.gateway.admin("/health").json();
    let hash = health["build"]["config_sha256"].as_str().unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("gateway (castgate {version}, configs/routing.yml {hash})\n");
    for argument in ["--version", "-V"] {
        assert_eq!(stdout(&gateway("routing", &[argument])), expected);
    }
}

#[test]
fn help_lists_every_command() {
    let help = gateway("routing", &["--help"]);
    for word in ["configs/routing.yml", "config ", "--version", "--help", "RUST_LOG", "78"] {
        assert!(stdout(&help).contains(word), "{word} is not in {help:?}");
    }
    assert_eq!(gateway("routing", &["-h"]).stdout, help.stdout);
}

#[test]
fn anything_else_is_a_usage_error() {
    for arguments in [&["run"][..], &["--config"], &[""], &["config", "--origins"], &["--version", "config"]]
    {
        let output = gateway("routing", arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let wrong = arguments.last().unwrap();
        assert!(stderr.contains(&format!("{wrong:?}")) && stderr.contains("--help"), "{stderr}");
    }
}
