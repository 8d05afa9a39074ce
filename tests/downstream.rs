//! A crate of one's own, as `examples/embedded` shows it, through its whole life with cargo: it is built and serves, is
//! left alone, is edited, is broken. A copy of it is built, so that nothing here touches the source tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use castgate_test_support::Gateway;
use serde_json::Value;

/// The copy.
struct Crate {
    directory: PathBuf,
    target: PathBuf,
}

impl Crate {
    fn copy() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downstream");
        let copy = Self { directory: home.join("embedded"), target: home.join("target") };
        fs::create_dir_all(copy.directory.join("src")).expect("a directory of the test's own");
        let original = root.join("examples/embedded");
        for file in ["build.rs", "src/main.rs", "gateway.yml"] {
            copy.write(file, &read(&original.join(file)));
        }
        let manifest = read(&original.join("Cargo.toml"));
        copy.write("Cargo.toml", &manifest.replace("\"../..", &format!("\"{}", root.display())));
        // The versions that the workspace was tested with, all of them at hand.
        copy.write("Cargo.lock", &read(&root.join("Cargo.lock")));
        copy
    }

    /// Writes a file of the crate, if it is not the same already: cargo goes by the time of the change.
    fn write(&self, file: &str, text: &str) {
        let path = self.directory.join(file);
        if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
            return;
        }
        fs::write(path, text).expect("a directory of the test's own");
    }

    fn build<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Output {
        Command::new(env!("CARGO"))
            .args(["build", "--offline", "--color=never"])
            .args(arguments)
            .current_dir(&self.directory)
            .env("CARGO_TARGET_DIR", &self.target)
            .env_remove("GATEWAY_CONFIG")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .expect("cargo")
    }

    /// Builds; whether anything had to be compiled.
    fn compiles(&self) -> bool {
        let output = self.build([]);
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        said.contains("Compiling embedded ")
    }

    fn start(&self) -> Gateway {
        Gateway::start(self.target.join("debug").join("embedded"), &[], &[])
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_crate_of_ones_own_is_built_edited_and_broken() {
    let downstream = Crate::copy();
    let good = read(&downstream.directory.join("gateway.yml"));

    downstream.compiles();
    assert_eq!(downstream.start().get("/hello").text(), "hello from a crate of its own\n");

    assert!(!downstream.compiles(), "nothing was touched, but something was built");

    downstream.write("gateway.yml", &good.replace("hello from", "greetings from"));
    assert!(downstream.compiles(), "gateway.yml was edited, but nothing was built");
    assert_eq!(downstream.start().get("/hello").text(), "greetings from a crate of its own\n");

    let (routes, _) = good.split_once("    respond:").expect("a target");
    downstream.write("gateway.yml", &format!("{routes}    upstream: userz\n"));
    it_is_broken(&downstream);

    downstream.write("gateway.yml", &good);
    assert!(downstream.compiles());
}

/// One report and nothing after it, for people and for editors.
fn it_is_broken(downstream: &Crate) {
    let output = downstream.build([]);
    let said = stderr(&output);
    assert!(!output.status.success(), "{said}");
    let errors: Vec<&str> = said.lines().map(str::trim).filter(|line| line.starts_with("error")).collect();
    let [problem, total, cargo] = errors[..] else { panic!("not one report alone:\n{said}") };
    assert!(problem.ends_with("error: [CG0203]: unknown upstream `userz`"), "{said}");
    assert!(total.starts_with("error: 1 problem in gateway.yml"), "{said}");
    assert!(cargo.starts_with("error: could not compile `embedded`"), "{said}");
    assert!(said.contains("--> gateway.yml:9:"), "{said}");
    assert!(!said.contains("panicked") && !said.contains("warning"), "{said}");

    let output = downstream.build(["--message-format=json"]);
    let messages = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["reason"] == "compiler-message" && line["message"]["level"] == "error")
        .map(|line| line["message"]["message"].as_str().unwrap_or_default().to_owned())
        .collect::<Vec<_>>();
    assert!(messages[0].contains("[CG0203]: unknown upstream `userz`"), "{messages:?}");
}
